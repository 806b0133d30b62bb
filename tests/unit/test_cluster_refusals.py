"""What is said of a name that SLURM refuses: what there is in its place, the nearest first, and never a guess."""

from dataclasses import replace

import pytest

from bot.adapters.slurm.refusals import wrong_name
from bot.ports import Offers
from bot.things.run.model import Resources

ASKED = Resources("gpu", 1, 1, 1, 1, 60, account="visoin", qos="high")
HAS = Offers(
    partitions=("gpu",),
    gpu_types=("mi100", "mi210"),
    accounts=("audio", "nlp", "robots", "speech", "vision", "weather"),
    qos=("high", "normal"),
    qos_of={"vision": ("normal",)},
)
NO_ACCOUNT = "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified"
NO_QOS = "sbatch: error: Batch job submission failed: Invalid qos specification"
NO_NODE = "sbatch: error: Batch job submission failed: Requested node configuration is not available"


def test_the_nearest_name_comes_first_and_many_are_counted():
    """What it is called, what there is, and what to type."""
    assert (
        "SLURM refuses the account `visoin`: the bot's user may charge `vision`, `audio`, `nlp`, `robots`, `speech` "
        "and 1 more. Ask for `account:vision`."
    ) == str(wrong_name(NO_ACCOUNT, ASKED, HAS))


def test_a_qos_of_another_account_is_not_one_of_this_account():
    """Although the bot's user may use it with others."""
    said = str(wrong_name(NO_QOS, replace(ASKED, account="vision"), HAS))

    assert "may use `normal` with the account `vision`. Ask for `qos:normal`." in said


@pytest.mark.parametrize(
    ("complaint", "asked", "has"),
    [
        (NO_ACCOUNT, replace(ASKED, account="vision"), HAS),
        (NO_ACCOUNT, ASKED, Offers(partitions=("gpu",))),
        (NO_NODE, replace(ASKED, gpus=9, gpu_type="mi100"), HAS),
        (NO_NODE, replace(ASKED, gpus=0), HAS),
        (NO_QOS, replace(ASKED, qos=""), HAS),
    ],
)
def test_no_name_is_blamed_that_is_there_or_that_nobody_asked_for(complaint: str, asked: Resources, has: Offers):
    """Then SLURM's own reason is told: an account that may not use the partition, or too much of what there is."""
    assert wrong_name(complaint, asked, has) is None
