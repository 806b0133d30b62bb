"""Bringing an order to SLURM, once: its code, its files, its script, and what sbatch's refusals mean."""

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from bot.adapters.slurm.code import code_name, launch_of
from bot.adapters.slurm.connection import Completed, upstream
from bot.adapters.slurm.job import NO_FOLDER_CODE, Launch, check_resources, job_script
from bot.adapters.slurm.listings import offers
from bot.adapters.slurm.payload import NAME_LENGTH, payload_files, payload_name
from bot.adapters.slurm.refusals import FULL, is_about_a_name, submit_error, wrong_name
from bot.adapters.slurm.scripts import (
    CHECKOUT,
    IS_KEPT,
    NO_COMMIT_CODE,
    NOT_OURS_CODE,
    PLACE,
    PREPARE,
    SPLIT,
    SUBMIT_ONCE,
    TEST_ONLY,
)
from bot.adapters.slurm.site import DISK_FULL, TRANSFER_TIMEOUT_S, Site, check_key, write_error
from bot.core.values import Json
from bot.errors import NeedsMending, NotItsTurn, Refused, Upstream
from bot.ports import Forecast, Offers, Order
from bot.things.recipe.code import check_code
from bot.things.recipe.recipe import Code

_RECIPE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_STARTS = re.compile(r"Job \d+ to start at (\S+)")

NO_REPOSITORY = (
    "does not appear to be a git repository",
    "Could not read from remote repository",
    "Authentication failed",
    "Repository not found",
    "repository not found",
    "could not read Username",
    "Permission denied",
)
"""What git says of repositories that trying again does not mend."""


