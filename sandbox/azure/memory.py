"""Keeps the workspace across restarts of the sandbox, in DIR/workspace.json; the blobs are files already."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.azure.world import Asset, Deployment, Endpoint, World

NAME = "workspace.json"
NOT_KEPT = ("served", "log_path", "deployments")


def save(world: World) -> None:
    """Write what there is, beside and then in place."""
    known = {
        "assets": [asdict(asset) for asset in world.assets.values()],
        "endpoints": [_kept(endpoint) for endpoint in world.endpoints.values()],
        "deployments": [_kept(one) for endpoint in world.endpoints.values() for one in endpoint.deployments.values()],
        "metadata": world.blobs.all_metadata(),
    }
    beside = world.directory / f"{NAME}.beside"
    beside.touch(mode=0o600)  # it holds the endpoints' keys
    beside.write_text(json.dumps(known), encoding="utf-8")
    beside.replace(world.directory / NAME)


def load(world: World) -> None:
    """Take up what was kept. What was on its way when the sandbox ended has failed."""
    path: Path = world.directory / NAME
    if not path.exists():
        return
    known = json.loads(path.read_text(encoding="utf-8"))
    for fields in known["assets"]:
        asset = Asset(**fields)
        world.assets[asset.kind, asset.name, asset.version] = asset
    for fields in known["endpoints"]:
        world.endpoints[fields["name"]] = Endpoint(**{**fields, "state": "Succeeded"})
    for fields in known["deployments"]:
        deployment = Deployment(**fields)
        deployment.state = "Succeeded" if deployment.state == "Succeeded" else "Failed"
        deployment.log_path = world.directory / "logs" / f"{deployment.endpoint}.{deployment.name}.log"
        world.endpoints[deployment.endpoint].deployments[deployment.name] = deployment
    for container, name, metadata in known["metadata"]:
        world.blobs.set_metadata(container, name, metadata)


def _kept(thing: Endpoint | Deployment) -> dict[str, Any]:
    return {name: value for name, value in vars(thing).items() if name not in NOT_KEPT}
