"""The payload's optimiser is torch's own but for its compiler, which would double the time until a run trains."""

import subprocess
import sys
from pathlib import Path

from tests.support.payload import PAYLOAD, printed, write_spec

RUN = """\
import runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv.pop(0))
for _ in range(2):
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        print(end.code, "torch._dynamo" in sys.modules)
"""
COMPARE = """\
import torch
from optimiser import PlainAdamW

def trained(kind, precision):
    torch.manual_seed(7)
    network, rows = torch.nn.Linear(8, 3), torch.randn(16, 8)
    optimiser = kind(network.parameters(), lr=0.01, weight_decay=0.1, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=9)
    scaler = torch.amp.GradScaler("cpu", enabled=precision is not None)
    for step in range(6):
        optimiser.zero_grad()
        with torch.autocast("cpu", precision, enabled=precision is not None):
            loss = network(rows).square().mean()
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        schedule.step()
        if step == 3:
            optimiser.load_state_dict(optimiser.state_dict())
    return repr((list(network.parameters()), optimiser.state_dict()))

torch.set_printoptions(precision=17)
for precision in (None, torch.float16):
    print(trained(PlainAdamW, precision) == trained(torch.optim.AdamW, precision))
"""


def test_a_run_imports_no_compiler(tmp_path):
    """From its start to its model, and when it goes on from a checkpoint, with all that half precision takes."""
    path = write_spec(tmp_path, recipe="image_classifier", parameters={"epochs": 1, "precision": "fp16"})
    argv: list[str | Path] = [sys.executable, "-c", RUN, PAYLOAD, PAYLOAD / "image_classifier.py", path]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()

    assert ["0 False"] * 2 == [line for line in said if line.startswith("0 ")]
    assert "training on cpu in fp16 from epoch 1, step 0 of 1 x 17" in said


def test_steps_and_state_are_those_of_torchs_own(tmp_path):
    """To the bit, in full and half precision, over a checkpoint."""
    assert ["True", "True"] == printed(tmp_path, COMPARE)
