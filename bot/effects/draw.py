"""Draws cards: whatever is due is drawn from the facts as they stand, posted or edited, and drawn again if deleted."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import structlog

from bot.app import App
from bot.core.cards import Card, File
from bot.core.values import Kind
from bot.effects import health
from bot.effects.deliver import IDLE_POLL_S, wait_after
from bot.effects.pictures import chart_of, refresh_chart
from bot.errors import SlipwayError, Upstream
from bot.lifecycle import CHANNELS
from bot.ports import CardRow, Gone
from bot.services.cards import Face, face_of

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
LIMIT = timedelta(seconds=90)
"""Of drawing a card: shorter than the lease, or another would draw it too while Discord keeps silent."""
DRAWN_AT_ONCE = 8
"""In one channel."""
REST = timedelta(seconds=1)
"""A card is not drawn more often than this, however many facts come; the last state is always drawn."""


async def run(app: App) -> None:
    """Draw for ever. A channel that Discord lets wait holds up its own cards only, for Ops must hear at once."""
    drawing: dict[asyncio.Task[None], str] = {}
    async with asyncio.TaskGroup() as group:
        while True:
            busy = Counter(drawing.values())
            free = [kind for kind, channel in CHANNELS.items() if busy[channel] < DRAWN_AT_ONCE]
            if not free:
                await asyncio.wait(drawing, return_when=asyncio.FIRST_COMPLETED)
                continue
            rows = await _claimed(app, free)
            for row in rows:
                task = group.create_task(draw(app, row), name=f"draw-{row.about}")
                drawing[task] = CHANNELS[row.about.kind]
                task.add_done_callback(drawing.pop)
            if not rows and Counter(drawing.values()) == busy:  # else a channel has become free meanwhile
                await _news(app, drawing)


async def _claimed(app: App, kinds: Collection[Kind]) -> tuple[CardRow, ...]:
    try:
        return await app.store.claim_cards(now=app.record.now(), lease=LEASE, limit=DRAWN_AT_ONCE, kinds=kinds)
    except Upstream as error:
        log.error("cards cannot be read", error=str(error))
        await asyncio.sleep(IDLE_POLL_S)
        return ()


async def _news(app: App, drawing: Collection[asyncio.Task[None]]) -> None:
    """Wait until a card may be due or one has been drawn."""
    due = asyncio.ensure_future(app.store.next_due(now=app.record.now))
    try:
        await asyncio.wait({due, *drawing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        due.cancel()
        await asyncio.wait({due})  # it may be looking, and gives its connection back


async def draw(app: App, row: CardRow) -> None:
    """Bring one card up to the facts; on failure it stays due and is tried again."""
    try:
        face = await face_of(app.store, row.about, app.languages.server)
        if face is not None:
            async with asyncio.timeout(LIMIT.total_seconds()):
                await _bring_up(app, row, face)
    except TimeoutError:
        silence = Upstream("discord", f"no answer within {LIMIT.total_seconds():g} s", retryable=True)
        await _failed(app, row, silence)
    except Exception as error:  # noqa: BLE001  # the effect runner's other half; what failed is logged there
        await _failed(app, row, error)


async def _failed(app: App, row: CardRow, error: Exception) -> None:
    known = isinstance(error, SlipwayError)
    log.warning("card not drawn", about=str(row.about), error=repr(error), exc_info=None if known else error)
    try:
        if isinstance(error, Upstream):
            await health.failed(app, error, work=_work(row))
        await app.store.card_failed(row, str(error), retry_at=app.record.now() + wait_after(row.attempt))
    except SlipwayError as second:
        log.error("failure could not be kept", about=str(row.about), error=str(second))


async def _bring_up(app: App, row: CardRow, face: Face) -> None:
    channel = CHANNELS[row.about.kind]
    curve = face.curve if face.has_channel else None
    if curve:
        face = replace(face, chart=await chart_of(app, row.about))
    digest = _digest(face)
    message = row.message or None
    if not face.has_channel:
        message = ""
    elif message is None or digest != row.drawn_digest:
        message = await _shown(app, row, await _with_chart(app, face))
        await health.answered(app, _work(row))
    await app.store.card_drawn(row, channel=channel, message=message, digest=digest, not_before=app.record.now() + REST)
    if curve and row.about not in app.charting:  # what comes meanwhile is drawn after it, for it makes the card due
        app.charting.add(row.about)
        try:
            await refresh_chart(app, row.about, curve)
        finally:
            app.charting.discard(row.about)


async def _shown(app: App, row: CardRow, card: Card) -> str:
    """Edit the card's message, or post it where there is none any more, and return its id."""
    channel, card = CHANNELS[row.about.kind], replace(card, mark=str(row.about))
    if row.message:
        try:
            await app.chat.edit(channel, row.message, card)
        except Gone:
            pass
        else:
            return row.message
    # One nonce until a message is noted, or a post whose answer was lost would be posted again with the next fact;
    # another one after a deletion, or Discord would return the deleted message.
    nonce, is_again = f"after-{row.message}" if row.message else str(row.about), row.attempt > 1
    message = await app.chat.post(channel, card, nonce=nonce, is_again=is_again)
    if row.message or is_again or row.due_version > 1:  # it may be what a lost answer left, with what it showed then
        await app.chat.edit(channel, message, card)
    return message


def _work(row: CardRow) -> str:
    """Name the work by its channel: any card that is drawn there shows that the way is open."""
    return health.writing_in(CHANNELS[row.about.kind])


async def _with_chart(app: App, face: Face) -> Card:
    if face.chart is None:
        return face.card
    path = app.settings.data_directory / face.chart
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError:  # the data directory may be emptied; the numbers stay on the card
        return face.card
    name = Path(face.chart).name.lower()
    return replace(face.card, pictures=(File(name, content, face.chart_alt_text),))


def _digest(face: Face) -> str:
    content: Mapping[str, object] = {"card": asdict(face.card), "chart": face.chart}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
