"""The cluster: SLURM behind an SSH login node, with runs kept in one folder of the shared file system.

Below `directory`: payload/<content hash>/, shipped once for each content, and runs/<key>/ with spec.json, job.sh,
log.txt, and what the recipe writes: progress.jsonl, checkpoint.pt, model/, result.json last.
"""

import asyncio
import json
import re
import secrets
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from bot.adapters._cluster_connection import Completed, Connection, upstream
from bot.adapters._cluster_payload import payload_files, payload_name
from bot.adapters._cluster_results import clean_log, model_digest, parse_result
from bot.adapters._cluster_scripts import (
    BUSY_CODE,
    LOOKUP_CODE,
    NO_FOLDER_CODE,
    OBSERVE,
    PLACE,
    PREPARE,
    PROBE,
    SUBMIT_ONCE,
    job_script,
)
from bot.adapters._cluster_states import read_round
from bot.config import ClusterSettings
from bot.domain.model import Json
from bot.errors import BadResult, Misconfigured, Refused, Upstream
from bot.ports import Job, Observation, Order, Result

JOBS_A_ROUND = 1000
"""Jobs asked for in one command: its text must stay below the 128 KiB that Linux takes as one argument."""
RESULT_LIMIT_BYTES = 16 * 2**20
LINE_BYTES = 2000
TRANSFER_TIMEOUT_S = 600.0
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_RECIPE = re.compile(r"[a-z][a-z0-9_]{0,63}")

IMPOSSIBLE: Mapping[str, str] = {
    "Requested node configuration is not available": "no node of the partition has that many GPUs or CPUs or that much "
    "memory; ask for less on each node",
    "Memory specification can not be satisfied": "no node of the partition has that much memory; ask for less",
    "CPU count per node can not be satisfied": "no node of the partition has that many CPUs; ask for fewer",
    "Invalid partition name specified": "there is no such partition; `sinfo` lists them",
    "invalid partition specified": "there is no such partition; `sinfo` lists them",
    "Node count specification invalid": "the partition has not that many nodes; ask for fewer",
    "More processors requested than permitted": "that is more than the partition permits; ask for less",
    "Requested time limit is invalid": "the time limit is more than the partition permits; ask for less time",
    "Job violates accounting/QOS policy": "it is beyond what the account may use; ask for less, or see the "
    "cluster's admin",
    "Invalid account or account/partition combination": "the bot's account may not use that partition; see the "
    "cluster's admin",
    "Invalid generic resource": "the cluster has no such kind of GPU; see `gpu_type` in the config",
    "User's group not permitted to use this partition": "the bot's account may not use that partition",
    "Access/permission denied": "the bot's account may not submit there; see the cluster's admin",
}
"""What sbatch says of requests that no waiting mends, and the way out. Source: slurm_errno.c of 22.05 and 24.11."""

DISK_FULL = ("No space left on device", "Disk quota exceeded")


