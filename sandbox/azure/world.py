"""What the workspace holds: models, endpoints, deployments, blobs on disk, and the faults that were asked for."""

import json
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from sandbox.azure.blobs import Blobs
from sandbox.azure.faults import Faults
from sandbox.azure.serving import Served
from sandbox.azure.spec import Spec
from sandbox.wirelog import WireLog

Body: TypeAlias = dict[str, Any]

PROVIDER = "Microsoft.MachineLearningServices"
REGION = "eastus2"
SUBSCRIPTION = "6c1a0f4e-58a2-4f0b-9d55-2f7f6ce0a001"
RESOURCE_GROUP = "slipway"
WORKSPACE = "sandbox"
WORKSPACE_ID = "0d2b2d27-6f0e-4a6e-8a67-5d7e1e7c9b01"
TENANT = "72f988bf-0000-4000-8000-2d7cd011db47"
CLIENT_ID = "b9f9c8a4-1111-4222-8333-7f9d2c0e5a10"
ACCOUNT = "slipwaysandbox"
CONTAINER = "azureml-blobstore-0d2b2d27-6f0e-4a6e-8a67-5d7e1e7c9b01"
WORKSPACE_PATH = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/providers/{PROVIDER}/workspaces/{WORKSPACE}"
)


def now_text() -> str:
    """Return the time as the service writes it."""
    return datetime.now(UTC).isoformat()


@dataclass
class Asset:
    """A version of a model or data asset, as it was put."""

    kind: str
    """`models` or `data`, as in the path."""
    name: str
    version: str
    properties: Body
    created_at: str = field(default_factory=now_text)


@dataclass
class Deployment:
    """A deployment of an endpoint and the process that serves its model."""

    endpoint: str
    name: str
    body: Body
    state: str = "Creating"
    operation: str = ""
    """Address of its newest operation, without the signature."""
    served: Served | None = None
    log_path: Path | None = None
    instance: str = field(default_factory=lambda: str(uuid.uuid4()))
    created_at: str = field(default_factory=now_text)


@dataclass
class Endpoint:
    """An online endpoint."""

    name: str
    body: Body
    state: str = "Creating"
    operation: str = ""
    traffic: dict[str, int] = field(default_factory=dict)
    mirror: dict[str, int] = field(default_factory=dict)
    primary_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    secondary_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    deployments: dict[str, Deployment] = field(default_factory=dict)
    created_at: str = field(default_factory=now_text)

    @property
    def is_busy(self) -> bool:
        """Tell whether the service refuses other writes for now."""
        return self.state in ("Creating", "Updating", "Deleting")

    @property
    def host(self) -> str:
        """The host that answers scoring requests."""
        return f"{self.name}.{REGION}.inference.ml.azure.com"


@dataclass
class Operation:
    """A long-running operation."""

    id: str
    status: str
    """`Creating`, `Updating` or `Deleting` while it runs; then `Succeeded` or `Failed`."""
    started_at: str = field(default_factory=now_text)
    ended_at: str | None = None
    error: Body | None = None


class World:
    """Everything that the hosts of the emulated cloud share."""

    def __init__(self, directory: Path, spec: Spec) -> None:
        self.directory = directory
        self.spec = spec
        self.client_secret = _kept_secret(directory / "client-secret")
        self.sas_signature = secrets.token_urlsafe(32)
        self.tokens: set[str] = set()
        self.assets: dict[tuple[str, str, str], Asset] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.operations: dict[str, Operation] = {}
        self.blobs = Blobs(directory / "blobs")
        self.faults = Faults()
        self.violations: list[str] = []
        self.request_count = 0
        self.log = WireLog()

    @property
    def sas_token(self) -> str:
        """A shared access signature for the whole account."""
        return f"sv=2023-11-03&ss=b&srt=sco&sp=rwdlac&se=2099-01-01T00%3A00%3A00Z&spr=https&sig={self.sas_signature}"

    def violate(self, text: str) -> None:
        """Note that something outside the protocol happened."""
        self.violations.append(text)
        print(f"violation: {text}", flush=True)

    def model_folder(self, endpoint: str, deployment: str) -> Path:
        """Return the folder that a deployment's model is served from."""
        return self.directory / "models" / f"{endpoint}.{deployment}"

    def deployment(self, endpoint: str, name: str) -> Deployment | None:
        """Return the deployment, or None."""
        found = self.endpoints.get(endpoint)
        return found.deployments.get(name) if found else None

    def summary(self) -> Body:
        """Return what there is, for the control port."""
        return {
            "models": [
                {"name": asset.name, "version": asset.version, "tags": asset.properties.get("tags") or {}}
                for asset in self.assets.values()
                if asset.kind == "models"
            ],
            "endpoints": {
                endpoint.name: {
                    "state": endpoint.state,
                    "traffic": endpoint.traffic,
                    "deployments": {
                        deployment.name: {
                            "state": deployment.state,
                            "model": deployment.body["properties"].get("model"),
                            "instance_type": deployment.body["properties"].get("instanceType"),
                            "instance_count": (deployment.body.get("sku") or {}).get("capacity"),
                        }
                        for deployment in endpoint.deployments.values()
                    },
                }
                for endpoint in self.endpoints.values()
            },
            "requests": self.request_count,
            "faults": {
                "http": sum(fault.left for fault in self.faults.http),
                "deployment": len(self.faults.failed_deployments),
            },
        }

    async def close(self) -> None:
        """End the processes that serve models."""
        for endpoint in self.endpoints.values():
            for deployment in endpoint.deployments.values():
                if deployment.served is not None:
                    await deployment.served.close()


def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.write_text(json.dumps(secrets.token_urlsafe(24)), encoding="utf-8")
        path.chmod(0o600)
    return str(json.loads(path.read_text(encoding="utf-8")))
