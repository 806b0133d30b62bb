"""Writes the bot's config for the sandbox: the production bot, told where this world's doors are."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

Facts = Mapping[str, object]

CHANNELS = ("requirements", "training", "audit", "deployments", "announcements", "monitoring", "ops")
DUTIES = ("analyst", "creator", "auditor", "data_analyst", "operator")
TOKEN_VARIABLE = "SANDBOX_DISCORD_TOKEN"
SECRET_VARIABLE = "SANDBOX_AZURE_SECRET"


def write_config(path: Path, *, discord: Facts, slurm: Facts, azure: Facts, state: Path, database_url: str) -> None:
    """Write the config file from what each part says of itself when it is up."""
    channels = cast("Mapping[str, object]", discord["channels"])
    roles = cast("Mapping[str, object]", discord["roles"])
    lines = [
        'zone = "Asia/Bangkok"',
        f'data_directory = "{state}/data"',
        'log_format = "text"',
        "",
        "[database]",
        f'url = "{database_url}"',
        "",
        "[discord]",
        f'token = {{ env = "{TOKEN_VARIABLE}" }}',
        f"guild = {discord['guild']}",
        f'connect_to = "127.0.0.1:{discord["tls_port"]}"',
        f'ca_file = "{discord["ca_file"]}"',
        "",
        "[discord.channels]",
        *(f"{name} = {channels[name]}" for name in CHANNELS),
        "",
        "[discord.roles]",
        *(f"{name} = [{roles[name]}]" for name in DUTIES),
        "",
        "[cluster]",
        *(f'{name} = "{slurm[name]}"' for name in ("host", "user", "key_file", "known_hosts", "directory", "python")),
        f"port = {slurm['port']}",
        f"partitions = {_list(slurm['partitions'])}",
        "poll_interval_s = 1.0",
        "late_result_s = 5.0",
        "",
        "[mlflow]",
        f'tracking_uri = "sqlite:///{state}/mlflow.db"',
        f'artifact_directory = "{state}/mlflow"',
        "",
        "[azure]",
        *(
            f'{name} = "{azure[name]}"'
            for name in ("tenant", "client_id", "subscription", "resource_group", "workspace")
        ),
        f'client_secret = {{ env = "{SECRET_VARIABLE}" }}',
        f'https_proxy = "{azure["proxy"]}"',
        f'ca_file = "{azure["ca_file"]}"',
        "poll_interval_s = 1.0",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _list(values: object) -> str:
    return "[" + ", ".join(f'"{value}"' for value in cast("list[str]", values)) + "]"


def secrets_of(*, discord: Facts, azure: Facts) -> dict[str, str]:
    """Return the environment that holds the config's secrets."""
    return {TOKEN_VARIABLE: str(discord["token"]), SECRET_VARIABLE: str(azure["client_secret"])}