class SlurmCluster:
    """A SLURM cluster as `bot.ports.Cluster`."""

    def __init__(self, settings: ClusterSettings, payload: Path) -> None:
        self._settings = settings
        self._payload = payload
        self._connection = Connection(settings)
        self._directory = PurePosixPath(settings.directory)
        self._shipping = asyncio.Lock()

    async def submit(self, order: Order) -> str:
        """Submit once under `order.key` and return the job id. Raises Refused when the request is impossible."""
        _check_key(order.key)
        if not _RECIPE.fullmatch(order.recipe) or not (self._payload / f"{order.recipe}.py").is_file():
            raise Refused(f"There is no recipe `{order.recipe}`; launch the run with one that the payload has.")
        payload = await self._prepare(order.key)
        run = self._run(order.key)
        script = job_script(
            order, run=run, payload=payload, python=self._settings.python, gpu_type=self._settings.gpu_type
        )
        spec = {**order.spec, "key": order.key, "directory": str(run)}
        await self._write(run / "spec.json", json.dumps(spec, ensure_ascii=False, indent=1).encode())
        await self._write(run / "job.sh", script.encode())
        done = await self._script(SUBMIT_ONCE, order.key, str(self._directory))
        if done.code:
            raise _submit_error(done, order)
        job_id = done.text.strip().rpartition("\n")[2]
        if not job_id.isdecimal():
            raise upstream(f"sbatch's answer is not a job id: {done.text!r}", retryable=True)
        return job_id

    async def observe(self, jobs: Collection[Job]) -> Mapping[str, Observation]:
        """Return an observation for each job, by key, from one round of commands however many there are."""
        asked = list(jobs)
        seen: dict[str, Observation] = {}
        for start in range(0, len(asked), JOBS_A_ROUND):
            batch = asked[start : start + JOBS_A_ROUND]
            for job in batch:
                _check_key(job.key)
            pairs = (text for job in batch for text in (job.job_id, job.key))
            done = await self._script(OBSERVE, str(self._directory), *pairs)
            if done.code:
                raise upstream(f"squeue: {done.complaint}", retryable=True)
            seen |= read_round(done.text, batch)
        return seen

    async def result(self, key: str) -> Result:
        """Read result.json. Raises BadResult when it is missing, torn or out of form."""
        run = self._run(key)
        limit_s = self._settings.command_timeout_s
        try:
            async with self._connection.files(limit_s=limit_s) as files:
                names = await files.listdir(str(run))  # makes NFS look anew before we believe that a file is missing
                if "result.json" not in names:
                    raise BadResult(f"the run left no result.json in {run}")
                async with files.open(str(run / "result.json"), "rb") as file:
                    raw: bytes = await file.read(RESULT_LIMIT_BYTES + 1)
        except FileNotFoundError as error:
            raise BadResult(f"the run's folder {run} is not there; is the shared folder mounted?") from error
        if len(raw) > RESULT_LIMIT_BYTES:
            raise BadResult(f"result.json has more than {RESULT_LIMIT_BYTES} bytes")
        try:
            return parse_result(raw.decode())
        except UnicodeDecodeError as error:
            raise BadResult(f"result.json is not UTF-8: {error}") from error

    async def log_tail(self, key: str, *, lines: int) -> str:
        """Return the last lines of the run's log, decoded leniently, control characters removed; may be empty."""
        path = str(self._run(key) / "log.txt")
        done = await self._connection.run("tail", "-c", str(max(1, lines) * LINE_BYTES), "--", path)
        if done.code and "No such file" not in done.errors:
            raise upstream(f"the log {path} cannot be read: {done.complaint}", retryable=True)
        return clean_log(done.output, lines=lines)

    async def last_words(self, key: str) -> Mapping[str, Json]:
        """Return what the payload said of its end (end.json); empty when it could not or does not."""
        done = await self._connection.run("head", "-c", str(RESULT_LIMIT_BYTES), "--", str(self._run(key) / "end.json"))
        try:
            said = json.loads(done.text) if not done.code else {}
        except ValueError:  # torn: it died while it wrote
            said = {}
        return said if isinstance(said, dict) else {}

    async def cancel(self, job: Job, *, keep: bool = False) -> None:
        """Cancel the job; one that has ended is left alone. With `keep` it is told to save and stop by itself."""
        # The name beside the id: an id that SLURM has given anew belongs to somebody else.
        softly = ("--batch", "--signal=USR1") if keep else ()
        name = f"--name={_check_key(job.name or job.key)}"
        done = await self._connection.run("scancel", *softly, name, job.job_id)
        if done.code and "Invalid job id" not in done.errors and "already completing" not in done.errors:
            raise upstream(f"scancel: {done.complaint}", retryable=True)

    async def fetch_model(self, key: str, into: Path, *, digest: str) -> Path:
        """Copy the run's model directory to `into`, check it against the digest, and return it."""
        remote = self._run(key) / "model"
        if await asyncio.to_thread(_is_model, into, digest):
            return into
        beside = into.with_name(f".{into.name}.{secrets.token_hex(4)}")
        try:
            await asyncio.to_thread(into.parent.mkdir, parents=True, exist_ok=True)
            try:
                async with self._connection.files(limit_s=TRANSFER_TIMEOUT_S) as files:
                    await files.get(str(remote), str(beside), recurse=True, follow_symlinks=True)
            except FileNotFoundError as error:
                raise BadResult(f"the run left no model in {remote}") from error
            if not await asyncio.to_thread(_is_model, beside, digest):
                raise BadResult(f"the model in {remote} is not what the run wrote: its digest differs from {digest}")
            await asyncio.to_thread(_replace, into, beside)
        finally:
            await asyncio.to_thread(shutil.rmtree, beside, ignore_errors=True)
        return into

    async def check(self) -> str:
        """Return a sentence on what was reached. Raises Misconfigured with the mend."""
        folder = str(self._directory)
        done = await self._script('test -d "$1" && test -w "$1"', folder)
        if done.code:
            mend = "mount the shared folder or make it writable for the account, or set cluster.directory"
            raise Misconfigured(f"the folder {folder} is not there or cannot be written on the login node; {mend}")
        done = await self._script("sinfo --version && sinfo -h -o '%R' && scontrol show config")
        if done.code:
            raise upstream(f"sinfo: {done.complaint}", retryable=True)
        version, *rest = done.text.strip().split("\n")
        name = next((line.partition("=")[2].strip() for line in rest if line.startswith("ClusterName")), "?")
        partitions = sorted({line for line in rest if line and " " not in line})
        missing = sorted(set(self._settings.partitions) - set(partitions))
        if missing:
            raise Misconfigured(
                f"cluster.partitions names {', '.join(missing)}, which the cluster does not have; "
                f"it has {', '.join(partitions)}"
            )
        return f"SLURM cluster {name} ({version}) with partitions {', '.join(partitions)}; runs are kept in {folder}"

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    # ------------------------------------------------------------ within

    def _run(self, key: str) -> PurePosixPath:
        return self._directory / "runs" / _check_key(key)

    async def _script(self, text: str, *arguments: str) -> Completed:
        return await self._connection.run("bash", "-c", text, "slipway", *arguments)

    async def _prepare(self, key: str) -> PurePosixPath:
        """Make the run's folder, ship the payload unless it is there, and return the payload's folder."""
        files = await asyncio.to_thread(payload_files, self._payload)
        name = payload_name(files)
        beside = f".{name}.{secrets.token_hex(4)}"
        async with self._shipping:
            done = await self._script(PREPARE, str(self._directory), key, name, beside)
            if done.code == NO_FOLDER_CODE:
                raise upstream(
                    f"the folder {self._directory} is not there on the login node; mount the shared folder",
                    retryable=False,
                )
            if done.code:
                raise _write_error(done.complaint)
            if done.text.strip() == "absent":
                for path, content in files.items():
                    await self._write(self._directory / "payload" / beside / path, content, whole=False)
                placed = await self._script(PLACE, str(self._directory), name, beside)
                if placed.code:
                    raise _write_error(placed.complaint)
        return self._directory / "payload" / name

    async def _write(self, path: PurePosixPath, content: bytes, *, whole: bool = True) -> None:
        """Write a file; a `whole` one beside its place and then renamed, so that nobody meets a part of it."""
        place = path.with_name(f".{path.name}.{secrets.token_hex(4)}") if whole else path
        try:
            async with self._connection.files(limit_s=TRANSFER_TIMEOUT_S) as files:
                await files.makedirs(str(path.parent), exist_ok=True)
                async with files.open(str(place), "wb") as file:
                    await file.write(content)
                if whole:
                    await files.posix_rename(str(place), str(path))
        except Upstream as error:
            if not error.message.startswith("file transfer"):
                raise
            raise await self._why_not_written(path.parent, error) from error

    async def _why_not_written(self, folder: PurePosixPath, error: Upstream) -> Upstream:
        """SFTP says `Failure` whatever the trouble, so ask whether the disk is full."""
        done = await self._script(PROBE, str(folder))
        return _write_error(done.complaint) if done.code else error


