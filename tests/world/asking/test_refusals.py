"""What cannot be is refused in one sentence to the one who asked, and leaves no trace on record."""

import re
from typing import Any

import pytest
import pytest_asyncio

from sandbox.person import NotSeen
from sandbox.text import components_of, text_of
from tests.support.crew import LONG, REQUIREMENT, SEEN_LIMIT_S, Crew, side_by_side
from tests.support.waiting import eventually_awaited

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

FILED, CLAIMED, WITHDRAWN = "filed", "claimed", "withdrawn"
"""What stands for the numbers of the requirements that are there from the start."""
NOTHING = 999
BLANKS = (" ", " \t\n ", "\u00a0\u2003\u3000", "\u200b", "\u2060\ufeff", "\u3164\u2800")
THAI = "ก็ป่านี้ผู้ใหญ่ซื้อกุ้งไปให้น้ำที่นี่ "
EMOJI = "👩🏽‍🔬🏳️‍🌈👨‍👩‍👧‍👦🇹🇭"
HOSTILE = "@everyone <@1100000000000000304> <@&1100000000000000204> ```end``` **bold** [a](https://b.example) # no"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def known(world: Crew) -> dict[str, int]:
    """Return a requirement that is filed, one that Anan has claimed, and one that was withdrawn."""
    numbers = {FILED: await world.file(), CLAIMED: await world.claimed(), WITHDRAWN: await world.file()}
    await world.person("malee").slash(
        "requirement withdraw", channel="requirements", requirement=numbers[WITHDRAWN], reason="no longer wanted"
    )
    return numbers


LAUNCHES: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
    ({"gpus": 5}, ("GPUs per node", "between 0 and 4", "5")),
    ({"gpus": -1}, ("GPUs per node", "-1")),
    ({"cpus": 0}, ("CPUs per node", "between 1 and 32", "0")),
    ({"cpus": 33}, ("CPUs per node", "33")),
    ({"cpus": 2**53 - 1}, ("CPUs per node", f"{2**53 - 1:,}")),
    ({"memory_gib": 0}, ("memory in GiB", "between 1 and 60")),
    ({"memory_gib": 61}, ("memory in GiB", "61")),
    ({"time_limit_min": 0}, ("time limit", "between 1 and 10,080")),
    ({"time_limit_min": 10081}, ("time limit", "10,081")),
    ({"seed": -1}, ("seed", "-1")),
    ({"seed": 2**31}, ("seed", f"{2**31:,}")),
    ({"dataset_version": "2"}, ("no version `2`", "it has no versions")),
    ({"recipe": "resnet"}, ("no recipe `resnet`", "`image_classifier`")),
    ({"partition": "cpu"}, ("no partition `cpu`", "gpu")),
    ({"parameters": "epochs=0"}, ("`epochs`", "between 1 and 2000", "0")),
    ({"parameters": "epochs=2001"}, ("`epochs`", "2001")),
    ({"parameters": "epochs=1.5"}, ("`epochs`", "a whole number", "`1.5`")),
    ({"parameters": "epochs=" + "9" * 400}, ("`epochs`", "between 1 and 2000")),
    ({"parameters": "learning_rate=nan"}, ("`learning_rate`", "nan")),
    ({"parameters": "learning_rate=1e999"}, ("`learning_rate`", "1e999")),
    ({"parameters": "learning_rate=fast"}, ("`learning_rate`", "a number", "`fast`")),
    ({"parameters": "epochs"}, ("`epochs` has no value", "epochs=20")),
    ({"parameters": "epoch=3"}, ("no parameter `epoch`", "`epochs`")),
    ({"parameters": "epochs=3 epochs=4"}, ("`epochs` is given twice",)),
    ({"hypothesis": "x" * 501}, ("hypothesis", "501", "500")),
    ({"requirement": NOTHING}, ("no REQ-999", "/requirement list")),
    ({"requirement": 2**53 - 1}, (f"no REQ-{2**53 - 1}",)),
    ({"requirement": FILED}, ("REQ-{filed}", "filed", "claim it first")),
    ({"requirement": WITHDRAWN}, ("REQ-{withdrawn}", "withdrawn", "File a new")),
)


