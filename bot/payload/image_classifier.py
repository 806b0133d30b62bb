"""Trains an image classifier, by the command `python image_classifier.py spec.json`.

Reads spec.json (recipes.json says what may stand in it) and works in the directory it names:

    progress.jsonl    one line some four times in each epoch
    checkpoint.pt     from which the same command goes on after a kill
    model/            an MLflow model, at the end
    result.json       last of all: it is there only when all is done

Exit codes: 0 done, 84 the spec cannot be used, 85 saved and stopped by SIGUSR1 or SIGTERM (run it again to go on),
86 out of memory, 87 the loss is not a number, 88 the data are missing. The last line of the log says why.

Legend: B batch, N rows, F features (pixels), C classes.
"""

import math
import os
import signal
import sys
import time
from pathlib import Path

import checkpoint
import data
import mlmodel
import scores
import torch
from checkpoint import Position
from files import append_line, digest, write_json
from image_network import ImageNetwork, Shape
from spec import BAD_SPEC, DIVERGED, OUT_OF_MEMORY, SAVED_AND_STOPPED, Problem, Spec, read_spec
from torch import nn

REPORTS_PER_EPOCH = 4
OUT_OF_MEMORY_WORDS = ("out of memory", "can't allocate memory", "bad_alloc")  # on the GPU; on the CPU; in C++
CPU_THREADS = 1  # such a small network gains nothing by more, and sums in one order give the same bits


class Stop:
    """Remembers that a signal has asked us to stop; the loop looks after each step."""

    def __init__(self) -> None:
        self.signal = 0
        for number in (signal.SIGUSR1, signal.SIGTERM):
            signal.signal(number, self._remember)

    def _remember(self, number: int, _frame: object) -> None:
        self.signal = number


def train(spec: Spec, stop: Stop) -> int:
    """Train, or go on training, and return the exit code."""
    began = time.monotonic()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")  # ROCm calls itself cuda
    images = data.load(spec.dataset, seed=spec.seed)
    torch.manual_seed(spec.seed)
    side = math.isqrt(images.train.pixels_NF.shape[1])
    shape = Shape(side, images.class_count, spec.hidden, spec.dropout, images.pixel_maximum)
    network = ImageNetwork(shape).to(device)
    steps = math.ceil(len(images.train) / spec.batch_size)
    optimiser = torch.optim.AdamW(network.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=spec.epochs * steps)
    parts = {"network": network, "optimiser": optimiser, "schedule": schedule}
    saved = spec.directory / "checkpoint.pt"
    at = checkpoint.resume(saved, spec.identity, **parts)
    before_s = at.elapsed_s
    print(f"training on {device} from epoch {at.epoch}, step {at.step} of {spec.epochs} x {steps}", flush=True)

    while at.epoch < spec.epochs:
        chance = torch.Generator().manual_seed(spec.seed * 1_000_003 + at.epoch)  # an epoch's order is its own
        order_N = torch.randperm(len(images.train), generator=chance)
        for rows_B in order_N.split(spec.batch_size)[at.step :]:
            optimiser.zero_grad()
            logits_BC = network(images.train.pixels_NF[rows_B].to(device))
            loss = nn.functional.cross_entropy(logits_BC, images.train.labels_N[rows_B].to(device))
            refuse_to_diverge(loss.item(), spec, at)
            loss.backward()
            optimiser.step()
            schedule.step()
            at.step += 1
            at.loss_sum += loss.item()
            at.elapsed_s = before_s + time.monotonic() - began
            if at.step % math.ceil(steps / REPORTS_PER_EPOCH) == 0 or at.step == steps:
                report(spec, at, steps, scores.measured_accuracy(network, images.validation, device))
            if stop.signal and at.step < steps:
                break
        if at.step == steps:
            at.epoch, at.step, at.loss_sum = at.epoch + 1, 0, 0.0
        checkpoint.save(saved, spec.identity, at, **parts)
        if stop.signal:
            name = signal.Signals(stop.signal).name
            print(f"saved after epoch {at.epoch}, step {at.step}, and stopped by {name}", flush=True)
            return SAVED_AND_STOPPED

    finish(spec, at, images, network, device=device)
    return 0


