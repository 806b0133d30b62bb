"""What is said to Azure ML, in the worker process: the only importer of azure."""

import contextlib
import io
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from azure.ai.ml import MLClient
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import (
    DataCollector,
    DeploymentCollection,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
    OnlineDeployment,
    OnlineEndpoint,
)
from azure.ai.ml.exceptions import MlException
from azure.core import PipelineClient
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import ClientSecretCredential
from azure.storage.blob import ContainerClient

from bot.adapters.azure.access import Access
from bot.adapters.azure.errors import Refusal, innermost, refusal
from bot.adapters.azure.rows import Pairs, scoring_request
from bot.adapters.azure.words import (
    SYSTEM,
    causes_of,
    scoring_failure,
    short,
    sign_in_may_pass,
    sign_in_sentence,
    status_of,
    without_zeros,
    word,
)
from bot.errors import NeedsMending, Refused, SlipwayError, Upstream
from bot.ports import Collected, Deployment, DeploymentStatus, EndpointPlan, Probe

T = TypeVar("T")

DIGEST_TAG = "slipway-digest"
DATASTORE = "workspaceblobstore"
COLLECTIONS = ("request", "response")  # payload logging: needs no code in the model
MANAGEMENT = "management.azure.com"
DELETING = "deleting"
CAUSE_LOG_LINES = 200
LONGEST_WAIT_S = 30.0
TAIL_BYTES = 64 * 2**20
LONGEST_LOOK_BACK = timedelta(days=400)


@lru_cache(maxsize=1)
def _client(access: Access) -> MLClient:
    """Return the client, and silence what the SDK prints: dots, ticks and warnings on its own inner workings."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - for as long as the process lives
    logging.disable()
    return MLClient(
        _credential(access),
        access.subscription,
        access.resource_group,
        access.workspace,
        show_progress=False,
        enable_telemetry=False,
        polling_interval=5,
        connection_timeout=min(10.0, _wait_s(access)),
        read_timeout=_wait_s(access),
        retry_total=3,
    )


@lru_cache(maxsize=1)
def _credential(access: Access) -> ClientSecretCredential:
    limits = {"connection_timeout": min(10.0, _wait_s(access)), "read_timeout": _wait_s(access)}
    return ClientSecretCredential(access.tenant, access.client_id, access.client_secret, **limits)


def _wait_s(access: Access) -> float:
    """Return how long one request may hang: four, as the SDK tries, with its pauses, end within the worker's limit."""
    return min(LONGEST_WAIT_S, access.timeout_s / 8)


# ---------------------------------------------------------------- what the port asks for


def converge(access: Access, plan: EndpointPlan) -> Deployment:
    """Look what is there, begin the first thing that is missing, and return how far the plan is."""
    with translating(access):
        client = _client(access)
        endpoint = _found(lambda: client.online_endpoints.get(plan.endpoint))
        deployment = endpoint and _found(lambda: client.online_deployments.get(plan.deployment, plan.endpoint))
        if deployment:
            return _judged(access, plan, deployment, _traffic(endpoint))
        refusal = _model_step(client, plan) or _endpoint_step(client, plan, endpoint)
        if refusal is not None:
            return refusal
        _begin(lambda: client.online_deployments.begin_create_or_update(_wanted_deployment(access, plan)))
        return Deployment(DeploymentStatus.CREATING, _traffic(endpoint))


def shift_traffic(access: Access, endpoint_name: str, weights: Mapping[str, int]) -> Deployment:
    """Put the weights, unless they hold or the endpoint is still busy, on the endpoint as it was just read."""
    with translating(access):
        client = _client(access)
        endpoint = _found(lambda: client.online_endpoints.get(endpoint_name))
        if endpoint is None:
            return Deployment(DeploymentStatus.ABSENT, {})
        traffic = _traffic(endpoint)
        unknown = [name for name, weight in weights.items() if weight and name not in traffic]
        if unknown:
            raise Refused(f"Endpoint {endpoint_name} has no deployment {', '.join(unknown)}; name one it has.")
        if status_of(endpoint.provisioning_state) == DeploymentStatus.CREATING:
            return Deployment(DeploymentStatus.CREATING, traffic)
        if without_zeros(traffic) == without_zeros(weights):
            return Deployment(DeploymentStatus.READY, traffic)
        has_failed = status_of(endpoint.provisioning_state) is DeploymentStatus.FAILED
        failure = _operation_error(access, endpoint, f"endpoint {endpoint_name}") if has_failed else ""
        endpoint.traffic = dict(weights)
        _begin(lambda: client.online_endpoints.begin_create_or_update(endpoint))
        return Deployment(DeploymentStatus.CREATING, traffic, short(access, failure))


