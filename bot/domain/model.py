"""All the things, gathered."""

from collections.abc import Mapping

from bot.core.judging import Check, Target
from bot.core.values import Kind, Thing
from bot.domain.lifecycle import RULES
from bot.things.audit.model import Audit
from bot.things.incident.model import Incident
from bot.things.monitor.model import Monitor
from bot.things.recipe.model import RecipeVersion
from bot.things.recommendation.model import Recommendation
from bot.things.requirement.model import Requirement
from bot.things.rollout.model import Rollout
from bot.things.run.model import Resources, Run
from bot.things.sweep.model import Sweep

__all__ = [
    "THINGS",
    "Audit",
    "Check",
    "Incident",
    "Monitor",
    "RecipeVersion",
    "Recommendation",
    "Requirement",
    "Resources",
    "Rollout",
    "Run",
    "Sweep",
    "Target",
    "Thing",
]

THINGS: Mapping[Kind, type[Thing]] = {kind: rules.model for kind, rules in RULES.items()}
