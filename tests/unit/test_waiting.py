"""What SLURM's reasons for letting a job wait mean to people."""

import pytest

from bot.things.run.waiting import WAITS, wait_of

FOR_A_WHILE = """
    Priority Resources Dependency BeginTime Licenses Reservation ReqNodeNotAvail JobArrayTaskLimit PartitionDown
    PartitionInactive NodeDown Cleaning SchedDefer JobLaunchFailure AssocGrpCpuLimit AssocGrpJobsLimit AssocGrpGRES
    AssocGrpCPURunMinutesLimit AssocMaxJobsLimit QOSGrpCpuLimit QOSGrpNodeLimit QOSMaxCpuPerUserLimit
    QOSMaxJobsPerUserLimit QOSMaxGRESPerUser QOSMaxSubmitJobPerUserLimit QOSResourceLimit AssociationJobLimit
    BurstBufferStageIn QOSGrpCPURunMinutesLimit
"""
FOR_EVER = """
    DependencyNeverSatisfied PartitionTimeLimit PartitionNodeLimit PartitionConfig AccountNotAllowed QOSNotAllowed
    InvalidAccount InvalidQOS BadConstraints JobHeldAdmin JobHeldUser JobHoldMaxRequeue ReservationDeleted
    MaxMemPerLimit
    AssocMaxWallDurationPerJobLimit AssocMaxCpuPerJobLimit AssocMaxNodePerJobLimit AssocMaxGRESPerJob
    AssocMaxGRESPerNode
    AssocGrpCPUMinutesLimit AssocGrpGRESMinutes QOSMaxWallDurationPerJobLimit QOSMaxCpuPerJobLimit QOSMaxGRESPerJob
    QOSMaxNodePerJobLimit QOSMaxMemoryPerJob QOSMinCpuNotSatisfied QOSGrpCPUMinutesLimit
    job_requeued_in_held_state launch_failed_requeued_held user_env_retrieval_failed_requeued_held
"""


@pytest.mark.parametrize("reason", FOR_A_WHILE.split())
def test_a_reason_that_time_mends_is_no_alarm(reason):
    """It is said in words, and the job just has to wait."""
    wait = wait_of(reason)

    assert wait is not None
    assert not wait.is_hopeless


@pytest.mark.parametrize("reason", FOR_EVER.split())
def test_a_reason_that_time_does_not_mend_is_known(reason):
    """With underscores or with blanks, as SLURM's versions write them."""
    told = [wait_of(said) for said in (reason, reason.replace("_", " "), f"({reason})")]

    assert [True] * 3 == [wait is not None and wait.is_hopeless for wait in told]
    assert 1 == len(set(told))


def test_what_follows_a_comma_is_of_no_account():
    """SLURM adds which nodes they are."""
    assert wait_of("ReqNodeNotAvail") == wait_of("ReqNodeNotAvail, UnavailableNodes:gpu[1-3]")


def test_a_reason_that_nobody_knows_has_no_words():
    """It is shown as it is."""
    assert [None, None] == [wait_of("HyperspaceClosed"), wait_of("")]


def test_every_row_is_the_first_for_some_reason():
    """A row that stands behind a wider one would never be read."""
    reasons = [*FOR_A_WHILE.split(), *FOR_EVER.split(), "DeadLine"]

    assert {wait for _, wait in WAITS} == {wait_of(reason) for reason in reasons}