def refuse_to_diverge(loss: float, spec: Spec, at: Position) -> None:
    """Raise Problem when the loss is not a number any more: no later step would mend it."""
    if not math.isfinite(loss):
        where = f"the loss is {loss} in epoch {at.epoch + 1}, step {at.step + 1}"
        raise Problem(f"{where}; a learning rate below {spec.learning_rate:g} may help", DIVERGED)


def report(spec: Spec, at: Position, steps: int, accuracy: float) -> None:
    """Append where the run stands to progress.jsonl, and at the end of an epoch to the curve."""
    done_share = (at.epoch + at.step / steps) / spec.epochs
    loss = at.loss_sum / at.step
    line = {
        "epoch": at.epoch + 1,
        "epochs": spec.epochs,
        "loss": loss,
        "metric": "accuracy",
        "value": accuracy,
        "elapsed_s": round(at.elapsed_s, 3),
        "left_s": round(at.elapsed_s * (1 - done_share) / done_share, 3),
    }
    append_line(spec.directory / "progress.jsonl", line)
    if at.step == steps:
        at.curve.append({"epoch": at.epoch + 1, "loss": loss, "accuracy": accuracy})
        print(f"epoch {at.epoch + 1} of {spec.epochs}: loss {loss:.4f}, validation accuracy {accuracy:.4f}", flush=True)


def finish(spec: Spec, at: Position, images: data.Dataset, network: ImageNetwork, *, device: torch.device) -> None:
    """Measure on the test rows, write the model directory, and result.json last of all."""
    confidence_N, label_N = scores.predict(network, images.test, device)
    metrics = {
        "accuracy": scores.accuracy(label_N, images.test),
        **scores.by_class(label_N, images.test, class_count=images.class_count),
        "train_accuracy": scores.measured_accuracy(network, images.train, device),
        "latency_p95_ms": scores.latency_p95_ms(network, images.test, device),
        "training_s": round(at.elapsed_s, 3),
    }
    model = spec.directory / "model"
    mlmodel.write_model(model, network, images.test, confidence_N=confidence_N, label_N=label_N)
    metrics["size_bytes"] = float(sum(path.stat().st_size for path in model.rglob("*") if path.is_file()))
    result = {
        "format": 1,
        "metrics": metrics,
        "parameter_count": sum(weights.numel() for weights in network.parameters()),
        "digest": digest(model),
        "test_rows": len(images.test),
        "curve": at.curve,
    }
    write_json(spec.directory / "result.json", result)
    print(f"done: accuracy {metrics['accuracy']:.4f} on {len(images.test)} test rows", flush=True)


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code; every trouble ends with one sentence on the log's last line."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else cuBLAS may sum in any order
    torch.set_num_threads(CPU_THREADS)
    if torch.cuda.is_available():  # one CPU thread is deterministic as it is, and this takes a second to import
        torch.use_deterministic_algorithms(mode=True)
    stop = Stop()
    if len(arguments) != 1:
        print("usage: python image_classifier.py spec.json", file=sys.stderr)
        return BAD_SPEC
    try:
        spec = read_spec(Path(arguments[0]), "image_classifier")
        spec.directory.mkdir(parents=True, exist_ok=True)
        return train(spec, stop)
    except Problem as problem:
        code, sentence = problem.code, str(problem)
    except (MemoryError, RuntimeError) as error:  # torch's own OutOfMemoryError is a RuntimeError
        said = " ".join(str(error).split()) or "no more to be had"
        if isinstance(error, RuntimeError) and not any(words in said for words in OUT_OF_MEMORY_WORDS):
            raise
        code, sentence = OUT_OF_MEMORY, f"out of memory: {said}; a smaller batch_size or hidden may help"
    print(f"image_classifier: {sentence}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
