"""Reads what a model's directory says of itself: MLmodel, the input example, the environment. None of it is trusted."""

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import yaml

from bot.core.said import Said
from bot.core.text import clip, typed
from bot.core.values import Json
from bot.things.model import words
from bot.things.model.servable import NOT_THERE, ModelDescription, as_table

MLMODEL, CONDA, REQUIREMENTS = "MLmodel", "conda.yaml", "requirements.txt"
LIMIT_BYTES = 2 * 2**20
"""Of each file; what is longer is not read."""
SHOWN = 120
DEEPEST, MOST_PARTS = 50, 20_000
_NAME = re.compile(r"\s*(?:[A-Za-z0-9_.-]+::)?([A-Za-z0-9][A-Za-z0-9._-]*)")
_INCLUDED = re.compile(r"\s*(?:-r|--requirement)[ =]?\s*(\S+)")


def files_of(mlmodel: str) -> tuple[str, ...]:
    """Return the paths, below the model's directory, of what is read beside MLmodel."""
    about = _loaded(mlmodel)[0]
    return tuple(dict.fromkeys(path for path in (_conda_of(about), REQUIREMENTS, _example_of(about)) if path))


def described(texts: Mapping[str, str]) -> ModelDescription:
    """Return what the texts say, by path; a file that is not there, or cannot be read, has none."""
    if MLMODEL not in texts:
        return NOT_THERE
    about, complaint = _loaded(texts[MLMODEL])
    if complaint:
        return ModelDescription(complaint=complaint)
    inputs = _parsed(_mapping(about.get("signature")).get("inputs"))
    example, example_complaint = _read_example(about, texts)
    packages, trouble = _read_environment(_conda_of(about), texts)
    return ModelDescription(
        flavors=frozenset(str(name) for name in _mapping(about.get("flavors"))),
        has_signature=isinstance(inputs, list) and bool(inputs),
        columns=_required(inputs),
        has_example=bool(_mapping(about.get("saved_input_example_info"))),
        example=as_table(example),
        example_complaint=example_complaint,
        packages=packages,
        environment_complaint=trouble,
    )


def describe(directory: Path) -> ModelDescription:
    """Return what a directory on this machine says."""
    texts = {MLMODEL: text} if (text := _text(directory / MLMODEL)) is not None else {}
    for name in files_of(text) if text is not None else ():
        if (content := _text(directory / name)) is not None:
            texts[name] = content
    return described(texts)


def is_inside(path: str) -> bool:
    """Tell whether a path that a model names stays within its directory."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\0" not in path


def _text(path: Path) -> str | None:
    if not path.is_file() or path.is_symlink():
        return None
    with path.open("rb") as file:
        raw = file.read(LIMIT_BYTES + 1)
    return raw.decode("utf-8", "replace") if len(raw) <= LIMIT_BYTES else None


def _loaded(text: str) -> tuple[Mapping[str, object], Said | None]:
    """Return the table that a YAML text is, its values as texts; of any other text why it is none."""
    try:
        if not _is_plain(text):
            return {}, words.NOT_PLAIN()
        table = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  # makes nothing but texts, lists and tables
    except (yaml.YAMLError, ValueError) as error:
        return {}, words.NO_YAML(why=clip(" ".join(str(error).split()), SHOWN))
    return (table, None) if isinstance(table, dict) else ({}, words.NO_TABLE())


def _is_plain(text: str) -> bool:
    """Tell whether a YAML text is no larger than it looks: references multiply, and depth ends the whole process."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.CBaseLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > DEEPEST or count > MOST_PARTS:
            return False
    return True


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _parsed(text: object) -> Json:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _path(value: object) -> str:
    return value if isinstance(value, str) and is_inside(value) else ""


def _conda_of(about: Mapping[str, object]) -> str:
    env = _mapping(_mapping(about.get("flavors")).get("python_function")).get("env")
    return _path(_mapping(env).get("conda") if isinstance(env, dict) else env) or CONDA


def _example_of(about: Mapping[str, object]) -> str:
    return _path(_mapping(about.get("saved_input_example_info")).get("artifact_path"))


def _required(inputs: Json) -> tuple[str, ...] | None:
    """Return the names of the columns that a signature requires, or None when it is not of columns."""
    if not isinstance(inputs, list) or any(_mapping(one).get("type") in (None, "tensor") for one in inputs):
        return None
    needed = (one for one in inputs if "name" in one and one.get("required", True) and not one.get("optional", False))
    return tuple(str(one["name"]) for one in needed)


def _read_example(about: Mapping[str, object], texts: Mapping[str, str]) -> tuple[Json, Said | None]:
    info = _mapping(about.get("saved_input_example_info"))
    if not info:
        return None, None
    path = _example_of(about)
    if path not in texts:
        named = info.get("artifact_path")
        return None, words.FILE_AWAY(name=typed(named if isinstance(named, str) else ""))
    try:
        example = json.loads(texts[path])
    except (ValueError, RecursionError) as error:
        return None, words.NO_JSON(name=typed(path), why=clip(str(error), SHOWN))
    is_with_params = info.get("params") == "true" and isinstance(example, dict) and "inputs" in example
    return (example["inputs"] if is_with_params else example), None


def _read_environment(path: str, texts: Mapping[str, str]) -> tuple[frozenset[str], Said | None]:
    """Return the names of all packages that the environment lists, and why it cannot be read."""
    if path not in texts:
        return frozenset(), words.NO_FILE(name=typed(path))
    table, complaint = _loaded(texts[path])
    listed = table.get("dependencies")
    if not isinstance(listed, list):
        return frozenset(), words.OF_FILE(name=typed(path), complaint=complaint or words.NO_DEPENDENCIES())
    lines = [line for line in listed if isinstance(line, str)]
    for held in listed:
        of_pip = _mapping(held).get("pip")
        lines += [line for line in (of_pip if isinstance(of_pip, list) else ()) if isinstance(line, str)]
    for line in tuple(lines):
        if (included := _INCLUDED.match(line)) and included[1] in texts:
            lines += texts[included[1]].splitlines()
    names = (match[1] for line in lines if not line.lstrip().startswith(("-", "#")) and (match := _NAME.match(line)))
    return frozenset(re.sub(r"[-_.]+", "-", name).lower() for name in names), None
