"""What Azure says is understood by table and shown without its secrets."""

import pytest

from bot.adapters.azure.access import Access
from bot.adapters.azure.words import (
    may_pass,
    scoring_failure,
    short,
    sign_in_may_pass,
    sign_in_sentence,
    status_of,
)
from bot.errors import NeedsMending, Refused, UnknownStatus, Upstream
from bot.ports import DeploymentStatus

ACCESS = Access(
    tenant="t",
    client_id="the-app",
    client_secret="hush-hush",
    subscription="s",
    resource_group="g",
    workspace="w",
    instance_type="i",
    instance_count=1,
    timeout_s=60.0,
)


def test_the_secret_is_not_in_the_settings_text():
    """They may end up in a log."""
    assert "hush-hush" not in repr(ACCESS)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Creating", DeploymentStatus.CREATING),
        ("Updating", DeploymentStatus.CREATING),
        ("Scaling", DeploymentStatus.CREATING),
        ("Deleting", DeploymentStatus.CREATING),
        ("Succeeded", DeploymentStatus.READY),
        ("Failed", DeploymentStatus.FAILED),
        ("Canceled", DeploymentStatus.FAILED),
    ],
)
def test_every_state_of_the_service_is_known(word: str, expected: DeploymentStatus):
    """These are all that Microsoft's types name."""
    assert expected is status_of(word)


def test_a_state_of_the_future_is_not_guessed():
    """It is told with its word."""
    with pytest.raises(UnknownStatus, match="'Hibernating'"):
        status_of("Hibernating")


def test_messages_are_one_short_line_without_secrets():
    """No client secret, token, or signed address reaches a card."""
    said = (
        "PUT failed:\n\x1b[31m  secret hush-hush  Bearer abc.def-ghi "
        "https://x.blob.core.windows.net/c/b?sv=2023&sig=abcdefghijkl%3D and " + "more " * 100
    )

    shown = short(ACCESS, said)

    assert shown.startswith("PUT failed: secret *** Bearer *** https://x.blob.core.windows.net/c/b?… and more")
    assert 300 == len(shown)


def test_of_a_resource_its_kind_and_name_are_shown():
    """The rest of its path is the same in every message and would fill a card."""
    group = "/subscriptions/6c1a0f4e/resourceGroups/slipway"
    path = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/ep-live"

    assert "'…/onlineEndpoints/ep-live' is locked by '…/resourceGroups/slipway'." == short(
        ACCESS, f"'{path}' is locked by '{group}'."
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Authentication failed: HTTP Error: 503", True),
        ("Authentication failed: HTTP Error: 429", True),
        ("AADSTS90033: A transient error has occurred. Please try again.", True),
        ("AADSTS7000215: Invalid client secret provided.", False),
        ("Authentication failed: HTTP Error: 404", False),
    ],
)
def test_signing_in_is_tried_again_only_where_that_may_help(said: str, *, expected: bool):
    """A busy sign-in host passes, a wrong secret does not."""
    assert expected is sign_in_may_pass(said)


@pytest.mark.parametrize(("code", "trouble"), [("AADSTS7000215", "not the right one"), ("AADSTS7000222", "expired")])
def test_a_refused_secret_is_told_with_the_mend(code: str, trouble: str):
    """Which application, what is wrong, where to put a better one."""
    said = sign_in_sentence(ACCESS, f"{code}: … Trace ID: 1")

    assert "the-app" in said
    assert trouble in said
    assert "azure.client_secret" in said


@pytest.mark.parametrize(("status", "expected"), [(400, False), (404, False), (409, True), (429, True), (503, True)])
def test_a_status_says_whether_to_try_again(status: int, *, expected: bool):
    """Conflicts and trouble of the service pass; our own mistakes do not."""
    assert expected is may_pass(status)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, Refused), (424, Refused), (401, NeedsMending), (403, NeedsMending), (408, Upstream), (429, Upstream)]
    + [(status, Upstream) for status in (500, 502, 503, 504)],
)
def test_only_what_the_model_itself_refuses_is_final(status: int, expected: type[Exception]):
    """A key that is refused and a service that is busy are mended without another model."""
    failure = scoring_failure(ACCESS, status, "no such column; hush-hush")

    assert expected is type(failure)
    assert f"scoring answered {status}: no such column; ***" in str(failure)
