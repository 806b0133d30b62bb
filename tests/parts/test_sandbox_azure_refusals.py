"""The sandbox's Azure refuses in the service's own forms."""

import json

import jsonschema_rs
import pytest

from sandbox.azure.faults import Faults
from sandbox.azure.refusals import KINDS, refusal
from tests.support.need import lacking
from tests.support.specs import SPECS

PATH = "/subscriptions/s/resourceGroups/g/providers/P/workspaces/w/onlineEndpoints/ep-1"


@pytest.mark.parametrize("kind", KINDS)
def test_each_refusal_has_the_described_shape(kind: str):
    """The resource manager's envelope, and a policy's own part within it."""
    if SPECS is None:
        lacking("the official descriptions of Azure's errors")
    assert SPECS is not None
    schema = json.loads((SPECS / "azure-errors" / "arm-error.schema.json").read_text(encoding="utf-8"))
    status, body = refusal(kind, PATH)
    policies = [one["info"] for one in body["error"].get("additionalInfo", []) if one["type"] == "PolicyViolation"]
    of_policies = {"$defs": schema["$defs"], "$ref": "#/$defs/PolicyViolationInfo"}

    assert 400 <= status < 500
    assert [] == list(jsonschema_rs.validator_for(schema).iter_errors(body))
    assert [] == [one for info in policies for one in jsonschema_rs.validator_for(of_policies).iter_errors(info)]
    assert "<" not in json.dumps(body)


def test_a_refusal_that_the_sandbox_does_not_know_is_told():
    """With those that it knows."""
    with pytest.raises(ValueError, match=r"no such refusal: 'mood'; there are policy, role"):
        Faults().order({"kind": "refusal", "what": "mood"})
