"""Where the registry is: what both sides of the worker know."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class Place:
    """Where the worker finds the registry."""

    tracking_uri: str
    experiment: str
    artifact_uri: str | None
    """Where a local store keeps artifacts; None for a server, which knows that itself."""


def without_password(uri: str) -> str:
    """Return the URI as it may be shown."""
    parts = urlsplit(uri)
    if "@" not in parts.netloc:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
