"""What the Discord client does before a slash command goes out: find it, check its options, resolve ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord import town
from sandbox.discord.attachments import store
from sandbox.discord.limits import INTEGER_MAX
from sandbox.discord.wire import Payload
from sandbox.discord.world import StoredFile, World

SUBCOMMAND, GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)


@dataclass(slots=True)
class Sending:
    """An interaction that is being put together: where, with which files, and what its ids stand for."""

    world: World
    person_id: str
    channel_id: str
    files: Mapping[str, StoredFile]
    resolved: Payload = field(default_factory=dict)

    def file(self, ref: str, label: str) -> str:
        """Attach an uploaded file and return its attachment id. Raises Mistake."""
        if ref not in self.files:
            raise Mistake(f"{label} needs a file.")
        attachment = store(self.world, self.channel_id, self.files[ref], ephemeral=True)
        self.resolved.setdefault("attachments", {})[attachment["id"]] = attachment
        return str(attachment["id"])

    def resolve(self, value: str) -> str:
        """Return the id of a person, channel or role named by id or by name. Raises Mistake."""
        return resolve(self.world, value, self.resolved)

    def finish(self, data: Payload) -> Payload:
        """Return the data with what its ids stand for."""
        return data | ({"resolved": self.resolved} if self.resolved else {})


class Mistake(Exception):
    """Something that the Discord client would not let a person do."""


def find_command(commands: list[Payload], path: str) -> tuple[Payload, list[Payload], list[Payload]]:
    """Return the command, the subcommands on the way, and the options at the end. Raises Mistake."""
    words = path.removeprefix("/").split()
    command = next((one for one in commands if words and one["name"] == words[0]), None)
    if command is None:
        known = ", ".join(sorted(one["name"] for one in commands)) or "none"
        raise Mistake(f"There is no command /{path}; known are: {known}.")
    steps: list[Payload] = []
    options: list[Payload] = command.get("options") or []
    for word in words[1:]:
        step = next((one for one in options if one["name"] == word and one["type"] in (SUBCOMMAND, GROUP)), None)
        if step is None:
            raise Mistake(f"There is no command /{path}; /{command['name']} has: {_names(options)}.")
        steps.append(step)
        options = step.get("options") or []
    if any(one["type"] in (SUBCOMMAND, GROUP) for one in options):
        raise Mistake(f"/{path} needs one of: {_names(options)}.")
    return command, steps, options


def _names(options: list[Payload]) -> str:
    return ", ".join(one["name"] for one in options) or "none"


def command_data(sending: Sending, path: str, values: Mapping[str, Any], *, focused: str | None = None) -> Payload:
    """Return the interaction data of a slash command, or of the autocomplete of `focused`. Raises Mistake."""
    command, steps, known = find_command(sending.world.commands_for(sending.person_id), path)
    given: list[Payload] = []
    by_name = {one["name"]: one for one in known}
    for name, value in values.items():
        if name not in by_name:
            raise Mistake(f"/{path} has no option {name!r}; it has: {_names(known)}.")
        place = {"name": name, "type": by_name[name]["type"]}
        if name == focused:
            given.append(place | {"value": value, "focused": True})
        elif value is not None and not (focused and value == ""):
            given.append(place | {"value": _checked(sending, by_name[name], value)})
    missing = [one["name"] for one in known if one.get("required") and values.get(one["name"]) is None]
    if missing and focused is None:
        raise Mistake(f"/{path} needs {', '.join(missing)}.")
    options = given
    for step in reversed(steps):
        options = [{"name": step["name"], "type": step["type"], "options": options}]
    data: Payload = {"id": command["id"], "name": command["name"], "type": 1, "options": options}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return sending.finish(data)


def _checked(sending: Sending, option: Payload, value: Any) -> Any:
    kind, name = option["type"], option["name"]
    if kind == ATTACHMENT:
        return sending.file(str(value), name)
    if kind in (USER, CHANNEL, ROLE, MENTIONABLE):
        return sending.resolve(str(value))
    value = _converted(option, value)
    choices = option.get("choices") or []
    if choices and value not in [one["value"] for one in choices]:
        by_label = {one["name"]: one["value"] for one in choices}
        if value not in by_label:
            raise Mistake(f"{name} is one of: {', '.join(by_label)}.")
        value = by_label[value]
    _check_range(option, value)
    return value


def _converted(option: Payload, value: Any) -> Any:
    try:
        match option["type"]:
            case 4:
                return _bounded(option["name"], int(value))
            case 10:
                return _bounded(option["name"], float(value))
            case 5:
                return value if isinstance(value, bool) else str(value).lower() == "true"
            case _:
                return str(value)
    except (OverflowError, TypeError, ValueError):
        raise Mistake(f"{option['name']} needs a number.") from None


def _bounded(name: str, value: float) -> float:
    """Return the number unless it is past what Discord's client takes. Raises Mistake."""
    if not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise Mistake(f"{name} must be between {-INTEGER_MAX} and {INTEGER_MAX}.")
    return value


def _check_range(option: Payload, value: Any) -> None:
    size = len(value) if isinstance(value, str) else value
    least = option.get("min_length") if isinstance(value, str) else option.get("min_value")
    most = option.get("max_length") if isinstance(value, str) else option.get("max_value")
    unit = " characters" if isinstance(value, str) else ""
    if isinstance(value, str) and len(value) > 6000:
        raise Mistake(f"{option['name']} must have at most 6000 characters.")
    if least is not None and size < least:
        raise Mistake(f"{option['name']} must be at least {least}{unit}.")
    if most is not None and size > most:
        raise Mistake(f"{option['name']} must be at most {most}{unit}.")


def resolve(world: World, value: str, resolved: Payload) -> str:
    """Return the id of a person, channel or role named by id or by name, and add what it stands for."""
    people = {person.key: person.id for person in town.PEOPLE.values()}
    for names in (people, town.CHANNELS, town.ROLES):
        value = names.get(value.lstrip("@#"), value)
    if value in people.values() or value == town.APPLICATION_ID:
        member = world.member(value)
        resolved.setdefault("users", {})[value] = member.pop("user")
        resolved.setdefault("members", {})[value] = member | {"permissions": "0"}
    elif value in world.roles:
        resolved.setdefault("roles", {})[value] = world.roles[value]
    elif value in world.channels:
        resolved.setdefault("channels", {})[value] = world.channels[value] | {"permissions": "0"}
    else:
        raise Mistake(f"There is nobody and nothing called {value!r} here.")
    return value
