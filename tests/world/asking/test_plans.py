"""A run is planned, shown with what the cluster would do and what it may cost, and launched with one press."""

import pytest

from sandbox.text import Message, control, text_of
from tests.support.crew import QUICK, REQUIREMENT, SEEN_LIMIT_S, Crew
from tests.support.waiting import eventually_awaited

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]
SMALL = {"cpus": 1, "memory_gib": 2, "parameters": "epochs=1"}


async def _planned(place: Crew, requirement: int, **options: object) -> int:
    """Have a run planned and return its number."""
    wish = {"requirement": requirement} | SMALL | options
    reply = await place.person("anan").slash("train launch", channel="training", **wish)

    assert "is planned" in reply.text, reply.text
    return place.count("runs")


async def _card(place: Crew, run: int, text: str) -> Message:
    """Wait until the run's card says this."""

    async def shown() -> list[Message]:
        return [one for one in await place.cards("training", f"RUN-{run} ·") if text in text_of(one)]

    [card] = await eventually_awaited(shown, within_s=SEEN_LIMIT_S)
    return card


async def test_a_plan_says_when_what_and_how_much_and_sends_nothing(place: Crew, requirement: int) -> None:
    """The card has the expected start, the GPU hours beside the budget, and the very script; SLURM has no job."""
    await place.settled()
    before = await place.slurm_jobs()
    budget = await place.person("malee").slash(
        "requirement budget", channel="requirements", requirement=requirement, gpu_hours=8
    )
    run = await _planned(place, requirement, gpus=1, time_limit_min=90)
    shown = text_of(await _card(place, run, "It would start at once"))
    script = await place.person("anan").click("training", "Show the script", containing=f"RUN-{run} ·")

    assert f"REQ-{requirement} has a budget of 8 GPU hours" in budget.text
    assert "At most **1.5** GPU hours" in shown
    assert "8.0 of 8 left" in shown
    assert script.is_private
    assert script.message is not None
    assert [f"run-{run}.sh"] == [file["filename"] for file in script.message["attachments"]]
    assert before == await place.slurm_jobs()


async def test_what_was_open_before_a_crash_works_after_it(place: Crew, requirement: int) -> None:
    """The bot is killed: a form that is open then is filed, and one press orders a run; a second press is told."""
    run = await _planned(place, requirement, recipe=QUICK)
    stale = await _card(place, run, "It would start at once")
    form = await place.person("malee").slash("requirement file", channel="requirements", dataset="digits")
    await place.restart()
    filed = await form.submit(REQUIREMENT)
    newest = place.count("requirements")
    pressed = await place.person("anan").click("training", "Launch", containing=f"RUN-{run} ·")
    button = control(stale, "Launch")
    assert button is not None
    again = await place.person("anan").press_stale(stale, button["custom_id"])
    await place.reaches("runs", run, "succeeded")

    assert f"REQ-{newest} is filed" in filed.text
    assert newest > requirement
    assert f"RUN-{run} is ordered" in pressed.text
    await place.refused(again, f"RUN-{run} is already", "only while it is *planned*")
    assert 1 == list(await place.slurm_jobs()).count(f"slipway-run-{run}-1")


async def test_what_the_cluster_would_refuse_is_on_the_plan_with_the_nearest_possible(
    place: Crew, requirement: int
) -> None:
    """It cannot be launched, only discarded; Ops hear nothing of it."""
    await place.settled()
    incidents = place.count("incidents")
    run = await _planned(place, requirement, account="research", qos="highest")
    card = await _card(place, run, "the bot's user may use `high`, `normal` with the account `research`")
    discarded = await place.person("anan").click("training", "Discard", containing=f"RUN-{run} ·")

    assert control(card, "Launch") is None
    assert f"RUN-{run} is cancelled" in discarded.text
    assert "cancelled" == place.stage("runs", run)
    assert incidents == place.count("incidents")


async def test_a_plan_that_no_node_could_serve_names_the_nearest_one(place: Crew, requirement: int) -> None:
    """The config permits more than the nodes have: the numbers that would do are ready to be typed."""
    await place.order_slurm("node", node="gpu1", gpus=1, cpus=2)
    await place.order_slurm("node", node="gpu2", gpus=1, cpus=2)
    run = await _planned(place, requirement, cpus=16)
    card = text_of(await _card(place, run, "Nearest possible"))
    await place.order_slurm("node", node="gpu1", gpus=4, cpus=64)
    await place.order_slurm("node", node="gpu2", gpus=4, cpus=64)

    assert "SLURM refuses the request" in card
    assert "nodes:1 gpus:1 cpus:2 memory_gib:2" in card


async def test_a_budget_that_is_spent_refuses_and_says_what_would_fit(place: Crew, requirement: int) -> None:
    """Plans promise nothing; orders do, and are checked again when they are made."""
    malee, anan = place.person("malee"), place.person("anan")
    await malee.slash("requirement budget", channel="requirements", requirement=requirement, gpu_hours=1)
    over = await anan.slash(
        "train launch", channel="training", requirement=requirement, **SMALL | {"time_limit_min": 90}
    )
    run = await _planned(place, requirement, time_limit_min=30)
    await _card(place, run, "At most **0.5** GPU hours")
    await malee.slash("requirement budget", channel="requirements", requirement=requirement, gpu_hours=0)
    late = await anan.click("training", "Launch", containing=f"RUN-{run} ·")
    await malee.slash("requirement budget", channel="requirements", requirement=requirement)
    wrong = await anan.slash("requirement budget", channel="requirements", requirement=requirement, gpu_hours=5)
    below = await malee.slash("requirement budget", channel="requirements", requirement=requirement, gpu_hours=-1)

    await place.refused(over, "budget of 1 GPU hour:", "time_limit_min:", "would fit")
    await place.refused(late, "budget of 0 GPU hours")
    assert "planned" == place.stage("runs", run)
    await place.refused(wrong, "needs the duty", "analyst")
    await place.refused(below, "between 0 and", "-1 is out of range")


