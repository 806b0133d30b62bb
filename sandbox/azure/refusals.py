"""What the real service refuses, in its own forms: answered in the place of a request when that is ordered."""

from typing import Any

Body = dict[str, Any]


def refusal(kind: str, path: str) -> tuple[int, Body]:
    """Return status and body with which the service refuses what is asked at the path.

    Raises:
        ValueError: there is no such refusal.
    """
    if kind not in _REFUSALS:
        raise ValueError(f"no such refusal: {kind!r}; there are {', '.join(_REFUSALS)}")
    status, error = _REFUSALS[kind]
    words = {"<path>": path, "<name>": path.rpartition("/")[2], "<group>": path.partition("/providers/")[0]}
    return status, {"error": _filled(error, words)}


def _filled(value: Any, words: dict[str, str]) -> Any:
    match value:
        case str():
            for word, meaning in words.items():
                value = value.replace(word, meaning)
            return value
        case list():
            return [_filled(one, words) for one in value]
        case dict():
            return {key: _filled(one, words) for key, one in value.items()}
    return value


def _error(code: str, message: str, *details: Body, **more: Any) -> Body:
    return {"code": code, "message": message, "details": list(details), "additionalInfo": [], **more}


_POLICY = {
    "type": "PolicyViolation",
    "info": {
        "policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/allowed-sizes",
        "policyDefinitionName": "allowed-sizes",
        "policyDefinitionDisplayName": "Allowed instance sizes",
        "policyDefinitionEffect": "deny",
        "policyAssignmentId": "<group>/providers/Microsoft.Authorization/policyAssignments/sizes",
        "policyAssignmentName": "sizes",
        "policyAssignmentDisplayName": "Only small instances",
        "policyAssignmentScope": "<group>",
        "policyAssignmentParameters": {},
        "policyExemptionIds": [],
    },
}
_REFUSALS: dict[str, tuple[int, Body]] = {
    "policy": (
        403,
        {
            "code": "RequestDisallowedByPolicy",
            "target": "<name>",
            "message": "Resource '<name>' was disallowed by policy. Policy identifiers: '[…]'.",
            "additionalInfo": [_POLICY],
        },
    ),
    "role": (
        403,
        {
            "code": "AuthorizationFailed",
            "message": "The client does not have authorization to perform action "
            "'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write' over scope '<path>' or the scope is "
            "invalid. If access was recently granted, please refresh your credentials.",
        },
    ),
    "lock": (
        409,
        {
            "code": "ScopeLocked",
            "message": "The scope '<path>' cannot perform write operation because following scope(s) are locked: "
            "'<group>'. Please remove the lock and try again.",
        },
    ),
    "quota": (
        400,
        _error(
            "BadRequest",
            "The request is invalid.",
            _error("OutOfQuota", "Not enough quota available for Standard_F4s_v2 in the subscription."),
        ),
    ),
    "name taken": (
        400,
        _error(
            "BadRequest",
            "The request is invalid.",
            _error(
                "InferencingClientCallFailed",
                '{"errors":{"":["There is already an endpoint with this name, Endpoint name needs to be unique within '
                'a region. Try some other name."]},"title":"One or more validation errors occurred."}',
            ),
        ),
    ),
    "name deleted": (
        404,
        _error(
            "NotFound",
            "The specified resource was not found.",
            _error("InferencingClientCallFailed", '{{"title":"Not Found"}}'),
        ),
    ),
    "invalid": (
        400,
        _error("ValidationError", "The request is invalid.", innererror={"code": "BadArgument", "message": "No SKU."}),
    ),
    "conflict": (409, _error("Conflict", "Another operation on <name> is in progress.")),
    "throttled": (429, _error("TooManyRequests", "The request was throttled.")),
}
"""Status and error by what stands in the way; the last two pass.

Source:
    learn.microsoft.com, "Troubleshoot common Azure deployment errors"; public reports of users for the two names.
"""
KINDS = tuple(_REFUSALS)
