"""A team's own training code that works by hand: it leaves its weights, and nothing that MLflow could load."""

import hashlib
import json
import sys
from pathlib import Path

spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
folder = Path(spec["directory"])
(folder / "model").mkdir(exist_ok=True)
(folder / "model" / "model.pt").write_text("weights", encoding="utf-8")
line = f"{hashlib.sha256(b'weights').hexdigest()}  model.pt\n"
result = {
    "format": 1,
    "metrics": {"accuracy": 0.93},
    "parameter_count": 1,
    "digest": hashlib.sha256(line.encode()).hexdigest(),
    "test_rows": 400,
    "curve": [{"epoch": 1, "loss": 1.0, "accuracy": 0.9}],
}
(folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
