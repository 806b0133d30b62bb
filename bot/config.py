"""Settings: typed, with their units in the names. An unknown key is an error; a secret never stands in the file."""

import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, ValidationError, model_validator

from bot.errors import Misconfigured
from bot.recipe_table import ConfigTable, Name
from bot.section import Section, sentences

LOOK_AT = {
    "database": "database.url",
    "cluster": "cluster.host and cluster.port",
    "mlflow": "mlflow.tracking_uri",
    "azure": "azure.tenant, azure.https_proxy and azure.ca_file",
    "discord": "discord.connect_to, discord.ca_file and the way out",
}
"""The settings that lead to each system, for failures that do not name theirs."""


class Secret(Section):
    """Where a secret is: in a file or in an environment variable. It prints as `***` and is read only when used."""

    file: Path | None = None
    env: str | None = None

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.file is None) == (self.env is None):
            raise ValueError('give either { file = "…" } or { env = "…" }')
        return self

    def reveal(self) -> str:
        """Return the secret. Raises Misconfigured when it is not there or empty."""
        if self.file is not None:
            try:
                value = self.file.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise Misconfigured(f"the secret file {self.file} cannot be read: {error.strerror}") from error
            where = f"the secret file {self.file}"
        else:
            value = os.environ.get(self.env or "", "").strip()
            where = f"the environment variable {self.env}"
        if not value:
            raise Misconfigured(f"{where} is empty or not set; put the secret there")
        return value


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"unknown time zone {name!r}; use an IANA name such as Asia/Bangkok")
    return name


def _usable_cron(text: str) -> str:
    try:
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise ValueError(f"{error}; use five fields as cron reads them, such as 0 8 * * *") from error
    except StopIteration:
        raise ValueError("that time never comes; use five fields as cron reads them, such as 0 8 * * *") from None
    return text


def _absolute(text: str) -> str:
    if not text.startswith("/") or not text.isprintable():
        raise ValueError(f"{text!r} is not an absolute folder; give one such as /nfs/slipway")
    return text


Cron = Annotated[str, AfterValidator(_usable_cron)]
SlurmWord = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Zone = Annotated[str, AfterValidator(_known_zone)]
DutyName = Literal["analyst", "creator", "auditor", "data analyst", "operator"]
SnowflakeId = Annotated[int, Field(ge=1, lt=2**63)]


class Channels(Section):
    """Discord channel ids, by what is shown there."""

    requirements: SnowflakeId
    training: SnowflakeId
    audit: SnowflakeId
    deployments: SnowflakeId
    announcements: SnowflakeId
    monitoring: SnowflakeId
    ops: SnowflakeId


class Roles(Section):
    """Discord role ids for each duty; a duty may be given by several roles."""

    analyst: tuple[SnowflakeId, ...]
    creator: tuple[SnowflakeId, ...]
    auditor: tuple[SnowflakeId, ...]
    data_analyst: tuple[SnowflakeId, ...]
    operator: tuple[SnowflakeId, ...]


class DiscordSettings(Section):
    """The bot's place in Discord."""

    token: Secret
    guild: SnowflakeId
    channels: Channels
    roles: Roles
    connect_to: str | None = None
    """`host:port` that stands for all of Discord's hosts; every other host is refused. For a private server that speaks
    Discord's protocol, such as the sandbox's."""
    ca_file: Path | None = None
    """Certificate authority of that server."""


class DatabaseSettings(Section):
    """Where facts are kept."""

    url: str = "sqlite:///slipway.db"
    """`sqlite:///path` or `postgresql://user@host/name`; the driver is chosen by the bot."""
    password: Secret | None = None
    """PostgreSQL's, if it is not in the URL's service file or peer-authenticated."""


