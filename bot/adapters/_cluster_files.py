"""What a run leaves in its folder, fetched: result, log, curve, last words, model."""

import asyncio
import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.adapters._cluster_results import clean_log, parse_curve, parse_folder, parse_result
from bot.adapters._cluster_site import TRANSFER_TIMEOUT_S, Site
from bot.adapters._model_files import is_model
from bot.domain.model import Json
from bot.errors import BadResult, NoResult, Upstream
from bot.ports import Result

RESULT_LIMIT_BYTES = 16 * 2**20
CURVE_LIMIT_BYTES = 16 * 2**20
WORDS_LIMIT_BYTES = 2**16
LINE_BYTES = 2000


async def read_result(site: Site, key: str) -> Result:
    """Read result.json. Raises BadResult when it is missing, torn or out of form."""
    run = site.run(key)
    limit_s = site.settings.command_timeout_s
    try:
        async with site.connection.files(limit_s=limit_s) as files:
            names = await files.listdir(str(run))  # makes NFS look anew before we believe that a file is missing
            if "result.json" not in names:
                raise NoResult(f"the run left no result.json in {run}")
            async with files.open(str(run / "result.json"), "rb") as file:
                raw: bytes = await file.read(RESULT_LIMIT_BYTES + 1)
            code = b""
            if "code" in names:
                async with files.open(str(run / "code"), "rb") as file:
                    code = await file.read(WORDS_LIMIT_BYTES)
    except FileNotFoundError as error:
        raise NoResult(f"the run's folder {run} is not there; is the shared folder mounted?") from error
    except Upstream as error:
        if not _is_of_a_file(error):
            raise
        raise BadResult(f"result.json in {run} cannot be read: {error.message}") from error
    if len(raw) > RESULT_LIMIT_BYTES:
        raise BadResult(f"result.json has more than {RESULT_LIMIT_BYTES} bytes")
    try:
        return replace(parse_result(raw.decode()), folder=parse_folder(code.decode("utf-8", "replace")))
    except UnicodeDecodeError as error:
        raise BadResult(f"result.json is not UTF-8: {error}") from error


def _is_of_a_file(error: Upstream) -> bool:
    """Tell whether the login node refused one file: that is the fault of the run that left it, not the cluster's."""
    return not error.retryable and error.message.startswith("file transfer")


async def tail(site: Site, key: str, name: str, *, limit_bytes: int) -> bytes:
    """Return the end of a file of the run's; nothing when it is not there.

    Raises:
        BadResult: it may not be read, or is no file: that is the run's fault and not the cluster's.
    """
    path = str(site.run(key) / name)
    done = await site.connection.run("tail", "-c", str(max(0, limit_bytes)), "--", path)
    if done.code and "No such file" not in done.errors:
        raise BadResult(f"{path} cannot be read: {done.complaint}")
    return done.output


async def read_curve(site: Site, key: str) -> Sequence[Mapping[str, float]]:
    """Return one row for each epoch of progress.jsonl, its last."""
    return parse_curve(
        (await tail(site, key, "progress.jsonl", limit_bytes=CURVE_LIMIT_BYTES)).decode("utf-8", "replace")
    )


async def read_last_words(site: Site, key: str) -> Mapping[str, Json]:
    """Return end.json, or nothing when it is not there or torn."""
    raw = await tail(site, key, "end.json", limit_bytes=WORDS_LIMIT_BYTES)
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


async def search_log(site: Site, key: str, text: str, *, lines: int) -> str:
    """Return the last lines of the log that contain the text, each with its line number."""
    wanted = text.partition("\n")[0]
    arguments = (wanted, str(site.run(key) / "log.txt"), str(max(1, lines)), str(max(1, lines) * LINE_BYTES))
    done = await site.script('grep -a -n -F -- "$1" "$2" 2>/dev/null | tail -n "$3" | tail -c "$4"', *arguments)
    return clean_log(done.output, lines=lines)


async def fetch_model(site: Site, key: str, into: Path, *, digest: str) -> Path:
    """Copy the run's model directory to `into`, check it against the digest, and return it."""
    remote = site.run(key) / "model"
    if await asyncio.to_thread(is_model, into, digest):
        return into
    beside = into.with_name(f".{into.name}.{secrets.token_hex(4)}")
    try:
        await asyncio.to_thread(into.parent.mkdir, parents=True, exist_ok=True)
        try:
            async with site.connection.files(limit_s=TRANSFER_TIMEOUT_S) as files:
                await files.get(str(remote), str(beside), recurse=True, follow_symlinks=True)
        except FileNotFoundError as error:
            raise BadResult(f"the run left no model in {remote}") from error
        except Upstream as error:
            if not _is_of_a_file(error):
                raise
            raise BadResult(f"the model in {remote} cannot be read: {error.message}") from error
        if not await asyncio.to_thread(is_model, beside, digest):
            raise BadResult(f"the model in {remote} is not what the run wrote: its digest differs from {digest}")
        await asyncio.to_thread(_replace, into, beside)
    finally:
        await asyncio.to_thread(shutil.rmtree, beside, ignore_errors=True)
    return into


def _replace(into: Path, beside: Path) -> None:
    if into.exists():
        shutil.rmtree(into)
    beside.rename(into)
