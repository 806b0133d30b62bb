"""Claims outbox rows, acts on them, marks them done, backs off, gives up."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from importlib import import_module

import structlog

from bot.app import App
from bot.core.kind import Effect, Lane
from bot.core.said import Said
from bot.core.words import as_said
from bot.effects import chat, cluster, endpoints, health, meter, registry
from bot.effects.handler import gathered
from bot.errors import BadResult, NeedsMending, NotItsTurn, Refused, SlipwayError, Unfinished, Upstream
from bot.lifecycle import EFFECTS, INSTALLED, PATIENT
from bot.ports import Due
from bot.services import incidents
from bot.things.incident import words as of_incident
from bot.things.incident.subjects import of_given_up

log = structlog.get_logger()

HANDLERS = gathered(
    [
        *(module.HANDLERS for module in (chat, cluster, endpoints, meter, registry)),
        *(import_module(name).HANDLERS for one in INSTALLED for name in one.plugin.effects),
    ]
)

_KNOWN = frozenset(effect.value for effect in HANDLERS)

SYSTEMS: Mapping[Lane, str] = {
    Lane.CHAT: "discord",
    Lane.CLUSTER: "cluster",
    Lane.REGISTRY: "mlflow",
    Lane.TRACKING: "mlflow",
    Lane.ENDPOINTS: "azure",
    Lane.METER: "meter",
}
"""The system that a failure is laid at when it does not say which it was."""

LEASE = timedelta(minutes=15)
"""Longer than the limit of any action, so that a lease that ran out means a dead bot and not a slow one."""
ACTION_LIMIT = timedelta(minutes=12)
"""Longer than the longest call to a system, so that it is the call that says what took too long."""
AT_ONCE = 4
"""By queue: a hundred runs are submitted a few at a time over one connection."""
SLOW = tuple(effect for effect, handler in HANDLERS.items() if handler.is_slow)
BAD_RESULT_ATTEMPTS = 3
"""A shared file system shows a file late, but not for long."""
MAX_ATTEMPTS = 40
"""With the back-off below, about five hours of an outage."""
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 600.0
IDLE_POLL_S = 5.0
"""How soon work is seen that another bot on the same database made due."""


async def run(app: App) -> None:
    """Deliver for ever, each lane at its own pace."""
    async with asyncio.TaskGroup() as group:
        for lane in Lane:
            slow = [effect.value for effect in SLOW if effect.lane is lane]
            group.create_task(_run_queue(app, lane, but=slow), name=f"deliver-{lane}")
            if slow:
                group.create_task(_run_queue(app, lane, only=slow), name=f"deliver-{lane}-slow")


async def _run_queue(app: App, lane: Lane, *, only: Collection[str] = (), but: Collection[str] = ()) -> None:
    """Deliver what is due, a few at once; one that takes long holds its own place only."""
    doing: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as group:
        while True:
            if len(doing) >= AT_ONCE:
                await asyncio.wait(doing, return_when=asyncio.FIRST_COMPLETED)
                continue
            try:
                claimed = await app.store.claim_effects(
                    now=app.record.now(), lease=LEASE, limit=AT_ONCE - len(doing), lanes=(lane,), only=only, but=but
                )
            except Upstream as error:
                log.error("outbox cannot be read", lane=lane, error=str(error))
                await asyncio.sleep(IDLE_POLL_S)
                continue
            for due in claimed:
                task = group.create_task(deliver(app, due), name=f"deliver-{due.id}")
                doing.add(task)
                task.add_done_callback(doing.discard)
            if not claimed:
                await app.store.next_due(now=app.record.now)


async def deliver(app: App, due: Due) -> None:
    """Act on one row and mark how it went. Nothing escapes: a row that fails is tried again or given up."""
    mark = await _acted(app, due, EFFECTS[due.effect]) if due.effect in _KNOWN else partial(_park, app, due)
    try:
        async with asyncio.timeout((LEASE - ACTION_LIMIT).total_seconds()):
            while not await _marked(mark, due):  # noqa: ASYNC110  # a database that is full has no event for its end
                await asyncio.sleep(IDLE_POLL_S)
    except TimeoutError:  # the lease brings the row back
        log.error("outcome could not be kept", effect=due.effect, about=str(due.about))


async def _acted(app: App, due: Due, effect: Effect) -> Callable[[], Awaitable[None]]:
    """Act, and return what marks how it went."""
    try:
        async with asyncio.timeout(ACTION_LIMIT.total_seconds()):
            await HANDLERS[effect].act(app, due)
    except (SlipwayError, TimeoutError) as error:
        return _outcome(app, due, effect, error)
    except Exception as error:  # the effect runner is one of the three places for this
        log.exception("effect failed", effect=due.effect, about=str(due.about), attempt=due.attempt)
        said = f"{type(error).__name__}: {error}"
        return partial(_back_off, app, due, effect, Upstream(SYSTEMS[effect.lane], said, retryable=True))
    return partial(_done, app, due)


def _outcome(app: App, due: Due, effect: Effect, error: SlipwayError | TimeoutError) -> Callable[[], Awaitable[None]]:
    """Return what marks an error that is no mistake of ours."""
    match error:
        case Refused():
            return partial(_give_up, app, due, effect, as_said(error.said))
        case BadResult():  # one run's fault, not the cluster's
            end = _give_up if due.tries >= BAD_RESULT_ATTEMPTS else _postpone
            return partial(end, app, due, effect, as_said(error.message))
        case NotItsTurn():
            return partial(app.store.effect_waits, due, until=app.record.now() + error.wait)
        case Unfinished():
            return partial(_look_again, app, due, effect, as_said(error))
        case Upstream(retryable=False) if not isinstance(error, NeedsMending):
            return partial(_give_up, app, due, effect, as_said(error))
        case _:
            return partial(_back_off, app, due, effect, _as_upstream(effect, error))


def _as_upstream(effect: Effect, error: SlipwayError | TimeoutError) -> Upstream:
    """Return a setting that cannot be used as its system's failure, which waiting alone does not mend; so with time."""
    if isinstance(error, Upstream):
        return error
    if isinstance(error, TimeoutError):
        said = f"{effect.value} did not end within {ACTION_LIMIT.total_seconds() / 60:g} minutes"
        return Upstream(SYSTEMS[effect.lane], said, retryable=True)
    return NeedsMending(SYSTEMS[effect.lane], str(error))


