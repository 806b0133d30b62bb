"""What Azure refuses is told by its innermost cause, and by table as lasting or passing."""

import json
from typing import Any

import pytest

from bot.adapters.azure.errors import innermost, refusal
from tests.support.need import lacking
from tests.support.specs import SPECS

EXAMPLES = json.loads((SPECS / "azure-errors" / "examples.json").read_text(encoding="utf-8")) if SPECS else []


def nested(*codes: str, status: int = 400) -> dict[str, Any]:
    """Return an error whose details hold the next one, each with a message of its own."""
    *outer, last = codes
    error: dict[str, Any] = {"code": last, "message": f"{last} it is.", "details": []}
    for code in reversed(outer):
        error = {"code": code, "message": f"{code} it is.", "details": [error]}
    return {"error": error, "status": status}


@pytest.mark.parametrize(
    ("status", "code", "lasts"),
    [
        (400, "BadArgument", True),
        (400, "OutOfQuota", True),
        (400, "PrincipalNotFound", False),
        (400, "a code of the future", True),
        (403, "RequestDisallowedByPolicy", True),
        (403, "AuthorizationFailed", True),
        (403, "LinkedAuthorizationFailed", True),
        (404, "ResourceNotFound", True),
        (404, "ResourceGroupNotFound", True),
        (405, "MethodNotAllowed", True),
        (409, "Conflict", False),
        (409, "a code of the future", False),
        (409, "ScopeLocked", True),
        (409, "ReadOnlyDisabledSubscription", True),
        (409, "MissingSubscriptionRegistration", True),
        (409, "ResourceGroupBeingDeleted", True),
        (409, "QuotaExceeded", True),
        (409, "SkuNotAvailable", True),
        (409, "AnotherOperationInProgress", False),
        (412, "PreconditionFailed", False),
        (422, "InvalidRequestContent", True),
        (423, "Locked", False),
        (429, "TooManyRequests", False),
        (500, "InternalServerError", False),
        (503, "ServerBusy", False),
        (500, "OutOfQuota", True),
    ],
)
def test_each_refusal_lasts_or_passes_by_its_code_or_else_by_its_status(status: int, code: str, *, lasts: bool):
    """A busy endpoint is waited for; a lock, a policy, a role, a quota, a wrong name are not."""
    assert lasts is refusal(status, json.dumps({"error": {"code": code, "message": "m"}})).lasts


@pytest.mark.parametrize(
    ("codes", "status", "lasts"),
    [
        (("BadRequest", "OutOfQuota"), 400, True),
        (("Conflict", "ScopeLocked"), 409, True),
        (("InternalServerError", "QuotaExceeded"), 500, True),
        (("BadRequest", "UserError", "TooManyRequests"), 400, False),
        (("ScopeLocked", "something unheard of"), 409, True),
        (("Conflict", "UserError"), 409, False),
    ],
)
def test_the_innermost_code_that_is_known_decides(codes: tuple[str, ...], status: int, *, lasts: bool):
    """What wraps it says as little as `BadRequest`."""
    assert lasts is refusal(status, json.dumps(nested(*codes))).lasts


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (nested("BadRequest", "OutOfQuota"), "OutOfQuota: OutOfQuota it is. (BadRequest: BadRequest it is.)"),
        (nested("A", "B", "C"), "C: C it is. (A: A it is.)"),
        ({"error": {"code": None, "message": "It is taken."}}, "It is taken."),
        ({"code": "X", "message": "No envelope."}, "X: No envelope."),
        (
            {
                "error": {
                    "code": "A",
                    "message": "Out.",
                    "innererror": {"code": "B", "innererror": {"message": "In."}},
                }
            },
            "In. (A: Out.)",
        ),
        (
            {
                "error": {
                    "code": "A",
                    "message": "Out.",
                    "details": None,
                    "innererror": {"code": "B", "message": "In."},
                }
            },
            "B: In. (A: Out.)",
        ),
        (
            {"error": {"code": "A", "message": json.dumps({"error": {"code": "B", "message": "Within text."}})}},
            "B: Within text. (A)",
        ),
        (
            {"error": {"code": "A", "message": "Two.", "details": [{"message": "One."}, {"message": "Other."}]}},
            "One.; Other. (A: Two.)",
        ),
        ({"error": {"code": "A", "message": "Same.", "details": [{"code": "A", "message": "Same."}]}}, "A: Same."),
        ({"error": {"code": "A", "message": "M.", "details": [{"code": "", "message": None, "details": []}]}}, "A: M."),
        (
            {"error": {"code": "N", "details": [{"code": "I", "message": '{{"title":"Not Found"}}'}]}},
            "Not Found (N)",
        ),
        (
            {"error": {"code": "A", "message": '{"errors":{"":["It is taken."],"x":["No."]},"title":"Faults."}'}},
            "It is taken. No. (A)",
        ),
        ({"error": "only a word"}, "only a word"),
        ([], ""),
        ({"error": {"details": "no list", "innererror": 7}}, ""),
    ],
)
def test_the_innermost_cause_comes_first(document: Any, said: str):
    """Whatever it is wrapped in: details, inner errors, text that is JSON; the outermost stands behind it."""
    assert said == innermost(document)


@pytest.mark.parametrize("status", [400, 409])
def test_a_name_that_another_has_in_the_region_is_no_conflict_that_passes(status: int):
    """It comes under a code that stands for anything."""
    said = "The specified endpoint name is not available. Endpoint names must be unique within the region."

    assert refusal(status, json.dumps({"error": {"code": "UserError", "message": said}})).lasts


def test_a_policy_is_named():
    """Its message only says that there is one."""
    info = {"policyAssignmentDisplayName": "Allowed locations", "policyAssignmentId": "/y", "policyDefinitionId": "/x"}
    error: dict[str, Any] = {"code": "RequestDisallowedByPolicy", "message": "It was disallowed by policy."}
    error["additionalInfo"] = [{"type": "PolicyViolation", "info": info}, {"type": "Time", "info": None}]

    assert "RequestDisallowedByPolicy: It was disallowed by policy. Policy: Allowed locations" == innermost(
        {"error": error}
    )


@pytest.mark.parametrize("text", ["", "<html>Bad Gateway</html>", "[" * 100_000, "7", "null"])
def test_what_is_no_document_is_decided_by_its_status(text: str):
    """A proxy's page tells nothing more."""
    assert [True, False] == [refusal(status, text).lasts for status in (400, 502)]


def test_the_described_refusals_are_all_told():
    """Each example of Azure's own error shapes: whether it lasts, and the words it is told by."""
    if SPECS is None:
        lacking("the official descriptions of Azure's errors")
    refused = {one["name"]: refusal(one["http"], json.dumps(one["body"])) for one in EXAMPLES if one["http"] >= 400}

    assert {"policy": True, "lock": True, "rbac": True, "quota-nested": True} == {
        name: one.lasts for name, one in refused.items()
    }
    assert refused["quota-nested"].said.startswith("OutOfQuota: Not enough quota available for Standard_DS3_v2")
    assert "Policy: Allowed locations" in refused["policy"].said