@pytest.mark.parametrize(("options", "words"), LAUNCHES, ids=lambda value: str(value)[:40])
async def test_a_launch_that_cannot_be_is_refused(
    place: Crew, known: dict[str, int], options: dict[str, Any], words: tuple[str, ...]
) -> None:
    """Each value out of range is named with what is possible; no run is ordered."""
    before = await place.settled()
    asked = {"requirement": CLAIMED} | options
    asked["requirement"] = known.get(asked["requirement"], asked["requirement"])

    reply = await place.person("anan").slash("train launch", channel="training", **asked)

    await place.refused(reply, *(word.format_map(known) for word in words))
    assert before == place.books()


NUMBERS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("anan", "requirement show", {"requirement": NOTHING}, "no REQ-999"),
    ("anan", "requirement claim", {"requirement": NOTHING}, "no REQ-999"),
    ("malee", "requirement withdraw", {"requirement": NOTHING, "reason": "why"}, "no REQ-999"),
    ("anan", "train show", {"run": NOTHING}, "no RUN-999"),
    ("anan", "train cancel", {"run": NOTHING}, "no RUN-999"),
    ("anan", "train logs", {"run": NOTHING}, "no RUN-999"),
    ("anan", "deploy propose", {"run": NOTHING, "reason": "why"}, "no RUN-999"),
    ("preecha", "monitor show", {"monitor": NOTHING}, "no MON-999"),
    ("preecha", "monitor run", {"monitor": NOTHING}, "no MON-999"),
)


@pytest.mark.parametrize(("who", "command", "options", "words"), NUMBERS, ids=lambda value: str(value)[:30])
async def test_a_number_that_nothing_has_is_told(
    place: Crew, who: str, command: str, options: dict[str, Any], words: str
) -> None:
    """Whoever names what does not exist hears so, and where to look."""
    before = await place.settled()

    reply = await place.person(who).slash(command, channel="general", **options)

    await place.refused(reply, words, "shows what there is")
    assert before == place.books()


FORMS: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    ({"Targets": "very good"}, ("`very good` cannot be read", "accuracy >= 0.85")),
    ({"Targets": "accuracy >= 1.5"}, ("`accuracy`", "between 0 and 1", "1.5")),
    ({"Targets": "accuracy >= 150 %"}, ("`accuracy`", "between 0 and 1")),
    ({"Targets": "accuracy >= -0.5"}, ("cannot be read",)),
    ({"Targets": "accuracy >= 0.9, accuracy >= 0.8"}, ("`accuracy` is given twice",)),
    ({"Targets": " , ; "}, ("at least one target",)),
    ({"Targets": ", ".join(f"measure_{letter} >= 1" for letter in "abcdefghijklm")}, ("at most 12", "13")),
    ({"Targets": "latency_p95_ms <= " + "9" * 400}, ("latency_p95_ms", "out of range")),
    ({"Targets": "latency_p95_ms <= 50 %"}, ("latency_p95_ms", "%")),
    ({"Targets": "accuracy >= 0.9 ms"}, ("accuracy", "ms")),
    ({"Targets": "a`@everyone` >= x"}, ("cannot be read",)),
    *(({"Title": blank}, ("The title is empty",)) for blank in BLANKS[:1] + BLANKS[2:]),
    *(({"Problem": blank}, ("The problem is empty",)) for blank in BLANKS),
)


@pytest.mark.parametrize(("changed", "words"), FORMS, ids=lambda value: str(value)[:50])
async def test_a_form_that_cannot_be_read_is_refused(
    place: Crew, changed: dict[str, str], words: tuple[str, ...]
) -> None:
    """The field is named with the way to write it; nothing is filed."""
    before = await place.settled()
    form = await place.person("malee").slash("requirement file", channel="requirements", dataset="digits")

    reply = await form.submit(REQUIREMENT | changed)

    await place.refused(reply, *words)
    assert before == place.books()


async def test_a_refused_form_is_handed_back_with_all_that_was_written(place: Crew) -> None:
    """One wrong target does not cost what stands in the other fields: they are in the form, and in a file."""
    malee, before = place.person("malee"), place.count("requirements")
    form = await malee.slash("requirement file", channel="requirements", dataset="digits", kind="replace")
    refused = await form.submit(REQUIREMENT | {"Problem": THAI * 20, "Targets": "accuracy => 0.9"})
    again = await refused.click("Mend it")
    filed = await again.submit({"Targets": "accuracy >= 0.9"})
    [(title, problem, kind)] = place.query(
        "SELECT title, problem, deployment_kind FROM requirements WHERE number = ?", before + 1
    )

    await place.refused(refused, "`accuracy => 0.9` cannot be read")
    assert refused.message is not None
    assert ["draft.txt"] == [file["filename"] for file in refused.message["attachments"]]
    assert "is filed" in filed.text
    assert (REQUIREMENT["Title"], (THAI * 20).strip(), "replace") == (title, problem, kind)


async def test_an_unknown_dataset_is_told_before_the_form_opens(place: Crew) -> None:
    """Nobody fills in five fields to hear that the first word was wrong."""
    reply = await place.person("malee").slash("requirement file", channel="requirements", dataset="mnist")

    await place.refused(reply, "no dataset `mnist`", "`digits`")


async def test_who_may_not_file_is_told_before_the_form_opens(place: Crew) -> None:
    """Only business analysts file, and the others hear it at once."""
    reply = await place.person("anan").slash("requirement file", channel="requirements", dataset="digits")

    await place.refused(reply, "needs the duty *analyst*", "*creator*")


@pytest.mark.parametrize("blank", BLANKS[:1] + BLANKS[2:], ids=ascii)
async def test_a_reason_of_blanks_is_no_reason(place: Crew, known: dict[str, int], blank: str) -> None:
    """A withdrawal says why, in letters that can be seen."""
    before = await place.settled()

    reply = await place.person("malee").slash(
        "requirement withdraw", channel="requirements", requirement=known[FILED], reason=blank
    )

    await place.refused(reply, "The reason is empty")
    assert before == place.books()


async def test_discord_itself_stops_what_is_longer_than_a_form_takes(place: Crew) -> None:
    """A title of 101 characters does not leave the form."""
    form = await place.person("malee").slash("requirement file", channel="requirements", dataset="digits")

    with pytest.raises(NotSeen):
        await form.submit(REQUIREMENT | {"Title": "x" * 101})


LONGEST = {
    "Thai": (THAI * 3, THAI * 30),
    "emoji": (EMOJI * 5, EMOJI * 50),
    "markdown": ("*" * 100, "*_`~|[]<@\\" * 100),
    "lines": ("- " * 50, "\n".join("> quoted" for _ in range(112))),
    "hostile": (HOSTILE, HOSTILE * 9),
}


@pytest.mark.parametrize("kind", LONGEST)
async def test_the_longest_texts_are_kept_whole_and_shown_as_typed(place: Crew, kind: str) -> None:
    """Whatever the letters, Discord takes the card, nobody is pinged, and the record has every character."""
    title, text = LONGEST[kind][0][:100].strip(), LONGEST[kind][1][:1000].strip()
    many = ", ".join(f"{'measure ' * 4}{letter} >= 0.123456" for letter in "abcdefghijkl")

    number = await place.file(
        **{"Title": title, "Problem": text, "Value expected": text, "Constraints": text, "Targets": many[:1000]}
    )
    card = await place.person("nok").sees("requirements", f"REQ-{number} ", within_s=SEEN_LIMIT_S)

    kept = place.query("SELECT title, problem, value, constraints FROM requirements WHERE number = ?", number)
    assert [(title, text, text, text)] == kept
    assert f"REQ-{number} · {title}" in as_read(text_of(card))
    assert ([], [], False) == (card["mentions"], card["mention_roles"], card["mention_everyone"])
    assert 4000 >= sum(len(one["content"]) for one in components_of(card["components"]) if "content" in one)


async def test_a_hostile_hypothesis_and_log_ping_nobody(place: Crew, requirement: int) -> None:
    """What a creator or a training run writes is shown letter by letter, also in an incident's log."""
    hypothesis = (HOSTILE * 9)[:500].strip()
    run = await place.launched(requirement, hypothesis=hypothesis, parameters=LONG)
    await place.reaches("runs", run, "running")
    with (place.run_folder(run) / "log.txt").open("a") as log:
        log.write(f"\n{HOSTILE}\n" * 40)
    await place.order_slurm("job", job=f"slipway-run-{run}-1", how="kill")
    await place.reaches("runs", run, "failed")

    incident = await place.person("nok").sees("ops", f"RUN-{run} failed", within_s=SEEN_LIMIT_S)
    card = await place.person("nok").sees("training", f"RUN-{run} ", within_s=SEEN_LIMIT_S)

    assert [(hypothesis,)] == place.query("SELECT hypothesis FROM runs WHERE number = ?", run)
    assert hypothesis in as_read(text_of(card))
    assert 2 == text_of(incident).count("```")
    for shown in (incident, card):
        assert ([], [], False) == (shown["mentions"], shown["mention_roles"], shown["mention_everyone"])