async def _marked(mark: Callable[[], Awaitable[None]], due: Due) -> bool:
    """Mark how it went; False when the database cannot keep it just now."""
    try:
        await mark()
    except Upstream as error:
        log.warning("outcome not kept yet", effect=due.effect, about=str(due.about), error=str(error))
        return False
    except Exception:  # the effect runner's other half; the lease brings the row back
        log.exception("outcome could not be kept", effect=due.effect, about=str(due.about))
    return True


async def _done(app: App, due: Due) -> None:
    await app.store.effect_done(due, now=app.record.now())
    log.info("effect done", effect=due.effect, about=str(due.about), attempt=due.attempt)
    await health.answered(app, _work(due))
    about = of_given_up(due.about, EFFECTS[due.effect])
    if await incidents.is_told(app.store, about):
        await incidents.recovered(app.record, about, resolution=of_incident.HAS_WORKED())


def _work(due: Due) -> str:
    return f"effect {due.id}"


def wait_after(attempt: int) -> timedelta:
    """Return how long to wait after the attempt failed: doubling, with jitter, at most ten minutes."""
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempt - 1, 16))
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311  # jitter, not a secret


async def _back_off(app: App, due: Due, effect: Effect, error: Upstream) -> None:
    await health.failed(app, error, work=_work(due))
    if due.tries >= MAX_ATTEMPTS and effect not in PATIENT:
        health.ended(app, _work(due))
        await _give_up(app, due, effect, of_incident.TRIED(why=error.message, count=due.tries))
    else:
        await _postpone(app, due, effect, as_said(error))


async def _look_again(app: App, due: Due, effect: Effect, why: Said) -> None:
    await health.answered(app, _work(due))
    if due.tries >= MAX_ATTEMPTS:
        await _give_up(app, due, effect, of_incident.LOOKED_AT(why=why, count=due.tries))
    else:
        await _postpone(app, due, effect, why)


async def _park(app: App, due: Due) -> None:
    """Leave a row that a newer version wrote until that version is back."""
    log.error("unknown effect", effect=due.effect, about=str(due.about))
    now = app.record.now()
    await app.store.effect_failed(due, "unknown to this version", retry_at=now + wait_after(due.tries), now=now)


async def _postpone(app: App, due: Due, effect: Effect, why: Said) -> None:
    log.warning("effect will be tried again", effect=effect.value, about=str(due.about), error=str(why))
    now = app.record.now()
    await app.store.effect_failed(due, str(why), retry_at=now + wait_after(due.tries), now=now)


async def _give_up(app: App, due: Due, effect: Effect, why: Said) -> None:
    handler = HANDLERS[effect]
    if handler.end is not None:
        await handler.end(app, due, why)
    elif handler.cannot is not None:
        await incidents.open_once(
            app.record,
            of_given_up(due.about, effect),
            title=handler.cannot(thing=due.about),
            cause=why,
            next_step=of_incident.TRY_AGAIN(),
        )
    await app.store.effect_failed(due, str(why), retry_at=None, now=app.record.now())
    await health.answered(app, _work(due))
