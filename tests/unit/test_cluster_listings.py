"""What SLURM's listings of nodes, jobs and accounting come to."""

from datetime import UTC, datetime

import pytest

from bot.adapters.slurm.listings import USE_FIELDS, gpu_accounting, gpu_count, read_share, read_uses
from bot.adapters.slurm.results import parse_curve
from bot.ports import Share, Use

TRES = "billing=4,cpu=4,gres/gpu:mi100=2,gres/gpu=2,mem=2G,node=1"


def row(*values: str) -> dict[str, str]:
    return dict(zip(USE_FIELDS, values, strict=True))


def test_a_jobs_steps_belong_to_it():
    """The highest memory of any step, the CPU time of all, the GPUs once although they are listed twice."""
    rows = [
        row("7", "slipway-run-1-1", "bot", "3600", TRES, "02:00:00", "14400", "2G", "", "", "", "1795216815"),
        row("7.batch", "batch", "", "3600", TRES, "00:10.5", "14400", "", "1024K", "1024K", "1", "1795216815"),
        row("7.0", "python", "", "3600", TRES, "01:59:49.5", "14400", "", "1G", "1G", "1", "1795216815"),
        row("8", "somebody-elses", "ada", "3600", TRES, "02:00:00", "14400", "2G", "", "", "", "1795216815"),
        row("9", "slipway-run-2-1", "bot", "10", TRES, "00:00:00", "40", "2G", "", "", "", "Unknown"),
        row("6", "slipway-run-3-1", "bot", "10", TRES, "00:00:00", "40", "2G", "", "", "", "1795216000"),
    ]

    assert [Use("slipway-run-1-1", "7", "bot", 2.0, 3600.0, 0.5, 0.5, gpus=2, cpus=4, memory_gib=2.0)] == read_uses(
        rows, since=datetime.fromtimestamp(1795216800, UTC)
    )


def test_the_memory_of_all_ranks_counts():
    """MaxRSS is that of the largest task alone: four of 310 MiB each are not 15 % of 2 GiB."""
    rows = [
        row("7", "slipway-run-1-1", "bot", "60", TRES, "01:00", "240", "2G", "", "", "", "1795216815"),
        row("7.0", "python", "", "60", TRES, "01:00", "240", "", "310M", "300M", "4", "1795216815"),
    ]

    [use] = read_uses(rows, since=datetime.fromtimestamp(0, UTC))

    assert pytest.approx(1200 / 2048) == use.memory_share


def test_what_was_asked_for_is_of_all_nodes():
    """The memory of a request is per node; what was allocated is of all together."""
    of_two = TRES.replace("mem=2G,node=1", "mem=4G,node=2")
    rows = [
        row("7", "slipway-run-1-1", "bot", "60", of_two, "01:00", "240", "2G", "", "", "", "1795216815"),
        row("7.0", "python", "", "60", of_two, "01:00", "240", "", "1G", "1G", "2", "1795216815"),
    ]

    [use] = read_uses(rows, since=datetime.fromtimestamp(0, UTC))

    assert 0.5 == use.memory_share


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("2147483648 1073741824\n100 3\n\n", Share(2.0, 1.0, 100, 3)),
        ("2147483648 0\n - -\n\n", Share(2.0, 0.0, 0, 0)),
        (
            "1024 1024\n9 9\n\nsh: 2: /s/.p: Read-only file system",
            Share(2**-20, 2**-20, 9, 9, "sh: 2: /s/.p: Read-only file system"),
        ),
        ("\nsh: /s/.p: No such file or directory\n", Share(0, 0, 0, 0, "sh: /s/.p: No such file or directory")),
    ],
)
def test_the_shared_folder_is_read(text, share):
    """Its space, also on file systems without inodes, and why nothing can be written: read-only, or not there."""
    assert share == read_share(text)


def test_what_was_never_started_took_nothing():
    """No share of nothing."""
    rows = [row("7_2", "slipway-sweep-1", "bot", "0", "", "00:00:00", "0", "2Gn", "", "", "", "1795216815")]

    assert [Use("slipway-sweep-1", "7_2", "bot", 0.0, 0.0, None, None)] == read_uses(
        rows, since=datetime.fromtimestamp(0, UTC)
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("gpu:mi100:4", 4),
        ("gpu:mi100:4(S:0-1)", 4),
        ("gpu:mi100:2(IDX:0-1),gpu:a100:1(IDX:0)", 3),
        ("gres:gpu:2", 2),
        ("gres:gpu:mi100:2", 2),
        ("gpu:mi100:0(IDX:N/A)", 0),
        (TRES, 2),
        ("cpu=1,gres/gpu:mi100=1,gres/gpu:a100=2", 3),
        ("cpu=1,mem=2G", 0),
        ("N/A", 0),
        ("(null)", 0),
    ],
)
def test_gpus_are_counted(text, count):
    """In each of the forms that SLURM's fields have."""
    assert count == gpu_count(text)


def test_a_curve_is_one_row_an_epoch():
    """The last whole line of each, also when a resumed run did an epoch again."""
    line = '{{"epoch": {}, "epochs": 9, "loss": {}, "metric": "accuracy", "value": 0.5, "elapsed_s": 1, "left_s": 1}}\n'
    text = line.format(1, 3) + line.format(1, 2) + '{"epoch": 2, "ep\n' + line.format(2, 1) + line.format(1, 4)

    assert [(1.0, 4.0), (2.0, 1.0)] == [(one["epoch"], one["loss"]) for one in parse_curve(text)]


@pytest.mark.parametrize(
    ("tracked", "is_told"),
    [
        ("cpu,mem,energy,node,billing,fs/disk,vmem,pages", True),
        ("cpu,mem,gres/gpumem", True),
        ("cpu,mem,gres/gpu:mi100", False),
        ("cpu,mem,gres/gpu,gres/gpu:mi100", False),
        ("(null)", False),
    ],
)
def test_that_accounting_counts_no_gpus_is_told(tracked: str, is_told: bool):  # noqa: FBT001
    """SLURM's default does not; a cluster without accounting counts nothing at all."""
    config = f"Configuration data as of now\nAccountingStorageTRES   = {tracked}\nClusterName = c\n"

    assert is_told == ("AccountingStorageTRES lacks gres/gpu" in gpu_accounting(config))
