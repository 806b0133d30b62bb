"""Writes an MLflow model directory by hand, so that the cluster needs no mlflow. Equal weights give equal files.

Legend: N rows, F features (pixels).
"""

import csv
import io
import json
import shutil
from pathlib import Path

import torch
from data import Images
from files import replace_directory, write_json, write_whole
from image_network import ImageNetwork

PYTHON = "3.11"
REQUIREMENTS = ("mlflow==3.17.2", "torch==2.13.0", "numpy==2.4.6", "pandas==3.0.6")  # of the serving environment
OUTPUTS = {"label": "long", "confidence": "double"}
EXAMPLE_ROWS = 2
CODE = Path(__file__).with_name("image_network.py")

MLMODEL = """\
flavors:
  python_function:
    code: code
    data: data
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: image_network
    python_version: '{python}'
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
CONDA = """\
name: serving
channels:
- conda-forge
dependencies:
- python={python}
- pip
- pip:
{requirements}
"""
PYTHON_ENV = """\
python: '{python}'
dependencies:
- -r requirements.txt
"""


def write_model(
    path: Path, network: ImageNetwork, test: Images, *, confidence_N: torch.Tensor, label_N: torch.Tensor
) -> None:
    """Write the directory: MLmodel, weights, code, environment, an input example, and the held-out rows as reference.

    `confidence_N` and `label_N` are the network's predictions on `test`, with which production is compared later.
    """
    beside = path.with_name(f".{path.name}.beside")
    if beside.exists():
        shutil.rmtree(beside)
    (beside / "data").mkdir(parents=True)
    (beside / "code").mkdir()
    weights = io.BytesIO()
    torch.save({name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}, weights)
    write_whole(beside / "data" / "weights.pt", weights.getvalue())
    write_json(beside / "data" / "network.json", vars(network.shape))
    write_whole(beside / "code" / CODE.name, CODE.read_bytes())
    columns = [f"pixel_{number}" for number in range(test.pixels_NF.shape[1])]
    _write_environment(beside, columns)
    example = {"columns": columns, "data": test.pixels_NF[:EXAMPLE_ROWS].double().tolist()}
    write_json(beside / "input_example.json", example)
    _write_reference(beside / "reference.csv", columns, test, confidence_N, label_N)
    replace_directory(path, beside)


def _write_environment(directory: Path, columns: list[str]) -> None:
    inputs = [{"type": "double", "name": name, "required": True} for name in columns]
    outputs = [{"type": kind, "name": name, "required": True} for name, kind in OUTPUTS.items()]
    listed = "\n".join(f"  - {line}" for line in REQUIREMENTS)
    texts = {
        "MLmodel": MLMODEL.format(python=PYTHON, inputs=json.dumps(inputs), outputs=json.dumps(outputs)),
        "conda.yaml": CONDA.format(python=PYTHON, requirements=listed),
        "python_env.yaml": PYTHON_ENV.format(python=PYTHON),
        "requirements.txt": "".join(f"{line}\n" for line in REQUIREMENTS),
    }
    for name, text in texts.items():
        write_whole(directory / name, text.encode())


def _write_reference(
    path: Path, columns: list[str], test: Images, confidence_N: torch.Tensor, label_N: torch.Tensor
) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*columns, "label", "confidence", "true_label"])
    rows = zip(test.pixels_NF.tolist(), label_N.tolist(), confidence_N.tolist(), test.labels_N.tolist(), strict=True)
    table.writerows([*pixels, label, confidence, true] for pixels, label, confidence, true in rows)
    write_whole(path, text.getvalue().encode())
