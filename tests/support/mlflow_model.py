"""A small MLflow model directory, built by hand: no torch, and it answers within milliseconds."""

import json
from pathlib import Path

from bot.things.model.servable import PACKAGES

COLUMNS = ("length", "width")
ROWS = [[1.0, 2.0], [3.0, 0.5]]

MLMODEL = """\
flavors:
  python_function:
    code: code
    data: data
    env:
      conda: conda.yaml
    loader_module: small_model
    python_version: '3.11'
mlflow_version: 3.17.2
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  type: dataframe
signature:
  inputs: '{inputs}'
  outputs: '{outputs}'
  params: null
"""
CODE = '''\
"""Says whether a thing is large."""

import json
from pathlib import Path

import pandas as pd


class Model:
    def __init__(self, threshold):
        self.threshold = threshold

    def predict(self, table, params=None):
        area = table["length"] * table["width"]
        if (area < 0).any():
            raise ValueError("negative area")
        return pd.DataFrame({"label": (area > self.threshold).astype(int), "confidence": area / 10})


def _load_pyfunc(path):
    return Model(json.loads((Path(path) / "weights.json").read_text())["threshold"])
'''


def write_small_model(directory: Path, *, threshold: float = 1.8) -> Path:
    """Write the model; another threshold is another model."""
    inputs = [{"type": "double", "name": name, "required": True} for name in COLUMNS]
    outputs = [
        {"type": "long", "name": "label", "required": True},
        {"type": "double", "name": "confidence", "required": True},
    ]
    texts = {
        "MLmodel": MLMODEL.format(inputs=json.dumps(inputs), outputs=json.dumps(outputs)),
        "conda.yaml": "name: serving\ndependencies:\n- python=3.11\n- pip:\n"
        + "".join(f"  - {pin}\n" for pin in PACKAGES),
        "input_example.json": json.dumps({"columns": COLUMNS, "data": ROWS}),
        "code/small_model.py": CODE,
        "data/weights.json": json.dumps({"threshold": threshold}),
    }
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory
