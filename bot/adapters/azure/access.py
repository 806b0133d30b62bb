"""How the workspace is reached: what both sides of the worker know."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Access:
    """What the worker needs to reach the workspace, and how deployments are sized."""

    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    subscription: str
    resource_group: str
    workspace: str
    instance_type: str
    instance_count: int
    timeout_s: float
    """Limit of one call to the worker; the waits within it must be shorter."""
