"""Draws docs/lifecycle.md from the tables: `python -m tests.support.lifecycle_docs` writes it, a test compares it."""

from pathlib import Path

from bot.core.kind import Event
from bot.core.said import Phrase
from bot.core.values import Kind, Stage
from bot.lifecycle import DUTIES, EVENTS, FOLLOWS, RULES, STEPS, kind_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md"
HEAD = """# Lifecycles

Drawn from `bot/things/*/rules.py` by `make docs`; a test fails when this page is stale. An event that no arrow
leads on from a stage is refused with a sentence. *Four eyes*: whoever did that deed may not cause the event, whatever
their duties. *Effects* are the actions in the outside world that an event calls for.
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(_section(kind) for kind in RULES)


def _section(kind: Kind) -> str:
    steps = STEPS[kind]
    lines = [f"\n## {kind.name.capitalize()} ({kind.value}-n)\n", "```mermaid", "stateDiagram-v2"]
    for (before, event), after in steps.items():
        start = "[*]" if before is None else _name(before)
        lines.append(f"    {start} --> {_name(after)}: {_said(event)}")
    lines += [f"    {_name(stage)} --> [*]" for stage in _ends(kind)]
    lines += ["```", "", "| event | by | four eyes | effects |", "|---|---|---|---|"]
    for event in EVENTS.values():
        if kind_of(event) is kind:
            by = " or ".join(sorted(duty.value for duty in DUTIES[event]))
            eyes = ", ".join(f"not who {said.english}" for said in _barred(kind, event))
            effects = ", ".join(f"`{effect.value}`" for effect in FOLLOWS[event])
            lines.append(f"| `{event.value}` | {by} | {eyes} | {effects} |")
    return "\n".join(lines) + "\n"


def _barred(kind: Kind, event: Event) -> list[Phrase]:
    """Return the deeds that bar from the event, of the kind itself and of all that its links of these roles lead to."""
    roles = RULES[kind].barred.get(event)
    kinds = [] if roles is None else [kind]
    for one in kinds:
        to = (link.to for link in RULES[one].links.values() if roles and link.role in roles)
        kinds += [found for found in to if found not in kinds]
    return [hand.said for one in kinds if (hand := RULES[one].hand)]


def _ends(kind: Kind) -> list[Stage]:
    """Return the stages that nothing leads away from."""
    left = {before for (before, _), after in STEPS[kind].items() if before is not after}
    reached = dict.fromkeys(STEPS[kind].values())
    return [stage for stage in reached if stage not in left]


def _name(stage: Stage) -> str:
    return stage.value.replace(" ", "_")


def _said(event: Event) -> str:
    return event.value.partition(".")[2].replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