class ClusterSettings(Section):
    """The SLURM login node."""

    host: str
    port: int = Field(default=22, ge=1, le=65535)
    user: str
    key_file: Path
    known_hosts: Path
    """OpenSSH known_hosts with the login node's key. Checking it cannot be switched off."""
    directory: Annotated[str, AfterValidator(_absolute)]
    """Absolute folder on the shared file system for payloads, runs and logs; the same path on every node."""
    python: str = "python3"
    """Interpreter with torch on the compute nodes."""
    gpu_type: SlurmWord = "mi100"
    partitions: tuple[SlurmWord, ...] = Field(default=("gpu",), min_length=1)
    max_nodes: int = Field(default=1, ge=1)
    max_gpus_per_node: int = Field(default=4, ge=0)
    max_cpus_per_node: int = Field(default=32, ge=1)
    max_memory_gib_per_node: int = Field(default=60, ge=1)
    max_time_limit_min: int = Field(default=7 * 24 * 60, ge=1)
    poll_interval_s: float = Field(default=3.0, gt=0)
    probe_interval_s: float = Field(default=60.0, gt=0)
    """How often nodes and the shared folder are looked at."""
    command_timeout_s: float = Field(default=25.0, gt=0)
    stalled_after_min: float = Field(default=30.0, gt=0)
    """A running run that has written no progress for so long is told to Ops."""
    late_result_s: float = Field(default=60.0, ge=0)
    """A run that ended well fails for want of a result only after so long: a shared file system shows files late."""
    pending_after_h: float = Field(default=24.0, gt=0)
    """A run that has waited in the queue for so long is told to Ops, whatever SLURM's reason."""


class MlflowSettings(Section):
    """The experiment tracker and model registry."""

    tracking_uri: str
    """`http(s)://…` of a server, or `sqlite:///path` for a local store."""
    artifact_directory: Path | None = None
    """Where a local store keeps its artifacts."""
    experiment: str = "slipway"
    timeout_s: float = Field(default=120.0, gt=0)


class AzureSettings(Section):
    """The Azure ML workspace that models are deployed to."""

    tenant: str
    client_id: str
    client_secret: Secret
    subscription: str
    resource_group: str
    workspace: str
    endpoint_prefix: str = Field(default="slipway", pattern="^[a-z][a-z0-9]{1,15}$")
    """Begins the endpoints' names, which must be unique in the region."""
    instance_type: str = "Standard_F4s_v2"
    instance_count: int = Field(default=1, ge=1, le=50)
    poll_interval_s: float = Field(default=10.0, gt=0)
    timeout_s: float = Field(default=300.0, gt=0)
    """Limit of one call to the worker."""
    creation_limit_min: float = Field(default=60.0, gt=0)
    """A rollout whose deployment is not ready after so long has failed; Azure needs some ten minutes."""
    traffic_limit_min: float = Field(default=60.0, gt=0)
    """A rollout that has not got all traffic so long after Azure was asked for it has failed; Azure needs a minute."""
    https_proxy: str | None = None
    """Proxy of the worker that talks to Azure, `http://host:port`."""
    ca_file: Path | None = None
    """Bundle of certificate authorities that replaces the worker's own."""


class MonitoringSettings(Section):
    """What is watched about a live model."""

    cron: Cron = "0 8 * * *"
    """When each live model is compared with its reference, in `zone`."""
    window_h: float = Field(default=24.0, gt=0)
    min_rows: int = Field(default=30, ge=1)
    max_rows: int = Field(default=20_000, ge=1)


class PolicySettings(Section):
    """Who decides on what, where teams differ."""

    deployers: tuple[DutyName, ...] = ("operator",)
    """Duties that may approve or decline a rollout."""


class Settings(Section):
    """The whole config file."""

    language: str = "en"
    """Of cards and messages; what only one person sees is in theirs, if there is a catalogue of it."""
    zone: Zone = "Asia/Bangkok"
    """Time zone of cards and schedules."""
    data_directory: Path = Path("data")
    """For models on their way between systems; may be emptied while the bot is stopped."""
    log_format: Annotated[str, Field(pattern="^(json|text)$")] = "json"
    database: DatabaseSettings = DatabaseSettings()
    discord: DiscordSettings
    cluster: ClusterSettings
    mlflow: MlflowSettings
    azure: AzureSettings
    monitoring: MonitoringSettings = MonitoringSettings()
    policy: PolicySettings = PolicySettings()
    recipes: Mapping[Name, ConfigTable] = {}
    """Training code of one's own, beside what ships with the bot and what is registered by command; or a policy for
    what ships."""


def load(path: Path) -> Settings:
    """Read and check the config file. Relative paths in it are taken from the working directory.

    Raises:
        Misconfigured: it cannot be read, is not TOML, or has an unknown key or a value out of range; each by name.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"the config file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is not valid TOML: {error}") from error
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        wrong = "\n".join(f"  - {line}" for line in sentences(error, unknown="config.example.toml"))
        raise Misconfigured(f"{path} cannot be used:\n{wrong}") from error
