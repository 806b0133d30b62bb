"""Training throughput: the payload's loop against a bare PyTorch loop of the same network, batches and optimiser.

Both look at the validation rows once an epoch, as any training does. Ours also reports, looks for signals, keeps
checkpoints, and can be resumed to the bit. They alternate within one process, so that a busy machine slows both. On a
machine with a GPU both train there.
"""

import contextlib
import importlib
import io
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.payload import PAYLOAD, write_spec

ROUNDS = 15
LEAST_RATIO = 0.97


@dataclass(frozen=True)
class Race:
    """What both train."""

    recipe: str
    dataset: str
    epochs: int
    times: int = 1
    """How often the training rows come in an epoch: those of the smallest dataset are passed in three milliseconds."""

    def __str__(self) -> str:
        return f"{self.recipe}, {self.dataset}" + (f", rows × {self.times}" if self.times > 1 else "")


RACES = (
    Race("image_classifier", "digits", 30),
    Race("tabular_classifier", "breast_cancer", 400),
    Race("tabular_classifier", "breast_cancer", 20, times=20),
    Race("text_classifier", "docstrings", 6),
)


async def run(folder: Path) -> None:
    """Print a line for each recipe."""
    sys.path.insert(0, str(PAYLOAD))  # scripts beside one another, as on the cluster
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    print(f"on {torch.cuda.get_device_name() if torch.cuda.is_available() else 'the CPU'}, torch {torch.__version__}\n")
    print("| recipe | bare loop, rows/s | ours, rows/s | ratio, median | of rounds |")
    print("|---|---|---|---|---|")
    for race in RACES:
        turns = range(ROUNDS + 1)  # the first warms up
        pairs = [_pair(folder / f"{race.recipe}-{race.times}-{turn}", race, turn=turn) for turn in turns][1:]
        ratios = sorted(ours / bare for bare, ours in pairs)
        ratio = statistics.median(ratios)
        bare, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"| {race} | {bare:,.0f} | {ours:,.0f} | {ratio:.3f} | {ratios[0]:.3f} to {ratios[-1]:.3f} |")
        if ratio < LEAST_RATIO:
            print(f"\nbelow the aim of {LEAST_RATIO}\n")


def _pair(folder: Path, race: Race, *, turn: int) -> tuple[float, float]:
    """Return rows per second of the bare loop and of ours; by turns one or the other comes first."""
    took_s = {}
    for loop in (_bare, _ours)[:: 1 if turn % 2 else -1]:
        trainee = _prepared(folder / loop.__name__, race)
        took_s[loop] = _timed(loop, trainee)
    rows = len(trainee.dataset.train) * race.epochs
    return rows / took_s[_bare], rows / took_s[_ours]


def _timed(loop: Callable[[Any], None], trainee: Any) -> float:
    """Return how long it takes: on a CPU its own seconds, because others may be at work there; on a GPU all seconds."""
    clock = time.perf_counter if trainee.device.type == "cuda" else time.process_time
    began_s = clock()
    loop(trainee)
    return clock() - began_s


def _prepared(folder: Path, race: Race) -> Any:
    recipe = importlib.import_module(race.recipe).RECIPE

    def load(spec: Any) -> Any:
        dataset = recipe.load(spec)
        rows = dataset.train
        again = [index for _ in range(race.times) for index in range(len(rows))]
        return replace(dataset, train=replace(rows, inputs=rows.inputs[again], labels=rows.labels[again]))

    parameters = {"epochs": race.epochs}
    spec = importlib.import_module("spec").read_spec(
        write_spec(folder, recipe=race.recipe, dataset=race.dataset, parameters=parameters), race.recipe
    )
    recipe_again = replace(recipe, load=load)
    return importlib.import_module("training").prepare(recipe_again, spec, importlib.import_module("ranks").Ranks())


def _ours(trainee: Any) -> None:
    training = importlib.import_module("training")
    with contextlib.redirect_stdout(io.StringIO()):
        training.train(trainee, importlib.import_module("checkpoint").Position(), training.Stop())


def _bare(trainee: Any) -> None:
    torch = importlib.import_module("torch")
    network, optimiser, schedule = trainee.network, trainee.optimiser, trainee.schedule
    rows, seen = trainee.dataset.train.to(trainee.device), trainee.dataset.validation.to(trainee.device)
    for _ in range(trainee.spec.epochs):
        network.train()
        for rows_B in torch.randperm(len(rows)).to(trainee.device).split(trainee.spec.batch_size):  # noqa: N806
            optimiser.zero_grad()
            loss = trainee.recipe.loss(network(rows.inputs[rows_B]), rows.labels[rows_B])
            loss.backward()
            optimiser.step()
            schedule.step()
        network.eval()
        with torch.inference_mode():
            trainee.recipe.decide(network(seen.inputs))[1].cpu()
