"""What is made to go wrong, on request of a test or of someone who tries the sandbox out."""

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.azure.refusals import refusal


@dataclass
class HttpFault:
    """The next requests that match are answered wrongly, or not at all."""

    left: int
    status: int
    """0 hangs."""
    is_executed: bool = False
    """The request takes effect, but its answer is lost."""
    method: str = ""
    match: str = ""
    """Regular expression, searched in host and path."""
    refusal: str = ""
    """What stands in the way of what is asked, by its name in `refusals`; empty for a service that is unavailable."""


@dataclass
class Faults:
    """Faults that wait for their occasion."""

    http: list[HttpFault] = field(default_factory=list)
    failed_deployments: list[tuple[str | None, str]] = field(default_factory=list)
    """Code (the service often gives none) and message, one for each deployment that is to fail."""
    failed_endpoints: list[tuple[str | None, str]] = field(default_factory=list)
    """The same for each change of an endpoint, such as its traffic."""
    provisioning_s: float = 0.2
    """How long each endpoint and deployment operation takes at least."""

    def take(self, method: str, address: str) -> HttpFault | None:
        """Return the fault for this request, counted down, or None."""
        for fault in self.http:
            if fault.left > 0 and fault.method in ("", method) and re.search(fault.match, address):
                fault.left -= 1
                return fault
        return None

    def order(self, wish: dict[str, Any]) -> None:
        """Add what is wished.

        `kind` is one of http, hang, refusal (`what` is one of `refusals`), deployment, endpoint, provisioning, clear
        (with `only` one).

        Raises:
            ValueError: there is no such kind, or no such refusal.
        """
        match wish.get("kind"):
            case "http" | "hang" | "refusal":
                self.http.append(_answered_wrongly(wish))
            case "deployment":
                self.failed_deployments.append((wish.get("code"), str(wish["cause"])))
            case "endpoint":
                self.failed_endpoints.append((wish.get("code"), str(wish["cause"])))
            case "provisioning":
                self.provisioning_s = float(wish["seconds"])
            case "clear" if wish.get("only") == "http":
                self.http.clear()
            case "clear" if wish.get("only") == "deployment":
                self.failed_deployments.clear()
            case "clear":
                self.http.clear()
                self.failed_deployments.clear()
                self.failed_endpoints.clear()
                self.provisioning_s = 0.2
            case other:
                raise ValueError(f"no such kind of fault: {other!r}")


def _answered_wrongly(wish: dict[str, Any]) -> HttpFault:
    kind, what = wish["kind"], str(wish.get("what", ""))
    status = refusal(what, "/")[0] if kind == "refusal" else int(wish.get("status", 503))
    return HttpFault(
        left=int(wish.get("times", 1000 if kind == "refusal" else 1)),
        status=0 if kind == "hang" else status,
        is_executed=bool(wish.get("executed", False)),
        method=str(wish.get("method", "PUT" if kind == "refusal" else "")),
        match=str(wish.get("match", "")),
        refusal=what,
    )
