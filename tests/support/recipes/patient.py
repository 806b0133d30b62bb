"""A team's own training code that only counts, twice a second: a run that lasts for minutes and hardly uses the CPU."""

import json
import sys
import time
from pathlib import Path

PAUSE_S = 0.5

spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
folder, epochs = Path(spec["directory"]), spec["parameters"]["epochs"]
checkpoint = folder / "checkpoint.pt"
first = int(checkpoint.read_text(encoding="utf-8")) + 1 if checkpoint.exists() else 1
for epoch in range(first, epochs + 1):
    time.sleep(PAUSE_S)
    told = {"epoch": epoch, "epochs": epochs, "loss": 1 / epoch, "metric": "accuracy", "value": 0.9}
    line = json.dumps(told | {"elapsed_s": epoch * PAUSE_S, "left_s": (epochs - epoch) * PAUSE_S})
    with (folder / "progress.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(f"{line}\n")
    sys.stdout.write(f"epoch {epoch} of {epochs}\n")
    sys.stdout.flush()
    checkpoint.write_text(str(epoch), encoding="utf-8")
