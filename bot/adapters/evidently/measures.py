"""Turns rows of a model's inputs and outputs into a few measures that people can read. Worker process only.

Legend: N rows, P pixels.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from bot.core.values import Json

Floats: TypeAlias = npt.NDArray[np.float64]

OUTPUTS = {"label": "predicted class", "confidence": "confidence"}
TRUTH = "true_label"
PIXEL = re.compile(r"pixel_\d+")
MIN_PIXELS = 4
INK = 0.5  # a pixel above this share of the brightest one in the reference counts as ink
MAX_RAW_COLUMNS = 10  # with the two outputs, 12 measures
MAX_LEVELS = 20  # of a categorical column; the rest becomes one level. Evidently takes seconds for thousands
NUMERIC_LEVELS = 6  # a column of numbers with fewer distinct values is taken as categorical
ODD_SHARE = 0.05  # a column with more texts than this is not of numbers
OTHER = "(other)"


@dataclass(frozen=True)
class Measure:
    """One measure, row by row, without the rows that lack it."""

    name: str
    is_categorical: bool
    reference: pd.Series
    current: pd.Series


@dataclass(frozen=True)
class Lacking:
    """What is missing of the inputs."""

    reference_share: float
    """Of all input cells, 0 to 1."""
    current_share: float
    columns: tuple[str, ...]
    """Filled in the reference, and empty or absent in every production row."""


def tables(
    reference: pd.DataFrame, inputs: Sequence[Mapping[str, Json]], outputs: Sequence[Mapping[str, Json]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the inputs of both sides with the reference's columns; a column absent in production is all missing."""
    columns = [name for name in reference.columns if name not in (*OUTPUTS, TRUTH)]
    current = pd.DataFrame(list(inputs)).reindex(columns=columns)
    said = pd.DataFrame(list(outputs)).reindex(columns=[name for name in OUTPUTS if name in reference.columns])
    current = pd.concat([current, said.reindex(current.index)], axis=1)
    return reference.drop(columns=TRUTH, errors="ignore"), current


def measures(reference: pd.DataFrame, current: pd.DataFrame) -> list[Measure]:
    """Return the outputs' measures first, then the image's, then those of other columns, 12 at most."""
    found = [
        _measure(shown, reference[name], current[name], is_categorical=name == "label")
        for name, shown in OUTPUTS.items()
        if name in reference.columns
    ]
    inputs = [name for name in reference.columns if name not in OUTPUTS]
    pixels = [name for name in inputs if PIXEL.fullmatch(name)]
    if len(pixels) >= MIN_PIXELS:
        found += _image_measures(reference[pixels], current[pixels])
        inputs = [name for name in inputs if name not in pixels]
    for name in inputs:
        if len(found) >= MAX_RAW_COLUMNS + len(OUTPUTS):
            break
        is_categorical = _is_categorical(reference[name])
        if not (is_categorical and _is_identifier(reference[name])):
            found.append(
                _measure(name.replace("_", " "), reference[name], current[name], is_categorical=is_categorical)
            )
    return found


def lacking(reference: pd.DataFrame, current: pd.DataFrame) -> Lacking:
    """Return what is missing of the inputs, which no measure would show: rows without a value are left out of it."""
    columns = [name for name in reference.columns if name not in OUTPUTS]
    if not columns:
        return Lacking(0.0, 0.0, ())
    there = pd.DataFrame({name: _cleaned(reference[name], reference[name]) for name in columns})
    here = pd.DataFrame({name: _cleaned(current[name], reference[name]) for name in columns})
    empty = tuple(name for name in columns if here[name].isna().all() and not there[name].isna().all())
    return Lacking(float(there.isna().to_numpy().mean()), float(here.isna().to_numpy().mean()), empty)


def _image_measures(reference: pd.DataFrame, current: pd.DataFrame) -> list[Measure]:
    there_NP, here_NP = _pixels(reference), _pixels(current)
    ink_above = INK * float(np.nanmax(there_NP, initial=0.0))
    there, here = _image_summaries(there_NP, ink_above), _image_summaries(here_NP, ink_above)
    return [Measure(name, False, there[name].dropna(), here[name].dropna()) for name in there.columns]


def _image_summaries(image_NP: Floats, ink_above: float) -> pd.DataFrame:
    known_N = ~np.isnan(image_NP).all(axis=1)  # numpy warns of rows without any pixel
    image_NP = image_NP[known_N]
    ink_NP = np.where(np.isnan(image_NP), np.nan, image_NP > ink_above)
    return pd.DataFrame(
        {
            "brightness": np.nanmean(image_NP, axis=1),
            "contrast": np.nanstd(image_NP, axis=1),
            "ink share": np.nanmean(ink_NP, axis=1),
        }
    )


def _pixels(table: pd.DataFrame) -> Floats:
    numbers_NP: Floats = table.apply(pd.to_numeric, errors="coerce").to_numpy(dtype="float64", copy=True)
    numbers_NP[~np.isfinite(numbers_NP)] = np.nan
    return numbers_NP


def _measure(name: str, reference: pd.Series, current: pd.Series, *, is_categorical: bool) -> Measure:
    if not is_categorical:
        return Measure(name, False, _numbers(reference).dropna(), _numbers(current).dropna())
    there, here = _levels(reference).dropna(), _levels(current).dropna()
    kept = set(there.value_counts().index[:MAX_LEVELS])
    if len(kept) < MAX_LEVELS:
        kept |= set(here.value_counts().index[: MAX_LEVELS - len(kept)])
    there, here = (side.where(side.isin(kept), OTHER) for side in (there, here))
    return Measure(name, True, there, here)


def _cleaned(column: pd.Series, reference: pd.Series) -> pd.Series:
    return _levels(column) if _is_categorical(reference, numeric_levels=0) else _numbers(column)


def _numbers(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _levels(column: pd.Series) -> pd.Series:
    """Return the values as texts, such that 3, 3.0 and "3" are one."""
    return column.map(_level, na_action="ignore").astype("object")


def _level(value: object) -> str | None:
    text = str(value)
    try:
        number = float(text)
    except ValueError:
        return text
    if not np.isfinite(number):
        return None
    return str(int(number)) if number == int(number) else text


def _is_categorical(column: pd.Series, numeric_levels: int = NUMERIC_LEVELS) -> bool:
    known = column.dropna()
    numbers = _numbers(known)
    odd_share = float(numbers.isna().mean())  # of texts among numbers
    level_count: int = known.nunique()
    return odd_share > ODD_SHARE or level_count < numeric_levels


def _is_identifier(column: pd.Series) -> bool:
    level_count: int = column.nunique()
    return level_count > max(MAX_LEVELS, len(column) // 2)