async def test_two_who_claim_at_the_same_moment_are_told_apart(place: Crew) -> None:
    """One wins; the other hears who was first."""
    await place.town.admin("give_role", person="preecha", role="creator")
    number = await place.file()
    card = await place.person("anan").sees("requirements", f"REQ-{number} ", within_s=SEEN_LIMIT_S)
    before = await place.settled()

    replies = await side_by_side(*(place.person(who).click_on(card, "Claim") for who in ("anan", "preecha")))
    await place.town.admin("take_role", person="preecha", role="creator")

    won = [reply for reply in replies if "is yours" in reply.text]
    lost = [reply for reply in replies if "is yours" not in reply.text]
    assert (1, 1) == (len(won), len(lost))
    await place.refused(lost[0], f"REQ-{number} is already *claimed*", f"<@{_id_of(place, won[0].by.key)}>")
    assert before.event_count + 1 == place.books().event_count


async def test_what_is_claimed_is_not_claimed_again(place: Crew, known: dict[str, int]) -> None:
    """By command or by the button of an old copy of the card, by the same hand or by another."""
    before = await place.settled()
    card = await place.person("anan").sees("requirements", f"REQ-{known[CLAIMED]} ", within_s=SEEN_LIMIT_S)
    anan = place.person("anan")

    by_command = await anan.slash("requirement claim", channel="requirements", requirement=known[CLAIMED])
    by_old_button = await anan.press_stale(card, f"claim:REQ-{known[CLAIMED]}")
    withdrawn = await anan.slash("requirement claim", channel="requirements", requirement=known[WITHDRAWN])

    for reply in (by_command, by_old_button):
        await place.refused(reply, f"REQ-{known[CLAIMED]} is already *claimed*", f"<@{_id_of(place, 'anan')}>")
    await place.refused(withdrawn, f"REQ-{known[WITHDRAWN]} is already *withdrawn*", f"<@{_id_of(place, 'malee')}>")
    assert before == place.books()


@pytest.mark.parametrize(
    ("custom_id", "words"),
    [
        ("explode:REQ-1", "another version of the bot"),
        ("claim:REQ-999", "no REQ-999"),
        ("claim:", "cannot be read"),
        ("claim:REQ-1:REQ-2", "cannot be read"),
        ("claim", "cannot be read"),
        (":", "another version of the bot"),
        ("`@everyone`:`@everyone`", "another version of the bot"),
    ],
)
async def test_a_button_that_the_bot_does_not_know_says_so(
    place: Crew, known: dict[str, int], custom_id: str, words: str
) -> None:
    """Buttons of other versions and of things that are not there do nothing and send people to the newest card."""
    before = await place.settled()
    card = await place.person("anan").sees("requirements", f"REQ-{known[FILED]} ", within_s=SEEN_LIMIT_S)

    reply = await place.person("anan").press_stale(card, custom_id)

    await place.refused(reply, words)
    assert before == place.books()


async def test_lists_and_status_show_what_there_is_on_record(place: Crew, known: dict[str, int]) -> None:
    """What was withdrawn is in no list; the status counts all."""
    nok = place.person("nok")

    listed = await nok.slash("requirement list", channel="general")
    status = await nok.slash("status", channel="general")

    assert f"REQ-{known[WITHDRAWN]}" not in listed.text
    stages = dict(place.query("SELECT stage, count(*) FROM requirements GROUP BY stage"))
    assert all(f"{count} {stage}" in status.text for stage, count in stages.items())


async def test_a_deleted_card_comes_back(place: Crew, known: dict[str, int]) -> None:
    """A card that somebody deletes is posted again, once."""
    malee, somchai = place.person("malee"), place.person("somchai")
    card = await malee.sees("requirements", f"REQ-{known[CLAIMED]} ", within_s=SEEN_LIMIT_S)
    with pytest.raises(NotSeen, match="only messages of their own"):
        await malee.delete(card)
    await somchai.delete(card)

    async def is_back() -> bool:
        return 1 == len(await place.cards("requirements", f"REQ-{known[CLAIMED]} "))

    await eventually_awaited(is_back, within_s=SEEN_LIMIT_S)


def as_read(text: str) -> str:
    """Return the text as Discord shows it: without the backslashes before marks."""
    return re.sub(r"\\(.)", r"\1", text)


def _id_of(place: Crew, key: str) -> str:
    people: Any = place.world.discord["people"]
    return str(people[key])
