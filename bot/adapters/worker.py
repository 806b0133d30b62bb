"""A worker process for heavy or blocking libraries, which the event loop's process must never import.

The process is spawned on the first call and holds the libraries between calls. A call that takes too long kills it;
the next call starts another.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from multiprocessing.process import BaseProcess
from typing import ParamSpec, TypeVar

from bot.errors import Upstream

P = ParamSpec("P")
R = TypeVar("R")


def _start(environment: Mapping[str, str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes us
    os.environ.update(environment)
    gc.disable()  # while the first call's libraries are imported: to look for garbage among them takes a sixth of it
    parent = multiprocessing.parent_process()
    assert parent is not None, "this runs in a worker process"
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    """End this process when its parent was killed and could not say good-bye, be it before this process was ready.

    What is waited for is a pipe that multiprocessing makes before it starts a process: it closes with the parent.
    """
    parent.join()
    os._exit(1)


@dataclass(frozen=True, slots=True)
class _Named:
    """A function by the names of its module and of itself."""

    module: str
    name: str

    def __call__(self, *args: object, **kwargs: object) -> object:
        return getattr(import_module(self.module), self.name)(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class Far:
    """A module that only a worker imports, and the libraries with it: its functions can be handed to `Worker.call`."""

    module: str

    def __getattr__(self, name: str) -> _Named:
        return _Named(self.module, name)


class Worker:
    """One spawned process that runs module-level functions, one at a time."""

    def __init__(self, system: str, *, environment: Mapping[str, str], timeout: timedelta) -> None:
        self._system = system
        self._environment = {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", **environment}
        self._timeout = timeout
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()  # so that waiting for another call does not count against a call's time

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function in the process and return its result; its own exceptions pass through.

        Raises:
            Upstream: it took longer than the limit or the process died. Either way the process is replaced.
        """
        async with self._turn:
            if not all(process.is_alive() for process in self._processes()):
                self._kill()  # it died between calls, as when memory is short: no call's business
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    max_workers=1,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_start,
                    initargs=(self._environment,),
                )
            try:
                future = asyncio.wrap_future(self._pool.submit(_call, function, args, kwargs))
                async with asyncio.timeout(self._timeout.total_seconds()):
                    return await future
            except TimeoutError as error:
                self._kill()
                raise Upstream(self._system, f"no answer within {self._timeout}", retryable=True) from error
            except BrokenProcessPool as error:
                self._kill()
                raise Upstream(self._system, "the worker process died", retryable=True) from error
            except asyncio.CancelledError:
                self._kill()
                raise

    def _processes(self) -> list[BaseProcess]:
        if self._pool is None:
            return []
        return list((self._pool._processes or {}).values())  # noqa: SLF001  # no public way to see or end a stuck one

    def _kill(self) -> None:
        for process in self._processes():
            process.kill()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def close(self) -> None:
        """End the process."""
        self._kill()


def _call(function: Callable[..., R], args: tuple[object, ...], kwargs: Mapping[str, object]) -> R:
    if not gc.isenabled():
        gc.freeze()  # the libraries stay: nothing of them is looked at again
        gc.enable()
    return function(*args, **kwargs)