def _check_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Refused(f"`{key}` cannot name a job; use letters, digits, dots and hyphens.")
    return key


def _is_model(directory: Path, digest: str) -> bool:
    return directory.is_dir() and model_digest(directory) == digest


def _replace(into: Path, beside: Path) -> None:
    if into.exists():
        shutil.rmtree(into)
    beside.rename(into)


def _write_error(complaint: str) -> Upstream:
    if any(words in complaint for words in DISK_FULL):
        return upstream(f"the shared folder is full; free space there ({complaint})", retryable=True)
    return upstream(f"the shared folder cannot be written: {complaint}", retryable=True)


def _submit_error(done: Completed, order: Order) -> Refused | Upstream:
    complaint = done.complaint
    for words, way_out in IMPOSSIBLE.items():
        if words in complaint:
            return Refused(f"SLURM refuses the request for partition `{order.resources.partition}`: {way_out}.")
    if any(words in complaint for words in DISK_FULL):
        return _write_error(complaint)
    doing = {
        NO_FOLDER_CODE: "the run's folder is gone",
        BUSY_CODE: "another submission of this run is still under way",
        LOOKUP_CODE: "whether the run was submitted before cannot be told now",
    }.get(done.code, "sbatch")
    return upstream(f"{doing}: {complaint}", retryable=True)