def remove(access: Access, endpoint_name: str, name: str, weights: Mapping[str, int]) -> Deployment:
    """Look what is there and begin the next step, unless the endpoint is busy: users go first, then the deployment."""
    with translating(access):
        client = _client(access)
        endpoint = _found(lambda: client.online_endpoints.get(endpoint_name))
        deployment = endpoint and _found(lambda: client.online_deployments.get(name, endpoint_name))
        traffic = _traffic(endpoint)
        if endpoint is None or not deployment:
            return Deployment(DeploymentStatus.ABSENT, traffic)
        if status_of(endpoint.provisioning_state) is not DeploymentStatus.CREATING:
            if traffic.get(name):
                endpoint.traffic = dict(weights)
                _begin(lambda: client.online_endpoints.begin_create_or_update(endpoint))
            elif word(deployment.provisioning_state).lower() != DELETING:
                _begin(lambda: client.online_deployments.begin_delete(name, endpoint_name))
        return Deployment(DeploymentStatus.CREATING, traffic)


def probe(access: Access, endpoint_name: str, deployment: str, directory: Path) -> Probe:
    """Score the input example by a request of our own: the SDK's `invoke` bends every later one to this deployment."""
    body = scoring_request(directory)
    with translating(access):
        client = _client(access)
        uri = client.online_endpoints.get(endpoint_name).scoring_uri
        keys = client.online_endpoints.get_keys(endpoint_name)
        headers = {"Authorization": f"Bearer {keys.primary_key}", "azureml-model-deployment": deployment}
        began = time.perf_counter()
        response = _send(access, HttpRequest("POST", str(uri), headers=headers, json=body))
        latency_ms = (time.perf_counter() - began) * 1000
        if response.status_code != 200:  # noqa: PLR2004 - HTTP's own number
            raise scoring_failure(access, response.status_code, response.text())
        return Probe(response.headers.get("azureml-model-deployment", ""), latency_ms, response.json())


def collected(access: Access, endpoint: str, deployment: str, *, since: datetime, limit: int) -> Collected:
    """Read the data collector's blobs, hour by hour from the newest, until there are enough rows."""
    with translating(access), _container(access) as container:
        now = datetime.now(UTC)
        pairs = Pairs(max(since.astimezone(UTC), now - LONGEST_LOOK_BACK), limit)
        root = f"modelDataCollector/{endpoint}/{deployment}"
        for hour in _hours(container, root, now, pairs.since):
            requests, responses = (_lines(container, f"{root}/{name}/{hour}/") for name in COLLECTIONS)
            pairs.add(requests, responses)
            if pairs.is_full:
                break
        return pairs.collected()


def logs(access: Access, endpoint: str, deployment: str, lines: int) -> str:
    """Return the end of the deployment's log, or why there is none: what asks for it has a failure to tell already."""
    with translating(access):
        try:
            return str(_client(access).online_deployments.get_logs(deployment, endpoint, lines))
        except ResourceNotFoundError:
            return ""
        except HttpResponseError as error:
            if not _refused(error).lasts or isinstance(error, ClientAuthenticationError):
                raise
            return f"The log cannot be read: HTTP {error.status_code}, {short(access, _refused(error).said)}"


def check(access: Access) -> str:
    """Return a sentence on the workspace."""
    with translating(access):
        client = _client(access)
        workspace = client.workspaces.get(access.workspace)
        count = len(list(client.online_endpoints.list()))
        return f"Azure ML workspace {workspace.name} in {workspace.location} answers; it has {count} online endpoints."


# ---------------------------------------------------------------- the steps of converge


