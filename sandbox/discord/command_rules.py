"""The rules of application commands: names, nesting, order, duplicates and sizes."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.discord import limits
from sandbox.discord.checking import faults_in, misfits, repeated
from sandbox.discord.kinds import OBJECT, Path
from sandbox.discord.problems import Fault
from sandbox.discord.wire import Payload

CHAT_INPUT, SUBCOMMAND, GROUP = 1, 1, 2
LOCALISED = ("name_localizations", "description_localizations")
# Devanagari and Thai write vowels as combining marks, which count as letters there; ฿ belongs to no script.
MARKED_SCRIPTS = (range(0x0900, 0x0980), range(0xA8E0, 0xA900), range(0x0E01, 0x0E3B), range(0x0E40, 0x0E5C))


def is_name(name: str) -> bool:
    r"""Tell whether it matches `^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$` and has no upper case."""
    return 0 < len(name) <= 32 and name == name.lower() and all(_is_letter(one) for one in name)


def _is_letter(one: str) -> bool:
    is_marked = any(ord(one) in script for script in MARKED_SCRIPTS)
    return one in "-_'" or unicodedata.category(one)[0] in "LN" or is_marked


def command_faults(commands: list[Payload]) -> Iterator[Fault]:
    """Yield everything that is wrong with the commands of one place."""
    shapes = [fault for number, one in enumerate(commands) for fault in _shapes(one, (number,))]
    if shapes:
        yield from shapes
        return
    kinds = Counter(one.get("type") or CHAT_INPUT for one in commands)
    for kind, most in limits.COMMANDS_MAX.items():
        if kinds[kind] > most:
            text = f"Maximum number of application commands reached ({most})."
            yield Fault((), "APPLICATION_COMMAND_TOO_MANY", text)
    named = (((number, "name"), (one.get("type") or 1, one.get("name"))) for number, one in enumerate(commands))
    for path in repeated(named):
        yield Fault(path, "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    for number, command in enumerate(commands):
        yield from _command(command, (number,))


def _shapes(command: Any, path: Path) -> Iterator[Fault]:
    """Yield what is of a wrong JSON type; the rules are for commands without any."""
    if not OBJECT.fits(command):
        yield OBJECT.fault(path, command)
        return
    yield from misfits(command, limits.COMMAND, path)
    for where, option in _placed_options(command, path):
        yield from misfits(option, limits.OPTION, where)


def _placed_options(node: Payload, path: Path) -> Iterator[tuple[Path, Payload]]:
    options = node.get("options")
    for number, option in enumerate(options if isinstance(options, list) else ()):
        if isinstance(option, dict):
            yield (*path, "options", number), option
            yield from _placed_options(option, (*path, "options", number))


def _command(command: Payload, path: Path) -> Iterator[Fault]:
    yield from faults_in(command, limits.COMMAND, path)
    yield from _locales(command, path)
    is_chat = (command.get("type") or CHAT_INPUT) == CHAT_INPUT
    if is_chat:
        yield from _name(command, path)
    if is_chat and not command.get("description"):
        yield Fault((*path, "description"), "BASE_TYPE_REQUIRED", "This field is required")
    if not is_chat and command.get("description"):
        text = "Context menu commands cannot have description"
        yield Fault((*path, "description"), "APPLICATION_COMMAND_INVALID_DESCRIPTION", text)
    yield from _options(command.get("options") or [], (*path, "options"), depth=0)
    if size(command) > limits.COMMAND_TOTAL_CHARS:
        text = f"Command exceeds maximum size ({limits.COMMAND_TOTAL_CHARS})"
        yield Fault(path, "APPLICATION_COMMAND_TOO_LARGE", text)


def _name(named: Payload, path: Path) -> Iterator[Fault]:
    names = [((*path, "name"), named.get("name"))]
    names += [((*path, "name_localizations", key), one) for key, one in (named.get("name_localizations") or {}).items()]
    for where, name in names:
        if isinstance(name, str) and name and not is_name(name):
            yield Fault(where, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _locales(named: Payload, path: Path) -> Iterator[Fault]:
    for field in LOCALISED:
        for locale in named.get(field) or {}:
            if locale not in limits.LOCALES:
                yield Fault((*path, field, locale), "DICT_TYPE_INVALID_KEY", f"{locale!r} is not a known locale")


def _options(options: list[Payload], path: Path, *, depth: int) -> Iterator[Fault]:
    placed = (((*path, number, "name"), one.get("name")) for number, one in enumerate(options))
    for where in repeated(placed):
        text = "Option name already exists in this command"
        yield Fault(where, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", text)
    nested = [one.get("type") in (SUBCOMMAND, GROUP) for one in options]
    if any(nested) and not all(nested):
        text = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        yield Fault(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text)
    has_optional = False
    for number, option in enumerate(options):
        is_required = bool(option.get("required"))
        if is_required and has_optional:
            text = "Required options must be placed before non-required options"
            yield Fault((*path, number), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
        has_optional = has_optional or not is_required
        yield from _option(option, (*path, number), depth=depth)


def _option(option: Payload, path: Path, *, depth: int) -> Iterator[Fault]:
    yield from faults_in(option, limits.OPTION, path)
    yield from _locales(option, path)
    yield from _name(option, path)
    choices = list(enumerate(option.get("choices") or []))
    for number, choice in choices:
        yield from _locales(choice, (*path, "choices", number))
    for where in repeated(((*path, "choices", number, "name"), choice.get("name")) for number, choice in choices):
        text = "Option choice name already exists"
        yield Fault(where, "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", text)
    kind = option.get("type")
    if (kind == GROUP and depth > 0) or (kind == SUBCOMMAND and depth > 1):
        text = f"Value of field 'type' must not be {kind} here"
        yield Fault((*path, "type"), "UNION_TYPE_CHOICES", text)
    if option.get("autocomplete") and option.get("choices"):
        text = "Autocomplete cannot be true when choices are given"
        yield Fault(path, "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE", text)
    nested_depth = depth + 1 if kind == GROUP else 2
    yield from _options(option.get("options") or [], (*path, "options"), depth=nested_depth)


def size(node: Any) -> int:
    """Return the characters that count to a command's 8000: names, descriptions and values, the longest translation."""
    if isinstance(node, list):
        return sum(size(one) for one in node)
    if not isinstance(node, dict):
        return 0
    total = len(node["value"]) if isinstance(node.get("value"), str) else 0
    for name in ("name", "description"):
        texts = [node.get(name) or "", *(node.get(f"{name}_localizations") or {}).values()]
        total += max(len(text) for text in texts)
    return total + size(node.get("options")) + size(node.get("choices"))
