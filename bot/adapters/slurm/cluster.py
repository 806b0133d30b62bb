"""The cluster: SLURM behind an SSH login node, with runs kept in one folder of the shared file system.

Below `directory`: payload/<content hash>/, shipped once for each content; code/<hash>/, a team's own, checked out once;
ended.log, a line for each run that ends; and runs/<key>/ with made_for, which tells the order that it is of from any
other by that key, spec.json, job.sh, log.txt, and what the recipe writes:
progress.jsonl, checkpoint.pt, model/, end.json, result.json last. An array's folder has job.sh and its tasks' logs.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from bot.adapters.slurm import files, listings, watch
from bot.adapters.slurm.connection import Completed, Connection, upstream
from bot.adapters.slurm.reading import read_end
from bot.adapters.slurm.scripts import BUSY_CODE, DETAILS, LIST, STOP, WITHDRAW
from bot.adapters.slurm.site import Site, check_key
from bot.adapters.slurm.states import missing, observations, queue_rows
from bot.adapters.slurm.submit import Submitter
from bot.config import ClusterSettings
from bot.core.values import Json
from bot.errors import Misconfigured
from bot.ports import Forecast, Job, Node, Observation, Offers, Order, Queued, Result, Share, Use


class SlurmCluster:
    """A SLURM cluster as `bot.ports.Cluster`."""

    def __init__(self, settings: ClusterSettings, payload: Path) -> None:
        self._site = Site(settings, Connection(settings))
        self._submitter = Submitter(self._site, payload)
        self._watch = watch.Watch(self._site)

    async def submit(self, order: Order) -> str:
        """Submit once under `order.key` and return the job id. Raises Refused when the request is impossible."""
        return await self._submitter.submit(order)

    async def forecast(self, order: Order) -> Forecast:
        """Return the script and what the cluster would do. Raises Refused when the request is impossible."""
        return await self._submitter.forecast(order)

    async def observe(self, jobs: Collection[Job]) -> Mapping[str, Observation]:
        """Return an observation for each job, by key, from one round of commands however many there are.

        That round is one listing of the queue, and a second command for progress and for what the queue does not tell.
        """
        if not jobs:
            return {}
        for job in jobs:
            check_key(job.key)
        done = await self._site.connection.run(*LIST)
        if done.code:
            raise upstream(f"squeue: {done.complaint}", retryable=True)
        queued = await asyncio.to_thread(queue_rows, done.text)
        left = missing(jobs, queued)
        wanted = [
            *(f"A {job_id}" for job_id in left.of_accounting),
            *(f"P {key}" for key in left.progress_of),
            *(f"{mark} {key}" for mark in "TEB" for key in left.gone),
            *(f"{mark} {key}" for mark in "TB" for key in left.cancelled),
        ]
        details = await self._details(wanted) if wanted else ""
        return await asyncio.to_thread(observations, jobs, queued, details)

    async def _details(self, wanted: Sequence[str]) -> str:
        given = "\n".join([*wanted, ".", ""]).encode()
        done = await self._site.script(DETAILS, str(self._site.directory), given=given)
        if done.code:
            raise upstream(f"progress and accounting: {done.complaint}", retryable=True)
        return done.text

    async def result(self, key: str) -> Result:
        """Read result.json. Raises BadResult when it is missing, torn or out of form."""
        return await files.read_result(self._site, key)

    async def log_tail(self, key: str, *, lines: int) -> str:
        """Return the last lines of the run's log, decoded leniently, control characters removed; may be empty."""
        return await files.read_log(self._site, key, lines=lines)

    async def log_search(self, key: str, text: str, *, lines: int) -> str:
        """Return the last lines of the log that contain the text, each with its line number."""
        return await files.search_log(self._site, key, text, lines=lines)

    async def log_file(self, key: str, *, limit_bytes: int) -> bytes:
        """Return the whole log, or its end when it is longer than the limit."""
        return await read_end(self._site, key, "log.txt", limit_bytes=limit_bytes)

    async def curve(self, key: str) -> Sequence[Mapping[str, float]]:
        """Return a run's progress lines so far, one row per epoch: epoch, loss, its measure; empty before the first."""
        return await files.read_curve(self._site, key)

    async def last_words(self, key: str) -> Mapping[str, Json]:
        """Return what the payload said of its end (end.json); empty when it could not or does not."""
        return await files.read_last_words(self._site, key)

    async def cancel(self, job: Job, *, keep: bool = False) -> None:
        """Cancel the job; one that has ended is left alone. With `keep` it is told to save and stop by itself.

        One that stops because it was told to is then observed as cancelled, with whether it saved as the reason.
        """
        name = check_key(job.name or job.key)
        how = "keep" if keep else "cancel"
        done = await self._site.script(STOP, str(self._site.directory), check_key(job.key), name, job.job_id, how)
        if done.code and not _is_over(done):
            raise upstream(f"scancel: {done.complaint}", retryable=True)

    async def withdraw(self, key: str, made_for: str) -> None:
        """End whatever was submitted of the order, also what the cluster has taken without our hearing of it."""
        done = await self._site.script(WITHDRAW, str(self._site.directory), check_key(key), made_for)
        if done.code and not _is_over(done):
            doing = "a submission is still under way" if done.code == BUSY_CODE else "scancel"
            raise upstream(f"{doing}: {done.complaint}", retryable=True)

    def ended(self) -> AsyncIterator[str]:
        """Yield the key of each run of ours soon after it ends, until `close`: a hint to ask at once."""
        return self._watch.keys()

    async def offers(self) -> Offers:
        """Return what may be asked for by name."""
        return await listings.offers(self._site)

    async def nodes(self) -> Sequence[Node]:
        """Return every node once for each partition it is in."""
        return await listings.nodes(self._site)

    async def queue(self) -> Sequence[Queued]:
        """Return all jobs that wait or run, of everybody."""
        return await listings.queue(self._site)

    async def share(self) -> Share:
        """Return the shared folder's space and whether it can be written."""
        return await listings.share(self._site)

    async def uses(self, *, since: datetime) -> Sequence[Use]:
        """Return the jobs of ours that ended since then, with what they took; empty without accounting."""
        return await listings.uses(self._site, since=since)

    async def fetch_model(self, key: str, into: Path, *, digest: str) -> Path:
        """Copy the run's model directory to `into`, check it against the digest, and return it."""
        return await files.fetch_model(self._site, key, into, digest=digest)

    async def check(self) -> str:
        """Return a sentence on what was reached. Raises Misconfigured with the mend."""
        folder = str(self._site.directory)
        done = await self._site.script('test -d "$1" && test -w "$1"', folder)
        if done.code:
            mend = "mount the shared folder or make it writable for the account, or set cluster.directory"
            raise Misconfigured(f"the folder {folder} is not there or cannot be written on the login node; {mend}")
        done = await self._site.script("sinfo --version && sinfo -h -o '%R' && scontrol show config")
        if done.code:
            raise upstream(f"sinfo: {done.complaint}", retryable=True)
        version, *rest = done.text.strip().split("\n")
        name = next((line.partition("=")[2].strip() for line in rest if line.startswith("ClusterName")), "?")
        partitions = sorted({line for line in rest if line and " " not in line})
        missing = sorted(set(self._site.settings.partitions) - set(partitions))
        if missing:
            raise Misconfigured(
                f"cluster.partitions names {', '.join(missing)}, which the cluster does not have; "
                f"it has {', '.join(partitions)}"
            )
        reached = f"SLURM cluster {name} ({version}) with partitions {', '.join(partitions)}; runs are kept in {folder}"
        return reached + listings.gpu_accounting(done.text)

    async def close(self) -> None:
        """Close the connection, and end all that wait for runs to end."""
        self._watch.close()
        await self._site.connection.close()


def _is_over(done: Completed) -> bool:
    """Tell whether scancel complains only that the job has ended, or that SLURM has forgotten it meanwhile."""
    return "Invalid job id" in done.errors or "already complet" in done.errors
