"""The codecs of the store: total over field types, and lossless."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from bot.adapters.sql.codec import JsonText, UtcDateTime, codec_for, codec_of, json_text, parse, storable
from bot.core.judging import Target
from bot.core.readings import Reading
from bot.core.values import Json, Kind, PersonId, Ref, Stage
from bot.things.run.readings import Progress


@pytest.mark.parametrize("hint", [Decimal, set[str], dict[str, int], tuple[int, str], Mapping[int, str], bytes, object])
def test_a_field_type_without_a_codec_is_refused(hint: object) -> None:
    """When the tables are made, which is at import; never when a row is written."""
    with pytest.raises(TypeError, match="no codec"):
        codec_for(hint)


@pytest.mark.parametrize(
    ("hint", "value", "stored"),
    [
        (int, 3, 3),
        (PersonId | None, None, None),
        (float, 2, 2.0),
        (Stage, Stage.IN_REVIEW, "in review"),
        (tuple[str, ...], ("a", "ก"), ["a", "ก"]),
        (Ref, Ref(Kind.RUN, 3), {"kind": "RUN", "number": 3}),
        (Mapping[str, float] | None, {"loss": 1}, {"loss": 1.0}),
        (Mapping[str, Json], {"a": [1, None]}, {"a": [1, None]}),
        (
            tuple[Target, ...],
            (Target("f1", at_least=True, threshold=1.0),),
            [{"metric": "f1", "at_least": True, "threshold": 1.0}],
        ),
    ],
)
def test_a_value_comes_back_as_it_was(hint: object, value: object, stored: object) -> None:
    """Through plain values that JSON or a column can hold."""
    codec = codec_for(hint)

    assert codec.encode(value) == stored
    assert codec.decode(codec.encode(value)) == value


def test_optional_fields_are_nullable_columns_and_nested_ones_are_json() -> None:
    """None of a nested value is JSON's null, so that the column itself is never empty."""
    optional, nested, when = codec_for(str | None), codec_for(Progress | None), codec_for(datetime)
    stored: Any = nested.encode(None)

    assert (optional.is_nullable, nested.is_nullable, when.is_nullable) == (True, False, False)
    assert (type(nested.column), type(when.column)) == (JsonText, UtcDateTime)
    assert nested.decode(parse(json_text(stored))) is None


def test_text_that_no_database_keeps_is_replaced() -> None:
    """NUL and half a pair become the replacement character; a pair written in halves becomes its character."""
    assert storable("a\x00b\ud83dc") == "a\ufffdb\ufffdc"
    assert storable("\ud83d\ude00 ก") == "😀 ก"


def test_a_time_in_a_value_is_kept_in_utc_and_refused_without_a_zone() -> None:
    """As one that is a column by itself."""
    codec = codec_of(Reading("tried", tuple[datetime, ...]))
    noon = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=7)))

    assert ["2026-03-01T05:00:00+00:00"] == codec.encode((noon,))
    assert (noon,) == codec.decode(codec.encode((noon,)))
    with pytest.raises(ValueError, match="zone"):
        codec.encode((noon.replace(tzinfo=None),))
