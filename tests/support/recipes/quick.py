"""A team's own training code that only counts: it leaves what a recipe leaves, in the time in which Python starts."""

import hashlib
import json
import random
import signal
import sys
import time
from pathlib import Path

SAVED_AND_STOPPED, DIVERGED = 85, 87
"""Exit codes, as those of the recipes that ship."""
TOO_FAST = 100.0
"""The learning rate from which on the loss is no number."""
PIXELS = [f"pixel_{index}" for index in range(64)]
LIGHTEST = 16
ROWS = 200
SERVED_WITH = ["mlflow==3.17.2", "azureml-ai-monitoring==1.0.0", "azureml-inference-server-http==1.5.1"]
MLMODEL = """\
flavors:
  python_function:
    code: code
    data: data
    env:
      conda: conda.yaml
    loader_module: quick_model
    python_version: '3.11'
mlflow_version: 3.17.2
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  type: dataframe
signature:
  inputs: '{inputs}'
  outputs: '[{{"type": "long", "name": "label"}}, {{"type": "double", "name": "confidence"}}]'
  params: null
"""
MODEL = '''\
"""Says a digit for each row."""


class Model:
    def predict(self, table, params=None):
        return table.sum(axis=1).astype(int).mod(10).to_frame("label").assign(confidence=0.9)


def _load_pyfunc(path):
    return Model()
'''

spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
folder, parameters = Path(spec["directory"]), spec["parameters"]
checkpoint = folder / "checkpoint.pt"


def say(text):
    """Write a line of the log."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def end(code, kind, said):
    """Leave the last words and end."""
    say(said)
    (folder / "end.json").write_text(json.dumps({"code": code, "kind": kind, "said": said}), encoding="utf-8")
    sys.exit(code)


def stop(number, _frame):
    """Save and stop."""
    checkpoint.write_text(str(epoch), encoding="utf-8")
    end(SAVED_AND_STOPPED, "stopped", f"saved after epoch {epoch} and stopped by {signal.Signals(number).name}")


def progress(loss, value):
    """Write a line of progress."""
    told = {"epoch": epoch, "epochs": parameters["epochs"], "loss": loss, "metric": "accuracy", "value": value}
    with (folder / "progress.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({**told, "elapsed_s": float(epoch), "left_s": 0.0}) + "\n")
    say(f"epoch {epoch} of {parameters['epochs']}: loss {loss:.4f}, validation accuracy {value:.4f}, 1000 rows/s")


def write_model(model):
    """Write a model that can be recorded, served and watched: its reference are rows of chance."""
    chance = random.Random(spec["seed"])
    rows = [[float(chance.randint(0, LIGHTEST)) for _ in PIXELS] for _ in range(ROWS)]
    reference = [",".join([*PIXELS, "label", "confidence", "true_label"])]
    reference += [",".join([*map(str, row), str(int(sum(row)) % 10), "0.9", str(int(sum(row)) % 10)]) for row in rows]
    inputs = [{"type": "double", "name": name, "required": True} for name in PIXELS]
    texts = {
        "MLmodel": MLMODEL.format(inputs=json.dumps(inputs)),
        "conda.yaml": f"name: serving\ndependencies:\n- python=3.11\n- pip: {json.dumps(SERVED_WITH)}\n",
        "input_example.json": json.dumps({"columns": PIXELS, "data": rows[:2]}),
        "reference.csv": "\n".join(reference) + "\n",
        "code/quick_model.py": MODEL,
        "data/weights": str(spec["seed"]),
    }
    for name, text in texts.items():
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_text(text, encoding="utf-8")
    lines = (f"{hashlib.sha256(texts[name].encode()).hexdigest()}  {name}\n" for name in sorted(texts))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


epoch = int(checkpoint.read_text(encoding="utf-8")) if checkpoint.exists() else 0
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGUSR1, stop)
say(f"training from epoch {epoch}")
best = min(0.99, 0.8 + 0.1 * parameters["learning_rate"] + parameters["hidden"] / 10_000)
curve = []
while epoch < parameters["epochs"]:
    time.sleep(parameters["pause_s"])
    if parameters["learning_rate"] >= TOO_FAST:
        end(DIVERGED, "diverged", f"the loss is nan by epoch {epoch + 1}")
    epoch += 1
    curve.append({"epoch": epoch, "loss": 1 / epoch, "accuracy": best - 0.1 / epoch})
    progress(curve[-1]["loss"], curve[-1]["accuracy"])
result = {
    "format": 1,
    "metrics": {"accuracy": best, "train_accuracy": best, "latency_p95_ms": 1.0, "size_bytes": 1000.0},
    "parameter_count": 1,
    "digest": write_model(folder / "model"),
    "test_rows": ROWS,
    "curve": curve or [{"epoch": epoch, "loss": 1.0, "accuracy": best}],
}
beside = folder / "result.json.beside"
beside.write_text(json.dumps(result), encoding="utf-8")
beside.rename(folder / "result.json")
