"""Writes an MLflow model directory by hand, so that the cluster needs no mlflow. Equal weights give equal files."""

import csv
import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from data import Dataset
from files import replace_directory, write_json, write_whole
from recipe import Recipe
from spec import Spec
from torch import nn

PYTHON = "3.11"
REQUIREMENTS = (
    # torch's own index has the build for CPUs. By its full name, so that nobody gets gigabytes of CUDA in its place.
    "--extra-index-url https://download.pytorch.org/whl/cpu",
    "mlflow==3.17.2",
    "torch==2.13.0+cpu",
    "numpy==2.4.6",
    "pandas==3.0.6",
    # Azure's server for MLflow models imports these before it loads the model.
    "azureml-ai-monitoring==1.0.0",
    "azureml-inference-server-http==1.5.1",
)
"""Of the serving environment, as lines of pip's."""
EXAMPLE_ROWS = 2
NOTHING = "none"
"""The label of a row to which no class fits."""

MLMODEL = """\
flavors:
  python_function:
    code: code
    data: data
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: {loader}
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
    path: Path,
    recipe: Recipe,
    spec: Spec,
    dataset: Dataset,
    *,
    network: nn.Module,
    shape: Any,
    said: tuple[torch.Tensor, torch.Tensor],
) -> None:
    """Write the directory: MLmodel, weights, code, environment, an input example, and the held-out rows as reference.

    `said` holds the network's confidence and labels on the test rows, with which production is compared later.
    """
    beside = path.with_name(f".{path.name}.beside")
    if beside.exists():
        shutil.rmtree(beside)
    (beside / "data").mkdir(parents=True)
    (beside / "code").mkdir()
    weights = io.BytesIO()
    torch.save({name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}, weights)
    write_whole(beside / "data" / "weights.pt", weights.getvalue())
    write_json(beside / "data" / "network.json", asdict(shape))
    write_whole(beside / "code" / recipe.code.name, recipe.code.read_bytes())
    _write_environment(beside, recipe, dataset, [*REQUIREMENTS, *recipe.add(spec, beside / "data")])
    example = {"columns": list(dataset.columns), "data": dataset.test_table[:EXAMPLE_ROWS]}
    write_json(beside / "input_example.json", example)
    _write_reference(beside / "reference.csv", dataset, said)
    replace_directory(path, beside)


def named(labels: torch.Tensor, class_names: Sequence[int | str]) -> list[int | str]:
    """Return each row's class by name; where it may have many, all of them in their order."""
    if labels.ndim == 1:
        return [class_names[label] for label in labels.tolist()]
    rows = ([str(name) for name, its in zip(class_names, row, strict=True) if its] for row in labels.tolist())
    return [", ".join(names) or NOTHING for names in rows]


def _write_environment(directory: Path, recipe: Recipe, dataset: Dataset, required: Sequence[str]) -> None:
    label = "long" if isinstance(dataset.class_names[0], int) else "string"
    inputs = [{"type": kind, "name": name, "required": True} for name, kind in dataset.columns.items()]
    outputs = [{"type": label, "name": "label", "required": True}]
    outputs.append({"type": "double", "name": "confidence", "required": True})
    listed = "\n".join(f"  - {line}" for line in required)
    about = {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "loader": recipe.code.stem}
    texts = {
        "MLmodel": MLMODEL.format(python=PYTHON, **about),
        "conda.yaml": CONDA.format(python=PYTHON, requirements=listed),
        "python_env.yaml": PYTHON_ENV.format(python=PYTHON),
        "requirements.txt": "".join(f"{line}\n" for line in required),
    }
    for name, text in texts.items():
        write_whole(directory / name, text.encode())


def _write_reference(path: Path, dataset: Dataset, said: tuple[torch.Tensor, torch.Tensor]) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*dataset.columns, "label", "confidence", "true_label"])
    confidence_N, labels = said
    names, true_names = (named(those, dataset.class_names) for those in (labels, dataset.test.labels))
    rows = zip(dataset.test_table, names, confidence_N.tolist(), true_names, strict=True)
    table.writerows([*row, label, confidence, true] for row, label, confidence, true in rows)
    write_whole(path, text.getvalue().encode())
