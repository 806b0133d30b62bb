"""The endpoints, provided by Azure ML. This side is the event loop's; azure-ai-ml is imported in a worker only."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, cast

from bot.adapters.azure.access import Access
from bot.adapters.worker import Far, Worker
from bot.config import AzureSettings
from bot.errors import Refused
from bot.ports import Collected, Deployment, EndpointPlan, Probe

NAME = re.compile(r"[a-z](?!.*--)[a-z0-9-]{1,30}[a-z0-9]")  # the service's rule, and it lower-cases traffic's names
WHOLE_PCT = 100


class _Work(Protocol):
    """What `worker.py` does."""

    def converge(self, access: Access, plan: EndpointPlan) -> Deployment: ...
    def shift_traffic(self, access: Access, endpoint_name: str, weights: Mapping[str, int]) -> Deployment: ...
    def remove(self, access: Access, endpoint_name: str, name: str, weights: Mapping[str, int]) -> Deployment: ...
    def probe(self, access: Access, endpoint_name: str, deployment: str, directory: Path) -> Probe: ...
    def collected(
        self, access: Access, endpoint: str, deployment: str, *, since: datetime, limit: int
    ) -> Collected: ...
    def logs(self, access: Access, endpoint: str, deployment: str, lines: int) -> str: ...
    def check(self, access: Access) -> str: ...


_WORK = cast("_Work", Far("bot.adapters.azure.worker"))


class AzureEndpoints:
    """Fills `bot.ports.Endpoints`. No call waits for a long-running operation; it begins one or looks how far it is."""

    def __init__(self, settings: AzureSettings) -> None:
        self._settings = settings
        self._worker = Worker(
            "azure", environment=_environment(settings), timeout=timedelta(seconds=settings.timeout_s)
        )

    async def converge(self, plan: EndpointPlan) -> Deployment:
        """Take the next step that is missing: model, endpoint, deployment at 0% with its data collector."""
        _check_name("endpoint", plan.endpoint)
        _check_name("deployment", plan.deployment)
        return await self._worker.call(_WORK.converge, self._access(), plan)

    async def shift_traffic(self, endpoint: str, weights: Mapping[str, int]) -> Deployment:
        """Ask for these weights unless they hold already; READY when the endpoint shows them."""
        _check_weights(weights)
        return await self._worker.call(_WORK.shift_traffic, self._access(), endpoint, dict(weights))

    async def remove(self, endpoint: str, deployment: str, *, weights: Mapping[str, int]) -> Deployment:
        """Take the next step towards the deployment being gone, its traffic going to `weights`; ABSENT when it is."""
        _check_weights(weights)
        return await self._worker.call(_WORK.remove, self._access(), endpoint, deployment, dict(weights))

    async def probe(self, endpoint: str, deployment: str, directory: Path) -> Probe:
        """Send the model's own input example to one deployment, past the traffic split."""
        return await self._worker.call(_WORK.probe, self._access(), endpoint, deployment, directory)

    async def collected(self, endpoint: str, deployment: str, *, since: datetime, limit: int) -> Collected:
        """Return the newest rows that the data collector stored since that time, newest first."""
        return await self._worker.call(_WORK.collected, self._access(), endpoint, deployment, since=since, limit=limit)

    async def logs(self, endpoint: str, deployment: str, *, lines: int) -> str:
        """Return the end of the deployment's log."""
        return await self._worker.call(_WORK.logs, self._access(), endpoint, deployment, lines)

    async def check(self) -> str:
        """Return a sentence on what was reached."""
        return await self._worker.call(_WORK.check, self._access())

    async def close(self) -> None:
        """End the worker."""
        await self._worker.close()

    def _access(self) -> Access:
        settings = self._settings
        return Access(
            tenant=settings.tenant,
            client_id=settings.client_id,
            client_secret=settings.client_secret.reveal(),  # read anew, so that a renewed one needs no restart
            subscription=settings.subscription,
            resource_group=settings.resource_group,
            workspace=settings.workspace,
            instance_type=settings.instance_type,
            instance_count=settings.instance_count,
            timeout_s=settings.timeout_s,
        )


def _environment(settings: AzureSettings) -> dict[str, str]:
    environment = {"PYTHONWARNINGS": "ignore", "AZURE_CORE_COLLECT_TELEMETRY": "false"}
    if settings.https_proxy is not None:
        for name in ("HTTPS_PROXY", "https_proxy"):  # requests prefers the second
            environment[name] = settings.https_proxy
        environment |= {"NO_PROXY": "", "no_proxy": ""}  # an inherited one would lead past the proxy
    if settings.ca_file is not None:
        environment["REQUESTS_CA_BUNDLE"] = str(settings.ca_file)
    return environment


def _check_name(what: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise Refused(
            f"{name!r} cannot be the name of an Azure ML {what}; use 3 to 32 lower-case letters, digits and single "
            "dashes, with a letter first and no dash last."
        )


def _check_weights(weights: Mapping[str, int]) -> None:
    total_pct = sum(weights.values())
    if total_pct not in (0, WHOLE_PCT) or any(not 0 <= weight <= WHOLE_PCT for weight in weights.values()):
        shown = ", ".join(f"{name} {weight}%" for name, weight in weights.items())
        raise Refused(f"Traffic must add up to 0 or 100%, but {shown} makes {total_pct}%; give other shares.")
