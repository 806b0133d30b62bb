"""Checks requests and answers against Microsoft's own types, by api-version.

The types come from github.com/Azure/bicep-types-az (MIT), one types.json for each api-version in a folder of that name.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from jsonschema_rs import Draft202012Validator

Schema: TypeAlias = dict[str, Any]

REQUIRED, READ_ONLY, WRITE_ONLY, FIXED = 1, 2, 4, 8  # flags of a property; FIXED ones stand in the address
ARM_PATH = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/(?P<provider>Microsoft\.\w+)/(?P<rest>.+)", re.IGNORECASE
)


class Types:
    """The types of one api-version as JSON Schemas."""

    def __init__(self, path: Path) -> None:
        self._types: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        self._resources: dict[str, int] = {}
        self._actions: dict[tuple[str, str], dict[str, Any]] = {}
        self._validators: dict[tuple[int, bool], Draft202012Validator] = {}
        for entry in self._types:
            if entry["$type"] == "ResourceType":
                self._resources[entry["name"].split("@")[0].lower()] = _index(entry["body"])
            elif entry["$type"] == "ResourceFunctionType":
                self._actions[entry["resourceType"].lower(), entry["name"].lower()] = entry

    def resource(self, kind: str, *, is_request: bool) -> Draft202012Validator | None:
        """Return what checks a resource of that kind."""
        index = self._resources.get(kind.lower())
        return None if index is None else self._validator(index, is_request=is_request)

    def action(self, kind: str, name: str, *, is_request: bool) -> Draft202012Validator | None:
        """Return what checks the input or output of an action; None when it has none."""
        entry = self._actions.get((kind.lower(), name.lower()), {})
        reference = entry.get("input" if is_request else "output")
        return None if reference is None else self._validator(_index(reference), is_request=is_request)

    def has_action(self, kind: str, name: str) -> bool:
        """Tell whether the types know the action."""
        return (kind.lower(), name.lower()) in self._actions

    def _validator(self, index: int, *, is_request: bool) -> Draft202012Validator:
        key = (index, is_request)
        if key not in self._validators:
            definitions: Schema = {}
            self._define(index, definitions, is_request=is_request)
            self._validators[key] = Draft202012Validator({"$ref": f"#/$defs/{index}", "$defs": definitions})
        return self._validators[key]

    def _define(self, index: int, definitions: Schema, *, is_request: bool) -> Schema:
        if str(index) not in definitions:
            definitions[str(index)] = {}  # stands until it is known, for types that hold themselves
            definitions[str(index)] = self._schema(self._types[index], definitions, is_request=is_request)
        return {"$ref": f"#/$defs/{index}"}

    def _schema(self, entry: dict[str, Any], definitions: Schema, *, is_request: bool) -> Schema:
        match entry["$type"]:
            case "ObjectType":
                extra = entry.get("additionalProperties")
                return self._object(entry.get("properties", {}), extra, definitions, is_request=is_request)
            case "DiscriminatedObjectType":
                return self._by_word(entry, definitions, is_request=is_request)
            case "ArrayType":
                items = self._define(_index(entry["itemType"]), definitions, is_request=is_request)
                return {"type": "array", "items": items}
            case "UnionType":
                return self._union(entry, definitions, is_request=is_request)
        return _scalar(entry)

    def _union(self, entry: dict[str, Any], definitions: Schema, *, is_request: bool) -> Schema:
        choices = [_index(choice) for choice in entry["elements"]]
        words = [index for index in choices if self._types[index]["$type"] != "StringType"]
        closed = words or choices  # a bare string beside words only says that there may be more one day
        return {"anyOf": [self._define(index, definitions, is_request=is_request) for index in closed]}

    def _by_word(self, entry: dict[str, Any], definitions: Schema, *, is_request: bool) -> Schema:
        discriminator = entry["discriminator"]
        cases = []
        for word, reference in entry["elements"].items():
            properties = {**entry.get("baseProperties", {}), **self._types[_index(reference)].get("properties", {})}
            then = self._object(properties, None, definitions, is_request=is_request)
            cases.append({"if": {"properties": {discriminator: {"const": word}}}, "then": then})
        words = {discriminator: {"enum": list(entry["elements"])}}
        return {"type": "object", "required": [discriminator], "properties": words, "allOf": cases}

    def _object(
        self,
        properties: Mapping[str, dict[str, Any]],
        extra: Mapping[str, str] | None,
        definitions: Schema,
        *,
        is_request: bool,
    ) -> Schema:
        hidden = (READ_ONLY | FIXED) if is_request else WRITE_ONLY
        shown = {name: entry for name, entry in properties.items() if not entry["flags"] & hidden}
        required = [name for name, entry in shown.items() if entry["flags"] & REQUIRED]
        schemas = {
            name: self._define(_index(entry["type"]), definitions, is_request=is_request)
            for name, entry in shown.items()
        }
        rest = self._define(_index(extra), definitions, is_request=is_request) if extra else False
        return {"type": "object", "properties": schemas, "required": required, "additionalProperties": rest}


class Spec:
    """Finds fault with what is said to or by the resource manager."""

    def __init__(self, directory: Path | None) -> None:
        self._versions: dict[str, Types] = {}
        if directory is not None:
            self._versions = {path.parent.name: Types(path) for path in sorted(directory.glob("*/types.json"))}

    @property
    def versions(self) -> tuple[str, ...]:
        """The api-versions whose types are there."""
        return tuple(self._versions)

    def faults(self, method: str, path: str, version: str, document: Any, *, is_request: bool) -> Iterator[str]:
        """Yield what is wrong with a request's or an answer's body; nothing when no types are there at all."""
        found = ARM_PATH.fullmatch(path)
        if not self._versions or found is None:
            return
        types = self._versions.get(version)
        if types is None:
            yield f"no types of api-version {version!r}"
            return
        words = found["rest"].strip("/").split("/")
        kind = "/".join([found["provider"], *words[0::2]])
        if method == "POST":
            kind, action = kind.rsplit("/", 1)
            if not types.has_action(kind, action):
                yield f"no action {action} of {kind}"
                return
            validator = types.action(kind, action, is_request=is_request)
            documents = [document]
        else:
            validator = types.resource(kind, is_request=is_request)
            documents = document.get("value", []) if len(words) % 2 else [document]
            if validator is None:
                yield f"no type {kind}"
        if validator is not None:
            for one in documents:
                yield from (
                    f"{error.instance_path}: {error.message}"[:400]
                    for error in validator.iter_errors(_without_nulls(one))
                )


def _index(reference: Mapping[str, str]) -> int:
    return int(reference["$ref"].removeprefix("#/"))


def _without_nulls(document: Any) -> Any:
    """Return the document as the service reads it: null is the same as absent."""
    if isinstance(document, dict):
        return {name: _without_nulls(value) for name, value in document.items() if value is not None}
    return [_without_nulls(one) for one in document] if isinstance(document, list) else document


def _scalar(entry: dict[str, Any]) -> Schema:
    kind = entry["$type"]
    if kind == "StringLiteralType":
        return {"enum": [entry["value"], entry["value"].lower()]}  # the service reads words in any case
    schemas: dict[str, Schema] = {
        "StringType": {"type": "string"} | ({"pattern": entry["pattern"]} if "pattern" in entry else {}),
        "IntegerType": {"type": "number"},  # the types call a fraction an integer, too
        "BooleanType": {"type": "boolean"},
        "AnyType": {},
    }
    return schemas[kind]
