"""What a run leaves in its folder, fetched: result, log, curve, last words, model."""

import asyncio
import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.adapters.model_files import is_model
from bot.adapters.slurm.reading import check_model, read_end, read_whole, search
from bot.adapters.slurm.results import clean_log, parse_curve, parse_folder, parse_result
from bot.adapters.slurm.site import TRANSFER_TIMEOUT_S, Site
from bot.core.values import Json
from bot.errors import BadResult, Upstream
from bot.ports import Result
from bot.services.model_files import LIMIT_BYTES, MLMODEL, described, files_of
from bot.things.model.servable import NOT_THERE, ModelDescription

RESULT_LIMIT_BYTES = 2 * 2**20
CURVE_LIMIT_BYTES = 4 * 2**20
WORDS_LIMIT_BYTES = 2**16
LINE_BYTES = 2000


async def read_result(site: Site, key: str) -> Result:
    """Read result.json. Raises BadResult when it is missing, torn or out of form."""
    raw = await read_whole(site, key, "result.json", limit_bytes=RESULT_LIMIT_BYTES)
    code = await read_end(site, key, "code", limit_bytes=WORDS_LIMIT_BYTES)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise BadResult(f"result.json is not UTF-8: {error}") from error
    result = await asyncio.to_thread(parse_result, text)
    return replace(result, folder=parse_folder(code.decode("utf-8", "replace")), model=await _described(site, key))


async def _described(site: Site, key: str) -> ModelDescription:
    """Return what the run's model says of itself; whatever cannot be read there counts as missing."""
    mlmodel = await _model_text(site, key, MLMODEL)
    if mlmodel is None:
        return NOT_THERE
    names = await asyncio.to_thread(files_of, mlmodel)
    texts = await asyncio.gather(*(_model_text(site, key, name) for name in names))
    there = {name: text for name, text in zip(names, texts, strict=True) if text is not None}
    return await asyncio.to_thread(described, {MLMODEL: mlmodel, **there})


async def _model_text(site: Site, key: str, name: str) -> str | None:
    try:
        raw = await read_whole(site, key, f"model/{name}", limit_bytes=LIMIT_BYTES)
    except BadResult:
        return None
    return raw.decode("utf-8", "replace")


async def read_log(site: Site, key: str, *, lines: int) -> str:
    """Return the last lines of the log as plain text."""
    raw = await read_end(site, key, "log.txt", limit_bytes=max(1, lines) * LINE_BYTES)
    return await asyncio.to_thread(clean_log, raw, lines=lines)


async def read_curve(site: Site, key: str) -> Sequence[Mapping[str, float]]:
    """Return one row for each epoch of progress.jsonl, its last."""
    raw = await read_end(site, key, "progress.jsonl", limit_bytes=CURVE_LIMIT_BYTES)
    return await asyncio.to_thread(parse_curve, raw.decode("utf-8", "replace"))


async def read_last_words(site: Site, key: str) -> Mapping[str, Json]:
    """Return end.json, or nothing when it is not there or torn."""
    raw = await read_end(site, key, "end.json", limit_bytes=WORDS_LIMIT_BYTES)
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


async def search_log(site: Site, key: str, text: str, *, lines: int) -> str:
    """Return the last lines of the log that contain the text, each with its line number."""
    wanted, count = text.partition("\n")[0], max(1, lines)
    raw = await search(site, key, wanted, lines=count, limit_bytes=count * LINE_BYTES)
    return await asyncio.to_thread(clean_log, raw, lines=lines)


async def fetch_model(site: Site, key: str, into: Path, *, digest: str) -> Path:
    """Copy the run's model directory to `into`, check it against the digest, and return it."""
    remote = site.run(key) / "model"
    if await asyncio.to_thread(is_model, into, digest):
        return into
    await check_model(site, key)
    beside = into.with_name(f".{into.name}.{secrets.token_hex(4)}")
    try:
        await asyncio.to_thread(into.parent.mkdir, parents=True, exist_ok=True)
        try:
            async with site.connection.files(limit_s=TRANSFER_TIMEOUT_S) as files:
                await files.get(str(remote), str(beside), recurse=True, follow_symlinks=False)
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


def _is_of_a_file(error: Upstream) -> bool:
    """Tell whether the login node refused one file: that is the fault of the run that left it, not the cluster's."""
    return not error.retryable and error.message.startswith("file transfer")


def _replace(into: Path, beside: Path) -> None:
    if into.exists():
        shutil.rmtree(into)
    beside.rename(into)
