"""The training loop, one for all recipes: seeded, resumed to the bit, on one device or one rank for each of many.

Legend: B batch (this rank's share of it), N rows.
"""

import math
import signal
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import checkpoint
import scores
import torch
from checkpoint import Position
from data import Dataset, Rows
from ends import BAD_SPEC, DIVERGED, Problem
from files import append_line, close_line, digest, write_json
from fingerprint import fingerprint
from mlmodel import write_model
from optimiser import PlainAdamW
from progress import Clock, GpuWatch, progress_line
from ranks import Ranks
from recipe import Recipe
from spec import Spec
from torch import nn

REPORTS_PER_EPOCH = 4
LEAST_STEPS = 4
"""Between two reports: an epoch of a few steps is told as a whole."""
SAVE = 1
"""What a rank says when a checkpoint is due; a signal's number, which stops all, is larger."""
RANK_SEEDS = 2**32
"""Each rank's dropout is its own: its seed is so far from the next one's that no two runs share one."""
HALF = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


class Stop:
    """Remembers that a signal has asked us to stop; the loop looks after each step."""

    def __init__(self) -> None:
        self.signal = 0
        for number in (signal.SIGUSR1, signal.SIGTERM):
            signal.signal(number, self._remember)

    def _remember(self, number: int, _frame: object) -> None:
        self.signal = number


@dataclass
class Trainee:
    """What is trained, and what trains it."""

    recipe: Recipe
    spec: Spec
    ranks: Ranks
    device: torch.device
    dataset: Dataset
    shape: Any
    network: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    scaler: torch.amp.GradScaler
    steps: int
    """Of one epoch, on each rank."""
    gpu: GpuWatch

    def parts(self) -> dict[str, Any]:
        """Return what a checkpoint holds of it, by name."""
        return {name: getattr(self, name) for name in ("network", "optimiser", "schedule", "scaler")}

    def measure(self, rows: Rows) -> float:
        """Return how good the network is on these rows, by the recipe's metric."""
        classes = len(self.dataset.class_names)
        return scores.measured(self.recipe, self.network, rows, self.device, class_count=classes)


def prepare(recipe: Recipe, spec: Spec, ranks: Ranks) -> Trainee:
    """Load the data and make everything as it is at the start, the same for a seed."""
    device = ranks.device()
    dataset = recipe.load(spec)
    if len(dataset.train) < ranks.count:
        raise Problem(f"{len(dataset.train)} training rows are too few for {ranks.count} ranks", BAD_SPEC)
    torch.manual_seed(spec.seed)
    shape, network = recipe.build(spec, dataset)
    network = network.to(device)
    torch.manual_seed(spec.seed + ranks.rank * RANK_SEEDS)
    steps = len(batches(spec, ranks, len(dataset.train), epoch=0))
    optimiser = PlainAdamW(network.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=spec.epochs * steps)
    scaler = torch.amp.GradScaler(device.type, enabled=spec.precision == "fp16")
    gpu = GpuWatch(device)
    return Trainee(recipe, spec, ranks, device, dataset, shape, network, optimiser, schedule, scaler, steps, gpu)


def batches(spec: Spec, ranks: Ranks, row_count: int, *, epoch: int) -> Sequence[torch.Tensor]:
    """Return this rank's rows of each step of an epoch: the ranks' shares are disjoint and of one size.

    So as many rows as there are ranks, less one, may be left out; others in each epoch.
    """
    chance = torch.Generator().manual_seed(spec.seed * 1_000_003 + epoch)  # an epoch's order is its own
    order_N = torch.randperm(row_count, generator=chance)
    own_N = order_N[: row_count - row_count % ranks.count][ranks.rank :: ranks.count]
    parts: Sequence[torch.Tensor] = own_N.to(ranks.device()).split(math.ceil(spec.batch_size / ranks.count))
    return parts


def train(trainee: Trainee, at: Position, stop: Stop) -> int:
    """Train, or go on training. `at` says at each moment how far it has come.

    Returns the number of the signal that stopped it, once all is saved; 0 when it is done.
    """
    spec, ranks = trainee.spec, trainee.ranks
    saved = spec.directory / "checkpoint.pt"
    checkpoint.resume(saved, spec.identity, at, ranks, **trainee.parts())
    model = ranks.wrap(trainee.network, trainee.device)
    rows = trainee.dataset.train.to(trainee.device)
    clock = Clock(at.elapsed_s)
    if ranks.is_first:
        close_line(spec.directory / "progress.jsonl")
        where = f"{trainee.device} in {spec.precision}" + (f" by {ranks.count} ranks" if ranks.count > 1 else "")
        begin = f"from epoch {at.epoch}, step {at.step} of {spec.epochs} x {trainee.steps}"
        print(f"training on {where} {begin}", flush=True)

    while at.epoch < spec.epochs:
        heard = one_epoch(trainee, at, model=model, rows=rows, stop=stop, clock=clock)
        at.elapsed_s = clock.now_s
        if at.step == trainee.steps:
            at.epoch, at.step, at.loss_sum = at.epoch + 1, 0, 0.0
        is_due = heard or at.epoch == spec.epochs or clock.is_save_due or clock.saves == 0
        if ranks.largest(int(is_due)):
            with clock.saving():
                checkpoint.save(saved, spec.identity, at, ranks, **trainee.parts())
        if heard > SAVE:
            return heard
    return 0


