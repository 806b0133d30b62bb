"""A worker process may die at any time: what was running is an error that may pass, and the next call gets another."""

import asyncio
import multiprocessing
import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.adapters.worker import Worker
from bot.errors import Upstream


@pytest_asyncio.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker("tests", environment={"SLIPWAY_WORD": "here"}, timeout=timedelta(seconds=60))
    yield worker
    await worker.close()


def kill_children() -> None:
    for child in multiprocessing.active_children():
        child.kill()
        child.join()


async def test_one_process_serves_all_calls(worker):
    """It is not this process, it keeps what it loaded, and it has the environment it was given."""
    first = await worker.call(os.getpid)
    second = await worker.call(os.getpid)
    word = await worker.call(os.getenv, "SLIPWAY_WORD")

    assert first == second != os.getpid()
    assert word == "here"


async def test_death_between_calls_is_not_noticed(worker):
    """The system took the idle process' memory: nobody's call fails for it."""
    first = await worker.call(os.getpid)
    kill_children()

    second = await worker.call(os.getpid)

    assert first != second


async def test_death_in_a_call_is_an_error_that_may_pass(worker):
    """Who waited is told, and the next call gets another process."""
    first = await worker.call(os.getpid)
    sleeping = asyncio.create_task(worker.call(time.sleep, 60))
    await asyncio.sleep(0)
    kill_children()

    with pytest.raises(Upstream, match="died") as caught:
        await sleeping
    second = await worker.call(os.getpid)

    assert caught.value.retryable
    assert first != second


async def test_call_beyond_its_limit_is_ended():
    """A call that takes too long is given up, and the next one is served."""
    worker = Worker("tests", environment={}, timeout=timedelta(seconds=60))
    first = await worker.call(os.getpid)
    worker._timeout = timedelta(milliseconds=50)

    with pytest.raises(Upstream, match="no answer within") as caught:
        await worker.call(time.sleep, 60)
    worker._timeout = timedelta(seconds=60)
    second = await worker.call(os.getpid)
    await worker.close()

    assert caught.value.retryable
    assert first != second
