"""The forms that people fill in: as they open, when something is missing, and handed back after a refusal."""

from collections.abc import Iterator
from functools import partial

from bot.core.said import ENGLISH
from cogs import audit, deploy, monitor, ops
from cogs._decisions import form_of as decision_form
from cogs.requirement import form_of as requirement_form
from tests.gallery.exhibit import Exhibit
from tests.gallery.things import REQUIREMENT, THINGS

GIVEN = {
    "title": REQUIREMENT.title,
    "problem": REQUIREMENT.problem,
    "value": REQUIREMENT.value,
    "targets": "accuracy => 0.9",
    "constraints": REQUIREMENT.constraints,
}
"""With a target that cannot be read."""
FORM = f"{REQUIREMENT.deployment_kind}:{REQUIREMENT.dataset}"
DECISIONS = (*audit.VERDICTS, *deploy.DECISIONS, ops.RESOLVE, monitor.DISMISS)


def forms() -> Iterator[Exhibit]:
    """Yield all of them."""
    yield Exhibit("a requirement", partial(requirement_form, FORM, {}, ENGLISH))
    yield Exhibit("a requirement, sent with nothing in it", partial(requirement_form, FORM, {}, ENGLISH), is_sent=True)
    yield Exhibit("a requirement, handed back", partial(requirement_form, FORM, GIVEN, ENGLISH))
    for place, decision in enumerate(DECISIONS):
        kind = decision.kind.kind
        form = partial(decision_form, decision, THINGS[kind].number, ENGLISH)
        name = f"{decision.form.english.partition(' {')[0].lower()} {kind.name.lower()}"
        yield Exhibit(name, form)
        if not place:
            yield Exhibit(f"{name}, sent without a reason", form, is_sent=True)