def one_epoch(trainee: Trainee, at: Position, *, model: nn.Module, rows: Rows, stop: Stop, clock: Clock) -> int:
    """Train from where the epoch stands to its end, or to the step at which all ranks hear that one wants to save.

    Returns what they heard: the number of the signal that is to stop them, SAVE, or 0.
    """
    spec, ranks, scaler = trainee.spec, trainee.ranks, trainee.scaler
    half = HALF[spec.precision]
    precision = torch.autocast(trainee.device.type, half) if half else nullcontext()
    report_steps = max(math.ceil(trainee.steps / REPORTS_PER_EPOCH), LEAST_STEPS)
    losses: list[torch.Tensor | float] = []  # since the last report: on a GPU no step waits for its own
    is_at_hand = trainee.device.type == "cpu"
    heard = 0
    clock.start_pace(at.step)
    for rows_B in batches(spec, ranks, len(rows), epoch=at.epoch)[at.step :]:
        trainee.optimiser.zero_grad()
        with precision:
            # twice as fast as by brackets, which a step of half a millisecond notices
            inputs, labels = rows.inputs.index_select(0, rows_B), rows.labels.index_select(0, rows_B)
            loss = trainee.recipe.loss(model(inputs), labels)
        scaler.scale(loss).backward()
        scaler.step(trainee.optimiser)
        scaler.update()
        trainee.schedule.step()
        losses.append(loss.item() if is_at_hand else loss.detach())
        at.step += 1
        is_whole = at.step == trainee.steps
        # several ranks add up their losses for it, so they must not ask their own clocks whether they do
        if is_whole or (at.step % report_steps == 0 and (ranks.count > 1 or clock.is_report_due)):
            report(trainee, at, mean_loss(trainee, at, losses), clock)
            clock.start_pace(at.step)
        heard = ranks.heard(stop.signal or int(clock.is_save_due))
        if heard:
            break
    mean_loss(trainee, at, losses)
    return heard


def mean_loss(trainee: Trainee, at: Position, losses: list[torch.Tensor | float]) -> float:
    """Return the mean loss of the epoch's steps so far, of all ranks, once these losses are added to this rank's sum.

    Raises:
        Problem: it is not a number any more, which no later step would mend.
    """
    if losses:
        at.loss_sum = sum(_numbers(losses), at.loss_sum)  # one after the other, for the same bits
        losses.clear()
    loss = trainee.ranks.mean(at.loss_sum) / at.step
    if not math.isfinite(loss):
        where = f"the loss is {loss} by epoch {at.epoch + 1}, step {at.step}"
        raise Problem(f"{where}; a learning rate below {trainee.spec.learning_rate:g} may help", DIVERGED)
    return loss


def _numbers(losses: list[torch.Tensor | float]) -> list[float]:
    """Return them as numbers; those that are still on the GPU come in one transfer."""
    waiting = [loss for loss in losses if isinstance(loss, torch.Tensor)]
    fetched: list[float] = torch.stack(waiting).tolist() if waiting else []
    return fetched or [float(loss) for loss in losses]


def report(trainee: Trainee, at: Position, loss: float, clock: Clock) -> None:
    """Tell how far it is, with the newest validation: there is one at the first report, and at each epoch's end."""
    at.elapsed_s = clock.now_s
    is_whole = at.step == trainee.steps
    if not trainee.ranks.is_first or not (is_whole or clock.is_report_due):
        return
    metric = trainee.recipe.metric
    rows_per_s = clock.steps_per_s(at.step) * len(trainee.dataset.train) / trainee.steps
    if is_whole or at.value is None:
        at.value = trainee.measure(trainee.dataset.validation)
    reading = {"loss": loss, "metric": metric, "value": at.value, "rows_per_s": round(rows_per_s, 1)}
    if is_whole:
        at.curve.append({"epoch": at.epoch + 1, "loss": loss, metric: at.value})
        if not clock.is_epoch_due and at.epoch + 1 < trainee.spec.epochs:
            return
    line = progress_line(trainee.spec, at, trainee.steps, reading, gpu=trainee.gpu, device=trainee.device)
    append_line(trainee.spec.directory / "progress.jsonl", line)
    clock.reported(is_epoch=is_whole)
    if is_whole:
        said = f"loss {loss:.4f}, validation {metric} {at.value:.4f}, {rows_per_s:.0f} rows/s"
        print(f"epoch {at.epoch + 1} of {trainee.spec.epochs}: {said}", flush=True)


def finish(trainee: Trainee, at: Position) -> None:
    """Measure on the test rows, write the model directory, and result.json last of all."""
    recipe, spec, dataset, network = trainee.recipe, trainee.spec, trainee.dataset, trainee.network
    said = scores.predict(recipe, network, dataset.test, trainee.device)
    metrics = {
        **scores.measures(said[1], dataset.test.labels, class_count=len(dataset.class_names)),
        f"train_{recipe.metric}": trainee.measure(dataset.train),
        "latency_p95_ms": scores.latency_p95_ms(recipe, network, dataset.test, trainee.device),
        "training_s": round(at.elapsed_s, 3),
    }
    model = spec.directory / "model"
    write_model(model, recipe, spec, dataset, network=network, shape=trainee.shape, said=said)
    metrics["size_bytes"] = float(sum(path.stat().st_size for path in model.rglob("*") if path.is_file()))
    result = {
        "format": 1,
        "metrics": metrics,
        "parameter_count": sum(weights.numel() for weights in network.parameters()),
        "digest": digest(model),
        "test_rows": len(dataset.test),
        "curve": at.curve,
        "fingerprint": fingerprint(spec, dataset, trainee.ranks, weights=model / "data" / "weights.pt"),
    }
    write_json(spec.directory / "result.json", result)
    print(f"done: {recipe.metric} {metrics[recipe.metric]:.4f} on {len(dataset.test)} test rows", flush=True)
