"""Commands that Discord refuses, row by row: a name, the body, and where and how the refusal names it."""

from typing import Any

from tests.support.over_limit import BAD, LONG, REQUIRED, TYPE, Row


def command(**fields: Any) -> list[dict[str, Any]]:
    """Return one chat input command."""
    return [{"name": "c", "description": "d", "type": 1} | fields]


def option(**fields: Any) -> list[dict[str, Any]]:
    """Return a command with one option."""
    return command(options=[one(**fields)])


def one(**fields: Any) -> dict[str, Any]:
    """Return a string option."""
    return {"name": "o", "description": "d", "type": 3} | fields


def choices(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Return so many choices."""
    return [{"name": f"c{number}", "value": f"c{number}"} | fields for number in range(count)]


_HUGE = [one(name=f"o{n}", description="x" * 100, choices=choices(25, value="x" * 100)) for n in range(4)]
_OPTIONS = "0.options.0"
COMMANDS: tuple[Row, ...] = (
    ("name of 33", command(name="x" * 33), "0.name", BAD),
    ("upper case name", command(name="Train"), "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
    ("blank in a name", command(name="a b"), "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
    ("baht in a name", command(name="฿"), "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
    ("description of 101", command(description="x" * 101), "0.description", LONG),
    ("no description", command(description=""), "0.description", REQUIRED),
    (
        "description on a menu command",
        command(type=3, name="Pin"),
        "0.description",
        "APPLICATION_COMMAND_INVALID_DESCRIPTION",
    ),
    ("unknown locale", command(name_localizations={"tlh": "q"}), "0.name_localizations.tlh", "DICT_TYPE_INVALID_KEY"),
    ("translated name of 33", command(name_localizations={"th": "x" * 33}), "0.name_localizations.th", BAD),
    ("26 options", command(options=[one(name=f"o{n}") for n in range(26)]), "0.options", LONG),
    (
        "option twice",
        command(options=[one(), one()]),
        "0.options.1.name",
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
    ),
    (
        "required after optional",
        command(options=[one(), one(name="p", required=True)]),
        "0.options.1",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    ("option description of 101", option(description="x" * 101), f"{_OPTIONS}.description", BAD),
    ("26 choices", option(choices=choices(26)), f"{_OPTIONS}.choices", LONG),
    ("choice name of 101", option(choices=choices(1, name="x" * 101)), f"{_OPTIONS}.choices.0.name", BAD),
    ("choice value of 101", option(choices=choices(1, value="x" * 101)), f"{_OPTIONS}.choices.0.value", LONG),
    (
        "choices and autocomplete",
        option(choices=choices(1), autocomplete=True),
        _OPTIONS,
        "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE",
    ),
    ("max_length of 6001", option(max_length=6001), f"{_OPTIONS}.max_length", "NUMBER_TYPE_MAX"),
    (
        "group in a group",
        command(options=[one(type=2, options=[one(type=2, options=[])])]),
        "0.options.0.options.0.type",
        TYPE,
    ),
    (
        "subcommand beside an option",
        command(options=[one(type=1), one(name="p")]),
        "0.options",
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ),
    ("8001 characters", command(options=_HUGE), "0", "APPLICATION_COMMAND_TOO_LARGE"),
    ("name twice", command() * 2, "1.name", "APPLICATION_COMMANDS_DUPLICATE_NAME"),
    ("101 commands", [command(name=f"c{n}")[0] for n in range(101)], "", "APPLICATION_COMMAND_TOO_MANY"),
)
NAMES: dict[str, bool] = {
    "train": True,
    "ฝึกโมเดล": True,
    "บันทึก": True,
    "학습": True,
    "a_b-c'd": True,
    "Ä": False,
    "a/b": False,
}
