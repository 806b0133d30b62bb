"""What Azure's errors mean: the innermost cause first, and by table whether the refusal lasts."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.adapters.azure.words import may_pass

DEEPEST = 12
MOST_CAUSES = 3
LASTING = frozenset(
    {
        # policies, roles and locks
        "requestdisallowedbypolicy", "requestdisallowedbyazure", "authorizationfailed", "linkedauthorizationfailed",
        "linkedaccesscheckfailed", "denyassignmentauthorizationfailed", "scopelocked",
        # the subscription and the group
        "subscriptionnotfound", "subscriptionnotregistered", "missingsubscriptionregistration",
        "readonlydisabledsubscription", "disabledsubscription", "subscriptiondisabled", "resourcegroupnotfound",
        "resourcegroupbeingdeleted", "noregisteredproviderfound",
        # quotas, sizes and places
        "outofquota", "quotaexceeded", "quotalimitreached", "resourcequotaexceeded", "skunotavailable",
        "locationnotavailableforresourcetype",
        # what was asked for
        "resourcenotfound", "parentresourcenotfound", "invalidresourcename", "reservedresourcename",
        "nameunavailable", "namenotavailable", "imagebuildfailure",
    }
)  # fmt: skip
"""Refusals that stay until somebody changes what was asked, or what is allowed, also where they come as 409 or 5xx.

Codes that stand for anything, as `UserError` or `BadArgument`, are not here: their status tells.

Source:
    learn.microsoft.com, "Troubleshoot common Azure deployment errors" and "Troubleshoot online endpoint deployment".
"""
PASSING = frozenset(
    {
        "toomanyrequests", "subscriptionrequeststhrottled", "serverbusy", "servertimeout", "gatewaytimeout",
        "serviceunavailable", "anotheroperationinprogress", "operationinprogress", "requestconflict", "retryableerror",
        "principalnotfound",  # a new identity is not known everywhere at once
    }
)  # fmt: skip
NAME_IS_TAKEN = re.compile(r"unique within (a|the) region|already an endpoint with this name", re.IGNORECASE)
"""An endpoint's name is one in a whole region; that another has it comes under codes that stand for anything."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an answer of 400 or above says."""

    said: str
    """The innermost cause, then what it came in; empty where the answer gives none."""
    lasts: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """One error, with those that it holds."""

    code: str
    message: str
    inner: tuple["_Said", ...]

    def __str__(self) -> str:
        return ": ".join(part for part in (self.code, self.message) if part)


def refusal(status: int, text: str) -> Refusal:
    """Return what the answer says, whatever its text is."""
    error = _read(_parsed(text))
    return Refusal(_told(error), _lasts(error, status))


def innermost(document: object) -> str:
    """Return the innermost causes of an error's document, and behind them the outermost; empty where there is none."""
    return _told(_read(document))


def _told(error: _Said) -> str:
    causes = list(dict.fromkeys(str(one) for one, _ in _leaves(error, 0)))
    said = "; ".join(causes[:MOST_CAUSES])
    outer = str(error)
    return said if outer in (*causes, "") else f"{said} ({outer})"


def _lasts(error: _Said, status: int) -> bool:
    """Let the innermost code that a table has decide, else the status."""
    known = [(depth, code in LASTING) for code, depth in _codes(error, 0) if code in LASTING | PASSING]
    if known:
        return max(known)[1]
    return not may_pass(status) or any(NAME_IS_TAKEN.search(leaf.message) for leaf, _ in _leaves(error, 0))


def _leaves(error: _Said, depth: int) -> Iterator[tuple[_Said, int]]:
    below = [leaf for one in error.inner for leaf in _leaves(one, depth + 1)]
    if below:
        yield from below
    elif str(error):
        yield error, depth


def _codes(error: _Said, depth: int) -> Iterator[tuple[str, int]]:
    yield error.code.casefold(), depth
    for one in error.inner:
        yield from _codes(one, depth + 1)


def _read(document: object, depth: int = 0) -> _Said:
    """Read an error in any of the forms in which Azure's services write them."""
    if isinstance(document, dict) and isinstance(document.get("error"), dict | str):
        document = document["error"]
    if isinstance(document, str):
        return _Said("", document.strip(), ())
    if not isinstance(document, dict) or depth > DEEPEST:
        return _Said("", "", ())
    message = _text(document.get("message")) or _problem(document)
    wrapped = _parsed(message) or _parsed(message[1:-1]) if message.startswith("{") else None
    details = document.get("details")
    held = [*(details if isinstance(details, list) else ()), document.get("innererror") or document.get("innerError")]
    held.append(wrapped)
    inner = tuple(_read(one, depth + 1) for one in held if isinstance(one, dict))
    policies = _policies(document.get("additionalInfo"))
    told = "" if isinstance(wrapped, dict) else " ".join(part for part in (message, policies) if part)
    return _Said(_text(document.get("code")), told, inner)


def _problem(document: dict[str, object]) -> str:
    """Return what a document in the form of RFC 9457 says: its errors by field, or its detail, or its title."""
    errors = document.get("errors")
    lists = errors.values() if isinstance(errors, dict) else [errors]
    told = [text for those in lists if isinstance(those, list) for one in those if (text := _text(one))]
    return " ".join(told) or _text(document.get("detail")) or _text(document.get("title"))


def _policies(infos: object) -> str:
    """Return the names of the policies that forbade it; the message only says that there are some."""
    names = []
    for one in infos if isinstance(infos, list) else ():
        match one:
            case {"type": "PolicyViolation", "info": dict(info)}:
                known = ("policyAssignmentDisplayName", "policyDefinitionDisplayName", "policyAssignmentName")
                names += [name for key in (*known, "policyAssignmentId") if (name := _text(info.get(key)))][:1]
    return f"Policy: {', '.join(dict.fromkeys(names))}" if names else ""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
