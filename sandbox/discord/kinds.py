"""The JSON types of fields, and how Discord refuses a value of another. Source: answers of its API, code 50035."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.discord.problems import Fault

Path = tuple[str | int, ...]
SNOWFLAKE_DIGITS_MAX = 20
SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: which values are of it, and the refusal of others."""

    fits: Callable[[Any], bool]
    code: str
    text: str
    """With `{}` where the value is shown."""

    def fault(self, path: Path, value: Any) -> Fault:
        """Return what is wrong with a value of another type."""
        return Fault(path, self.code, self.text.format(str(value)[:SHOWN_MAX]))


def is_number(value: object) -> bool:
    """Tell whether it is a number with an end; true and false are none."""
    return not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_snowflake(value: object) -> bool:
    """Tell whether it is an id: digits, or the number that they stand for."""
    text = str(value) if _is_int(value) else value
    return isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) <= SNOWFLAKE_DIGITS_MAX


def _is_text(value: object) -> bool:
    return isinstance(value, str)


TEXT = Kind(_is_text, "STRING_TYPE_CONVERT", 'Could not interpret "{}" as string.')
INT = Kind(_is_int, "NUMBER_TYPE_COERCE", 'Value "{}" is not int.')
NUMBER = Kind(is_number, "NUMBER_TYPE_COERCE", 'Value "{}" is not float.')
ID = Kind(_is_snowflake, "NUMBER_TYPE_COERCE", 'Value "{}" is not snowflake.')
SWITCH = Kind(lambda value: isinstance(value, bool), "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
OBJECT = Kind(lambda value: isinstance(value, dict), "MODEL_TYPE_CONVERT", "Expected an object/dictionary.")
LIST = Kind(lambda value: isinstance(value, list), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
TEXT_OR_INT = Kind(lambda value: _is_text(value) or _is_int(value), TEXT.code, TEXT.text)
TEXT_OR_NUMBER = Kind(lambda value: _is_text(value) or is_number(value), TEXT.code, TEXT.text)