async def test_what_the_cluster_offers_is_offered_while_typing(place: Crew) -> None:
    """Accounts, QOS and kinds of GPU from the cluster; nothing, and in time, while it cannot be asked."""
    anan = place.person("anan")
    offered = {
        option: [value for _, value in await anan.autocomplete("train launch", option, channel="training")]
        for option in ("account", "qos", "gpu_type", "partition")
    }
    await place.order_slurm("controller", down=True, block_s=5.0)
    meanwhile = await anan.autocomplete("train launch", "account", channel="training")
    await place.order_slurm("controller", down=False)

    assert {
        "account": ["research", "teaching"],
        "qos": ["high", "normal"],
        "gpu_type": ["mi100"],
        "partition": ["gpu", "short"],
    } == offered
    assert [] == meanwhile


async def test_what_the_recipe_measures_is_offered_and_nothing_else_is_taken(place: Crew, requirement: int) -> None:
    """Of the recipe that is chosen, first what it reports while it trains."""
    anan, wish = place.person("anan"), {"requirement": requirement, "space": "epochs=1|2"}
    given = {"channel": "training", "recipe": "text_classifier"}
    offered = [value for _, value in await anan.autocomplete("sweep launch", "metric", **given)]
    typed = [value for _, value in await anan.autocomplete("sweep launch", "metric", "latency", channel="training")]
    wrong = await anan.slash("sweep launch", channel="training", metric="acuracy", **wish)

    assert ["f1", "accuracy"] == offered[:2]
    assert ["latency_p95_ms"] == typed
    await place.refused(wrong, "`image_classifier` does not measure `acuracy`", "`accuracy`, `precision`")


@pytest.mark.parametrize("command", ["train launch", "sweep launch"])
async def test_the_recipes_parameters_are_offered_while_typing(place: Crew, command: str) -> None:
    """Each with its default and what it may be; what stands before the last word stays, and is not offered."""
    anan = place.person("anan")

    async def offered(typed: str, **given: str) -> list[tuple[str, str]]:
        return await anan.autocomplete(command, "parameters", typed, channel="training", **given)

    first = await offered("")
    after_comma = await offered("epochs=5,batch_size=8 hid")
    of_text = await offered("enc", recipe="text_classifier")
    half = await offered("epochs=3")
    choices = await offered("dropout=0.2 (between 0 and 0.9) precision=")

    assert ("epochs=12 (between 1 and 2000)", "epochs=12") == first[0]
    assert [("epochs=5,batch_size=8 hidden=64 (between 4 and 4096)", "epochs=5,batch_size=8 hidden=64")] == after_comma
    assert [("encoder= (a path)", "encoder=")] == of_text
    assert [("epochs=3 (between 1 and 2000)", "epochs=3")] == half
    assert [f"dropout=0.2 precision={kind}" for kind in ("fp32", "bf16", "fp16")] == [value for _, value in choices]
    assert [] == await offered("epochs=5 epo")
    assert [(text := f"{'x' * 90} epochs=12", text)] == await offered("x" * 90 + " epo")
    assert [] == await offered("x" * 91 + " epo")


async def test_an_offers_own_words_are_no_mistake(place: Crew, requirement: int) -> None:
    """Discord writes an offer's name into the box, and one types on behind it."""
    words = {"parameters": "epochs=1 (between 1 and 2000) hidden=8"}
    run = await _planned(place, requirement, **words)
    reply = await place.person("anan").slash(
        "sweep launch", channel="training", requirement=requirement, space="dropout=0|0.1", **words
    )

    assert "epochs=1" in text_of(await _card(place, run, "hidden=8"))
    assert "2 runs is planned" in reply.text


async def test_runs_of_sweeps_are_offered_where_one_can_do_something_with_them(place: Crew, requirement: int) -> None:
    """Where one looks at a run; what is done to all of a sweep is not offered for one."""
    anan = place.person("anan")
    await anan.slash(
        "sweep launch", channel="training", requirement=requirement, space="epochs=1|2", hypothesis="Swept."
    )
    run, sweep = place.count("runs"), place.count("sweeps")
    options = {"show": "run", "logs": "run", "note": "run", "compare": "runs", "cancel": "run"}
    offered = {
        command: [name for name, _ in await anan.autocomplete(f"train {command}", option, str(run), channel="training")]
        for command, option in options.items()
    }

    assert [f"RUN-{run} planned · SWP-{sweep} · Swept."] == offered["show"] == offered["logs"] == offered["note"]
    assert [str(run)] == offered["compare"]
    assert [] == offered["cancel"]


async def test_a_plan_waits_while_the_cluster_cannot_be_asked(place: Crew, requirement: int) -> None:
    """It says so, and is completed once the cluster answers."""
    await place.order_slurm("controller", down=True, block_s=0.1)
    run = await _planned(place, requirement)
    waiting = await _card(place, run, "Asking the cluster")
    await place.order_slurm("controller", down=False)
    await _card(place, run, "It would start at once")

    assert control(waiting, "Launch") is not None
