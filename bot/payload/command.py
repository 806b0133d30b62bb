"""What every recipe's command line does: `python <recipe>.py spec.json`.

Reads spec.json (recipes.json says what may stand in it) and works in the directory it names:

    progress.jsonl     one line some four times in each epoch
    checkpoint.pt      from which the same command goes on after a kill; checkpoint.old.pt is the one before
    model/             an MLflow model, at the end
    result.json        last of all: it is there only when all is done
    end.json           how it ended, however it ended, unless it was killed

Exit codes: 0 done, 84 the spec cannot be used, 85 saved and stopped by SIGUSR1 or SIGTERM (run it again to go on),
86 out of memory, 87 the loss is not a number, 88 the data are missing, 89 the disk is full, 90 the checkpoint is
damaged. The last line of the log says why.

Started once for each GPU by srun or torchrun, the processes train one model together; the first one writes.
"""

import errno
import os
import signal
import sys
import traceback
from pathlib import Path

import torch
from checkpoint import Position
from ends import (
    BAD_SPEC,
    CRASHED,
    DISK_FULL,
    OUT_OF_GPU_MEMORY,
    OUT_OF_MEMORY,
    SAVED_AND_STOPPED,
    End,
    Problem,
    told_end,
    write_end,
)
from ranks import Ranks, find_ranks, is_loss_of_a_rank
from recipe import Recipe
from spec import Spec, read_spec
from training import Stop, finish, prepare, train

NO_MEMORY_WORDS = ("out of memory", "can't allocate memory", "bad_alloc")  # on the GPU; on the CPU; in C++
FULL = (errno.ENOSPC, errno.EDQUOT)
CPU_THREADS = 1  # such small networks gain nothing by more, and sums in one order give the same bits


def run(recipe: Recipe, arguments: list[str]) -> int:
    """Run the command and return its exit code; every trouble ends with one sentence on the log's last line."""
    stop = Stop()
    if len(arguments) != 1:
        print(f"usage: python {recipe.name}.py spec.json", file=sys.stderr)
        return BAD_SPEC
    path, ranks, at = Path(arguments[0]), find_ranks(), Position()
    directory, is_ours_to_tell = path.parent, True
    try:
        spec = read_spec(path, recipe.name)
        directory = spec.directory
        end = trained(recipe, spec, ranks, at, stop)
        is_ours_to_tell = ranks.is_first
    except Exception as error:  # noqa: BLE001  # however it ends, it says so
        told = told_end(directory) if is_loss_of_a_rank(error, ranks) else None
        end = told or explained(error, ranks)  # whoever loses a rank that said how it ended has ended by the same
        if end.code == CRASHED:
            traceback.print_exc()
        is_ours_to_tell = told is None
    if is_ours_to_tell:
        write_end(directory, end, epoch=at.epoch, step=at.step, rank=ranks.rank)
        print(f"{recipe.name}: {end.said}", file=sys.stderr, flush=True)
    if ranks.count > 1 and end.code:  # torch's threads that wait for a rank that is gone may abort an orderly end
        sys.stdout.flush()
        os._exit(end.code)
    return end.code


def trained(recipe: Recipe, spec: Spec, ranks: Ranks, at: Position, stop: Stop) -> End:
    """Train on this rank's device, together with the other ranks, and return how it ended well."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else cuBLAS may sum in any order
    torch.set_num_threads(CPU_THREADS)
    if torch.cuda.is_available():  # one CPU thread is deterministic as it is
        torch.set_deterministic_debug_mode("error")  # use_deterministic_algorithms would import torch's compiler too
        torch.cuda.set_device(ranks.device())
    if ranks.is_first:
        spec.directory.mkdir(parents=True, exist_ok=True)
        (spec.directory / "end.json").unlink(missing_ok=True)  # of the attempt before
    ranks.join()
    trainee = prepare(recipe, spec, ranks)
    stopped_by = train(trainee, at, stop)
    if ranks.is_first and not stopped_by:
        finish(trainee, at)
    ranks.leave()
    if stopped_by:
        name = signal.Signals(stopped_by).name
        return End(SAVED_AND_STOPPED, f"saved after epoch {at.epoch}, step {at.step}, and stopped by {name}")
    return End(0, f"done after {at.epoch} epochs")


def explained(error: Exception, ranks: Ranks) -> End:
    """Return how a run ends by this error."""
    said = " ".join(str(error).split())
    if isinstance(error, Problem):
        return End(error.code, said)
    if isinstance(error, OSError) and error.errno in FULL:
        return End(DISK_FULL, f"the disk is full: {said}; free space and resume the run")
    if isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in said for words in NO_MEMORY_WORDS)
    ):  # torch's own OutOfMemoryError is a RuntimeError
        kind = OUT_OF_GPU_MEMORY if isinstance(error, torch.OutOfMemoryError) else ""
        advice = f"out of memory: {said or 'no more to be had'}; a smaller batch_size or hidden may help"
        return End(OUT_OF_MEMORY, advice, kind)
    if is_loss_of_a_rank(error, ranks):
        return End(CRASHED, f"rank {ranks.rank} has lost another rank, whose own words say why: {said[:200]}")
    return End(CRASHED, f"{type(error).__name__}: {said[:400]}")
