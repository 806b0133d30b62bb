"""Serves one MLflow model over a socket, one JSON request a line.

The first line out is `{"ready": true}`; each later one answers a request with `{"output": …}` or `{"error": …}`.
What the model or its libraries print goes to the log, as of a container.
"""

import json
import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.pyfunc import PyFuncModel
from mlflow.types import DataType, Schema
from mlflow.utils.proto_json_utils import cast_df_types_according_to_schema, dataframe_from_parsed_json


def serve(line: socket.socket, directory: Path, log_path: Path) -> None:
    """Load the model, then answer until the other side closes the line. On this side it ends with the process."""
    with log_path.open("ab") as log:
        for output in (1, 2):
            os.dup2(log.fileno(), output)
    requests, answers = line.makefile("r", encoding="utf-8"), line.makefile("w", encoding="utf-8")
    sys.dont_write_bytecode = True  # the model's own code is imported from its folder, which stays as it was audited
    model = mlflow.pyfunc.load_model(str(directory))
    print("model loaded", file=sys.stderr, flush=True)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for request in requests:
        print(json.dumps(answer(model, request)), file=answers, flush=True)


def answer(model: PyFuncModel, line: str) -> dict[str, Any]:
    """Return the model's predictions as records, or its error."""
    try:
        request = json.loads(line)
        if "input_data" not in request:
            return {"error": "Request must contain a top level key named 'input_data'"}
        schema = model.metadata.get_input_schema()  # type: ignore[no-untyped-call]  # mlflow's
        return {"output": records(model.predict(table(request["input_data"], schema)))}
    except Exception as error:  # noqa: BLE001 - a model may raise anything, and the caller is told what
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


def table(rows: Any, schema: Schema | None) -> Any:
    """Return the input as the model takes it, cast to its signature: from split form, records, or an array."""
    if isinstance(rows, dict) and "data" in rows and "columns" in rows:
        return _cast(dataframe_from_parsed_json(rows, pandas_orient="split"), schema)  # type: ignore[no-untyped-call]  # mlflow's
    if isinstance(rows, list) and rows and isinstance(rows[0], dict):
        return _cast(dataframe_from_parsed_json(rows, pandas_orient="records"), schema)  # type: ignore[no-untyped-call]  # mlflow's
    if isinstance(rows, dict):
        return {name: np.asarray(values) for name, values in rows.items()}
    return np.asarray(rows)


def _cast(given: pd.DataFrame, schema: Schema | None) -> pd.DataFrame:
    """Cast the columns to the signature. Numbers that need no cast are let be: for 64 pixels it is half of the time."""
    if schema is None or _is_all_numbers(given, schema):
        return given
    cast: pd.DataFrame = cast_df_types_according_to_schema(given, schema)  # type: ignore[no-untyped-call]  # mlflow's
    return cast


def _is_all_numbers(given: pd.DataFrame, schema: Schema) -> bool:
    return all(kind is DataType.double for kind in schema.input_types()) and bool((given.dtypes == np.float64).all())


def records(predictions: Any) -> Any:
    """Return the predictions as JSON: one record per row of a table, else a list."""
    if isinstance(predictions, pd.DataFrame):
        return json.loads(predictions.to_json(orient="records", double_precision=15))
    if isinstance(predictions, pd.Series):
        return predictions.tolist()
    return np.asarray(predictions).tolist()