class Submitter:
    """Submits orders."""

    def __init__(self, site: Site, payload: Path) -> None:
        self._site = site
        self._payload = payload
        self._shipping = asyncio.Lock()

    async def submit(self, order: Order) -> str:
        """Submit once under `order.key` and return the job id.

        Raises:
            Refused: the request is impossible.
            NotItsTurn: the bot's account has as many jobs in the queue as it may.
        """
        self._check(order)
        site, run = self._site, self._site.run(order.key)
        launch = await self._launch(order, is_shipped=True)
        script = job_script(order, launch, directory=site.directory, gpu_type=site.settings.gpu_type)
        if order.tasks:
            await self._write_tasks(order)
        else:
            spec = self._spec(order.key, order.spec)
            await site.write(run / "spec.json", json.dumps(spec, ensure_ascii=False, indent=1).encode())
        await site.write(run / "job.sh", script.encode())
        limit_s = TRANSFER_TIMEOUT_S if order.resume_from else None  # for its copy of the checkpoint
        done = await site.script(SUBMIT_ONCE, order.key, str(site.directory), order.resume_from or "", limit_s=limit_s)
        if done.code:
            raise await self._refusal(done, order)
        job_id = done.text.strip().rpartition("\n")[2]
        if not job_id.isdecimal():
            raise upstream(f"sbatch's answer is not a job id: {done.text!r}", retryable=True)
        return job_id

    async def forecast(self, order: Order) -> Forecast:
        """Return the script and when SLURM would start it. Raises Refused when the request is impossible."""
        self._check(order)
        launch = await self._launch(order, is_shipped=False)
        directory, gpu_type = self._site.directory, self._site.settings.gpu_type
        script = job_script(order, launch, directory=directory, gpu_type=gpu_type)
        done = await self._site.script(TEST_ONLY, given=f"{script}# end\n".encode())
        if FULL.search(done.complaint):
            return Forecast(script, None, done.complaint)  # it will start some time after those that are in the queue
        if done.code:
            raise await self._refusal(done, order)
        said = " ".join(done.errors.split()).removeprefix("sbatch: ")
        found = _STARTS.search(said)
        at = _time(found[1]) if found else None
        return Forecast(script, at, said.replace(found[1], f"{at:%Y-%m-%d %H:%M} UTC") if found and at else said)

    async def _refusal(self, done: Completed, order: Order) -> Refused | NotItsTurn | Upstream:
        """Return what sbatch's complaint means, with what may be asked for in the place of a name that it refuses."""
        if not is_about_a_name(done.complaint):
            return submit_error(done, order.resources)
        try:
            has = await offers(self._site)
        except Upstream:
            has = Offers()  # then it is only said that it is refused
        asked = order.resources
        asked = replace(asked, gpu_type=asked.gpu_type or self._site.settings.gpu_type) if asked.gpus else asked
        return wrong_name(done.complaint, asked, has) or submit_error(done, order.resources)

    def _check(self, order: Order) -> None:
        check_key(order.key)
        check_resources(order.resources)
        for task in order.tasks:
            check_key(task.key)
        if order.resume_from is not None:
            check_key(order.resume_from)
            if order.tasks:
                raise Refused("An array cannot go on from one checkpoint; resume its runs one by one.")
        if order.code is not None:
            check_code(order.code)
        elif not _RECIPE.fullmatch(order.recipe) or not (self._payload / f"{order.recipe}.py").is_file():
            raise Refused(f"There is no recipe `{order.recipe}`; launch the run with one that the payload has.")

    async def _launch(self, order: Order, *, is_shipped: bool) -> Launch:
        """Return how the order's code is started, once it is on the cluster when it is to be shipped."""
        directory = self._site.directory
        files = {} if order.code else await asyncio.to_thread(payload_files, self._payload)
        name = await self._kept(order) or payload_name(files)
        if is_shipped:
            await self._ship(order, files, name)
        if order.code is None:
            recipe = directory / "payload" / name / f"{order.recipe}.py"
            return Launch((self._site.settings.python, str(recipe), "{spec}"))
        if is_shipped and order.code.repository:
            await self._check_out(order.code)
        return launch_of(order.code, directory)

    async def _kept(self, order: Order) -> str:
        """Return the folder of the payload that the order names, or nothing where the cluster does not have it."""
        if not _DIGEST.fullmatch(order.payload):
            return ""
        name = order.payload[:NAME_LENGTH]
        done = await self._site.script(IS_KEPT, str(self._site.directory), name, order.recipe)
        return name if done.text.strip() == "kept" else ""

    async def _ship(self, order: Order, files: Mapping[PurePosixPath, bytes], name: str) -> None:
        """Make the run's folder, and bring the payload there unless it is there, or not wanted."""
        site = self._site
        beside = f".{name}.{secrets.token_hex(4)}"
        async with self._shipping:
            shipped = (name if files else "", beside)
            done = await site.script(PREPARE, str(site.directory), order.key, *shipped, order.made_for)
            if done.code == NO_FOLDER_CODE:
                raise NeedsMending(
                    "cluster", f"the folder {site.directory} is not there on the login node; mount the shared folder"
                )
            if done.code == NOT_OURS_CODE:
                raise self._not_ours(order.key)
            if done.code:
                raise write_error(done.complaint)
            if done.text.strip() == "absent":
                for path, content in files.items():
                    await site.write(site.directory / "payload" / beside / path, content, whole=False)
                placed = await site.script(PLACE, str(site.directory), name, beside)
                if placed.code:
                    raise write_error(placed.complaint)

    async def _check_out(self, code: Code) -> None:
        arguments = (str(self._site.directory), code.repository, code.commit, code_name(code))
        done = await self._site.script(CHECKOUT, *arguments, limit_s=TRANSFER_TIMEOUT_S)
        if done.code == NO_COMMIT_CODE:
            raise Refused(
                f"The repository `{code.repository}` has no commit `{code.commit}`; push it, or name another."
            )
        if done.code and any(words in done.complaint for words in NO_REPOSITORY):
            raise Refused(
                f"The cluster's login node cannot read the repository `{code.repository}`; "
                f"check its address and that the bot's account may read it."
            )
        if done.code and any(words in done.complaint for words in DISK_FULL):
            raise write_error(done.complaint)
        if done.code:
            raise upstream(f"the code cannot be checked out: {done.complaint}", retryable=True)

    def _not_ours(self, key: str) -> Refused:
        return Refused(
            f"The folder `{self._site.run(key)}` was made for another run, by an earlier database or by another "
            f"installation, and nothing in it was touched. Move it away, or set `cluster.directory` to a folder of "
            f"this installation's own, and launch the run again."
        )

    def _spec(self, key: str, wanted: Mapping[str, Json]) -> dict[str, Json]:
        """Return what is wanted, with where the run works and where it finds what runs before it have prepared."""
        site = self._site
        return {**wanted, "key": key, "directory": str(site.run(key)), "cache": str(site.directory / "cache")}

    async def _write_tasks(self, order: Order) -> None:
        """Write the specs of all tasks as one file, and have the login node make their folders of it."""
        site = self._site
        lines = (f"{task.key}\t{json.dumps(self._spec(task.key, task.spec))}\n" for task in order.tasks)
        await site.write(site.run(order.key) / "specs", "".join(lines).encode())
        done = await site.script(SPLIT, str(site.directory), order.key, order.made_for)
        if done.code == NOT_OURS_CODE:
            raise self._not_ours(done.text.strip())
        if done.code:
            raise write_error(done.complaint)


def _time(text: str) -> datetime | None:
    """Return the time that SLURM wrote as asked, in seconds, or in UTC where it does not heed that."""
    try:
        return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() else datetime.fromisoformat(f"{text}+00:00")
    except ValueError:
        return None