def _model_step(client: MLClient, plan: EndpointPlan) -> Deployment | None:
    known = _found(lambda: client.models.get(plan.model_name, version=plan.model_version))
    if known is not None:
        digest = (known.tags or {}).get(DIGEST_TAG)
        if digest == plan.model_digest:
            return None
        said = f"model {plan.model_name} version {plan.model_version} is registered with other content"
        return Deployment(DeploymentStatus.FAILED, {}, said)
    model = Model(
        name=plan.model_name,
        version=plan.model_version,
        path=str(plan.directory),
        type=AssetTypes.MLFLOW_MODEL,
        tags={**plan.tags, DIGEST_TAG: plan.model_digest},
    )
    with contextlib.redirect_stderr(io.StringIO()):  # it prints blank lines there after an upload
        client.models.create_or_update(model)
    return Deployment(DeploymentStatus.CREATING, {})


def _endpoint_step(client: MLClient, plan: EndpointPlan, endpoint: OnlineEndpoint | None) -> Deployment | None:
    if endpoint is None:
        wanted = ManagedOnlineEndpoint(name=plan.endpoint, auth_mode="key", tags=dict(plan.tags))
        _begin(lambda: client.online_endpoints.begin_create_or_update(wanted))
        return Deployment(DeploymentStatus.CREATING, {})
    match status_of(endpoint.provisioning_state):
        case DeploymentStatus.READY:
            return None
        case DeploymentStatus.FAILED:
            said = f"endpoint {plan.endpoint} is {word(endpoint.provisioning_state)}; look at it in the Azure portal"
            return Deployment(DeploymentStatus.FAILED, _traffic(endpoint), said)
        case _:
            return Deployment(DeploymentStatus.CREATING, _traffic(endpoint))


def _wanted_deployment(access: Access, plan: EndpointPlan) -> ManagedOnlineDeployment:
    return ManagedOnlineDeployment(
        name=plan.deployment,
        endpoint_name=plan.endpoint,
        model=f"azureml:{plan.model_name}:{plan.model_version}",
        instance_type=access.instance_type,
        instance_count=access.instance_count,
        data_collector=DataCollector({name: DeploymentCollection(enabled="true") for name in COLLECTIONS}),
        tags=dict(plan.tags),
    )


def _judged(access: Access, plan: EndpointPlan, deployment: OnlineDeployment, traffic: dict[str, int]) -> Deployment:
    served = str(deployment.model).lower()
    if not served.endswith(f"/models/{plan.model_name}/versions/{plan.model_version}".lower()):
        said = f"deployment {plan.deployment} of {plan.endpoint} serves another model"
        return Deployment(DeploymentStatus.FAILED, traffic, said)
    status = status_of(deployment.provisioning_state)
    return Deployment(status, traffic, _cause(access, plan, deployment) if status is DeploymentStatus.FAILED else "")


def _cause(access: Access, plan: EndpointPlan, deployment: OnlineDeployment) -> str:
    """Return why a deployment failed: what its operation said, which outlives us, and the log's last line."""
    said = _operation_error(access, deployment, f"deployment {plan.deployment}")
    with contextlib.suppress(AzureError, MlException):
        text = _client(access).online_deployments.get_logs(plan.deployment, plan.endpoint, CAUSE_LOG_LINES)
        last = [line for line in str(text).splitlines() if line.strip()][-1:]
        return short(access, said) + "".join(f" Log: {short(access, line)}" for line in last)
    return short(access, said)


def _operation_error(access: Access, thing: OnlineEndpoint | OnlineDeployment, name: str) -> str:
    """Return what the thing's last operation said of its failure, or only that it failed."""
    said = f"{name} is {word(thing.provisioning_state)}"
    uri = str((thing.properties or {}).get("AzureAsyncOperationUri", ""))
    if urlsplit(uri).scheme == "https" and urlsplit(uri).hostname == MANAGEMENT:  # it gets our token
        with contextlib.suppress(AzureError, ValueError, AttributeError):
            said = innermost(_send(access, HttpRequest("GET", uri), is_management=True).json()) or said
    return said


# ---------------------------------------------------------------- speaking


def _found(look: Callable[[], T]) -> T | None:
    try:
        return look()
    except ResourceNotFoundError:
        return None


def _begin(start: Callable[[], object]) -> None:
    """Begin an operation and do not wait: the next call looks how far it is.

    A conflict passes: something still runs, or the SDK asked twice as an answer was lost. A lock, told as one, lasts.
    """
    try:
        start()
    except ResourceExistsError as error:
        if _refused(error).lasts:
            raise


