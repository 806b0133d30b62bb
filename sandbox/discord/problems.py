"""The errors that Discord answers with. Source: docs, "Opcodes and Status Codes", JSON error codes."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.discord.wire import Payload

KNOWN: dict[int, tuple[int, str]] = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (404, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    10087: (404, "Unknown tag"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30046: (429, "Maximum number of edits to messages older than 1 hour reached"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50016: (400, "You can only bulk delete between 2 and 100 messages."),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50034: (400, "A message provided was too old to bulk delete"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    160004: (400, "A thread has already been created for this message"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a form: where, Discord's name for it, and its sentence."""

    path: tuple[str | int, ...]
    code: str
    message: str


class Problem(Exception):
    """An answer other than success."""

    def __init__(self, code: int, *, status: int | None = None, message: str | None = None) -> None:
        known_status, known_message = KNOWN.get(code, (400, "Unknown error"))
        self.code = code
        self.status = status or known_status
        self.message = message or known_message
        self.errors: Payload | None = None
        super().__init__(self.message)

    def body(self) -> Payload:
        """Return the JSON that goes over the wire."""
        body: Payload = {"message": self.message, "code": self.code}
        return body if self.errors is None else body | {"errors": self.errors}


def invalid_form(faults: Iterable[Fault]) -> Problem:
    """Return the 50035 whose tree names every fault."""
    problem = Problem(50035)
    tree: Payload = {}
    for fault in faults:
        node = tree
        for step in fault.path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": fault.code, "message": fault.message})
    problem.errors = tree
    return problem
