"""Azure ML's words and sentences, in ours: states by table, errors shortened and without secrets."""

import re
from collections.abc import Iterator, Mapping

from bot.adapters.azure.access import Access
from bot.errors import NeedsMending, Refused, UnknownStatus, Upstream
from bot.ports import DeploymentStatus

SYSTEM = "azure"
BUSY = frozenset({"creating", "updating", "scaling", "deleting"})
STATUS = {
    **dict.fromkeys(BUSY, DeploymentStatus.CREATING),
    "succeeded": DeploymentStatus.READY,
    "failed": DeploymentStatus.FAILED,
    "canceled": DeploymentStatus.FAILED,
}
MAY_PASS = frozenset({408, 409, 412, 423, 425, 429})  # and every 5xx
SECRET_TROUBLE = {
    "AADSTS7000215": "it is not the right one",
    "AADSTS7000222": "it has expired",
    "AADSTS7000218": "it is missing",
}
SIGN_IN_PASSING = "AADSTS90033"
KEY_REFUSED = frozenset({401, 403})
RESOURCE = re.compile(r"(?i)/subscriptions/[^\s'\",;]*/([^/\s'\",;]+/[^/\s'\",;]+)")
"""A resource's path, of which the last two parts tell; the whole would fill a card."""
MESSAGE_LIMIT = 300


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and what it came from, each once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def without_zeros(weights: Mapping[str, int]) -> dict[str, int]:
    """Return the weights of what has any traffic."""
    return {name: weight for name, weight in weights.items() if weight}


def word(state: object) -> str:
    """Return the service's word, which the SDK gives as text for one kind of thing and as an enum for another."""
    return str(getattr(state, "value", state))


def status_of(state: object) -> DeploymentStatus:
    """Return what the service's provisioning state means. Raises UnknownStatus for a word of the future."""
    try:
        return STATUS[word(state).lower()]
    except KeyError:
        raise UnknownStatus(SYSTEM, word(state)) from None


def sign_in_sentence(access: Access, text: str) -> str:
    """Return what to mend when signing in was refused."""
    for code, trouble in SECRET_TROUBLE.items():
        if code in text:
            return (
                f"the client secret of application {access.client_id} is refused, {trouble} ({code}); "
                "put a valid one where azure.client_secret points"
            )
    return f"signing in failed: {short(access, text.partition(' Trace ID:')[0])}"


def sign_in_may_pass(text: str) -> bool:
    """Tell whether signing in may succeed later: the sign-in host was busy, or said that its trouble is passing."""
    status = re.search(r"HTTP Error: (\d{3})", text)
    return SIGN_IN_PASSING in text or (status is not None and may_pass(int(status[1])))


def may_pass(status: int) -> bool:
    """Tell whether the same request may succeed later, as far as the status alone says."""
    return status in MAY_PASS or status >= 500  # noqa: PLR2004 - HTTP's own number


def scoring_failure(access: Access, status: int, text: str) -> Refused | Upstream:
    """Return what an answer other than 200 to the smoke request means: what the model itself refuses stays refused."""
    said = f"scoring answered {status}: {short(access, text)}"
    if status in KEY_REFUSED:
        return NeedsMending(SYSTEM, said)
    if may_pass(status):
        return Upstream(SYSTEM, said, retryable=True)
    return Refused(f"The model failed on its own input example, {said}")


def short(access: Access, text: str) -> str:
    """Return the text in one line, without secrets and signed addresses, and not too long for a card."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text.replace(access.client_secret, "***"))
    text = RESOURCE.sub(r"…/\1", text)
    text = " ".join(re.sub(r"\?[^\s\"'<>]{20,}", "?…", re.sub(r"(?i)bearer [\w.~+/-]+=*", "Bearer ***", text)).split())
    return text if len(text) <= MESSAGE_LIMIT else f"{text[: MESSAGE_LIMIT - 1]}…"
