"""What the outbox gave up is tried again when somebody asks, on both databases."""

from bot.adapters.sql.store import SqlStore
from bot.core.values import Kind, Ref
from tests.support.databases import NOW, claim, enqueue

REQ_1 = Ref(Kind.REQUIREMENT, 1)


async def test_the_newest_that_was_given_up_is_tried_again_as_new(store: SqlStore) -> None:
    """Once, before what waits behind it; another thing's rows and another effect's are left as they are."""
    await enqueue(store, "post")
    await enqueue(store, "post", number=2)
    for _ in range(2):
        await enqueue(store, "post")
        for due in await claim(store):
            await store.effect_failed(due, "none", retry_at=None, now=NOW)
    heard = []
    for about, effect in ((REQ_1, "post"), (Ref(Kind.REQUIREMENT, 3), "post"), (REQ_1, "other")):
        async with store.writing() as writer:
            heard.append(await writer.try_again(about, effect, at=NOW))
    rounds = []
    for _ in range(3):
        claimed = await claim(store)
        rounds.append([(due.about, due.effect, due.attempt, due.id) for due in claimed])
        for due in claimed:
            await store.effect_done(due, now=NOW)

    assert heard == [True, False, False]
    assert rounds == [[(REQ_1, "post", 1, 3)], [(REQ_1, "post", 1, 4)], []]
