"""What may happen to a requirement, and who may cause it."""

from bot.core.kind import Event, ThingKind
from bot.core.values import ANALYST, CREATOR, SYSTEM_ONLY, Stage
from bot.things.requirement.card import card, glance
from bot.things.requirement.model import Requirement
from bot.things.requirement.sample import SAMPLES


class RequirementEvent(Event):
    """From filed to fulfilled or withdrawn."""

    FILED = "requirement.filed"
    CLAIMED = "requirement.claimed"
    BUDGETED = "requirement.budgeted"
    FULFILLED = "requirement.fulfilled"
    WITHDRAWN = "requirement.withdrawn"


E, S = RequirementEvent, Stage

REQUIREMENT = ThingKind(
    model=Requirement,
    events=E,
    steps={
        (None, E.FILED): S.FILED,
        (S.FILED, E.CLAIMED): S.CLAIMED,
        (S.CLAIMED, E.FULFILLED): S.FULFILLED,
        (S.FULFILLED, E.FULFILLED): S.FULFILLED,  # a retrained model went live
        **{(stage, E.BUDGETED): stage for stage in (S.FILED, S.CLAIMED, S.FULFILLED)},
        (S.FILED, E.WITHDRAWN): S.WITHDRAWN,
        (S.CLAIMED, E.WITHDRAWN): S.WITHDRAWN,
    },
    duties={
        E.FILED: ANALYST,
        E.CLAIMED: CREATOR,
        E.BUDGETED: ANALYST,
        E.FULFILLED: SYSTEM_ONLY,
        E.WITHDRAWN: ANALYST,
    },
    glance=glance,
    card=card,
    samples=SAMPLES,
    channel="requirements",
    listed_by="/requirement list",
)