def _traffic(endpoint: OnlineEndpoint | None) -> dict[str, int]:
    return {name: int(weight) for name, weight in ((endpoint.traffic if endpoint else None) or {}).items()}


def _send(access: Access, request: HttpRequest, *, is_management: bool = False) -> HttpResponse:
    scope = f"https://{MANAGEMENT}/.default"
    policies = [BearerTokenCredentialPolicy(_credential(access), scope)] if is_management else []
    limit_s = _wait_s(access)
    client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient("", policies=policies)
    with client:
        return client.send_request(request, connection_timeout=limit_s, read_timeout=limit_s)


def _container(access: Access) -> ContainerClient:
    store = _client(access).datastores.get(DATASTORE, include_secrets=True)
    credentials = store.credentials
    secret = getattr(credentials, "sas_token", None) or getattr(credentials, "account_key", None)
    url = f"{store.protocol or 'https'}://{store.account_name}.blob.{store.endpoint or 'core.windows.net'}"
    limit_s = _wait_s(access)
    return ContainerClient(
        url,
        store.container_name,
        credential=secret or _credential(access),  # a workspace may forbid keys
        connection_timeout=limit_s,
        read_timeout=limit_s,
        retry_total=2,
    )


def _hours(container: ContainerClient, root: str, now: datetime, since: datetime) -> Iterator[str]:
    """Yield the folders that hold requests, as `2026/11/20/22`, newest first, one listing for each day."""
    day = now + timedelta(hours=1)  # the storage's clock may be ahead of ours
    while day.date() >= since.date():
        prefix = f"{root}/{COLLECTIONS[0]}/{day:%Y/%m/%d}/"
        names = [blob.name.removeprefix(prefix) for blob in container.list_blobs(name_starts_with=prefix)]
        for hour in sorted({name.partition("/")[0] for name in names}, reverse=True):
            yield f"{day:%Y/%m/%d}/{hour}"
        day -= timedelta(days=1)


def _lines(container: ContainerClient, prefix: str) -> Iterator[str]:
    for blob in container.list_blobs(name_starts_with=prefix):
        offset = max(0, blob.size - TAIL_BYTES)
        text = container.download_blob(
            blob.name, offset=offset or None, length=TAIL_BYTES if offset else None
        ).readall()
        yield from reversed(text.decode("utf-8", errors="replace").splitlines())


# ---------------------------------------------------------------- their errors, in our words


@contextmanager
def translating(access: Access) -> Iterator[None]:
    """Turn Azure's errors into ours: theirs could not even be unpickled where azure must not be imported."""
    try:
        yield
    except SlipwayError:
        raise
    except (AzureError, MlException, OSError) as error:
        raise _translated(access, error) from error


def _translated(access: Access, error: Exception) -> Upstream:
    chain = list(causes_of(error))
    network = next((one for one in chain if isinstance(one, ServiceRequestError | ServiceResponseError)), None)
    if network is not None:  # even below a ClientAuthenticationError: then the sign-in host was not reached
        is_untrusted = "CERTIFICATE_VERIFY_FAILED" in str(network)  # that needs mending
        said = f"cannot be reached: {short(access, str(network))}"
        return NeedsMending(SYSTEM, said) if is_untrusted else Upstream(SYSTEM, said, retryable=True)
    http = next((one for one in chain if isinstance(one, HttpResponseError)), None)
    if isinstance(http, ClientAuthenticationError):
        said = sign_in_sentence(access, str(http))
        return Upstream(SYSTEM, said, retryable=True) if sign_in_may_pass(str(http)) else NeedsMending(SYSTEM, said)
    if http is not None:
        said = f"HTTP {http.status_code}: {short(access, _refused(http).said)}"
        return Upstream(SYSTEM, said, retryable=not _refused(http).lasts)
    return Upstream(SYSTEM, f"{type(error).__name__}: {short(access, str(error))}", retryable=False)


def _refused(error: HttpResponseError) -> Refusal:
    """Return what the answer says, or the SDK where the answer says nothing."""
    refused = refusal(error.status_code or 0, error.response.text() if isinstance(error.response, HttpResponse) else "")
    message = error.error.message if error.error is not None and error.error.message else error.message
    return refused if refused.said else replace(refused, said=str(message))
