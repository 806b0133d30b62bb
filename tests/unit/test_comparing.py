"""What differs between runs is told, whatever it is, and nothing is called the same that is not."""

import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from bot.core.said import ENGLISH
from bot.core.values import PersonId
from bot.services.comparing import comparison_card
from bot.things.run.model import Resources, Run

RUN = Run(
    number=1,
    requirement=1,
    ordered_by=PersonId(1),
    recipe="r",
    dataset="d",
    parameters={"steps": 1234567, "rate": 0.00123456, "amp": True},
    seed=7,
    hypothesis="",
    resources=Resources("gpu", 1, 2, 4, 8, 60),
)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"memory_gib": 16}, ("`memory_gib=8`", "`memory_gib=16`")),
        ({"cpus": 8}, ("`cpus=4`", "`cpus=8`")),
        ({"time_limit_min": 90}, ("`time_limit_min=60`", "`time_limit_min=90`")),
        ({"partition": "short"}, ("`partition=gpu`", "`partition=short`")),
        ({"gpu_type": "mi100"}, ("`gpu_type=–`", "`gpu_type=mi100`")),
        ({"nodes": 2, "gpus": 1}, ("`nodes=1 gpus=2`", "`nodes=2 gpus=1`")),
        ({"account": "a", "qos": "high"}, ("`account=– qos=–`", "`account=a qos=high`")),
    ],
)
def test_what_runs_asked_for_is_compared(change: dict[str, Any], told: tuple[str, str]):
    """Each thing that one may ask of the cluster, as one types it; the file has it too."""
    other = replace(RUN, number=2, resources=replace(RUN.resources, **change))
    card = comparison_card([RUN, other], ENGLISH)
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(card.files[0].content.decode()))}

    assert list(told) == [paragraph.split("\n")[1] for paragraph in card.paragraphs]
    assert not any("Nothing differs" in paragraph for paragraph in card.paragraphs)
    assert {str(value) for value in change.values()} <= {value for row in rows.values() for value in row}


def test_parameters_are_compared_as_they_ran():
    """To the last digit, and switches as one types them."""
    other = replace(RUN, number=2, parameters={"steps": 1234568, "rate": 0.00123457, "amp": False})
    told = [paragraph.split("\n")[1] for paragraph in comparison_card([RUN, other], ENGLISH).paragraphs]

    assert ["`steps=1234567 rate=0.00123456 amp=true`", "`steps=1234568 rate=0.00123457 amp=false`"] == told


def test_runs_that_asked_for_the_same_are_called_so():
    """Only the nodes to keep away from may differ: another attempt has them by itself."""
    other = replace(RUN, number=2, resources=replace(RUN.resources, exclude=("gpu1",)))

    assert "Nothing differs" in comparison_card([RUN, other], ENGLISH).paragraphs[0]
