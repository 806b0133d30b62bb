"""A config with some of its settings changed, by the names that refusals give them, as in `cluster.port`."""

from collections.abc import Mapping


def changed(config: str, settings: Mapping[str, str]) -> str:
    """Return the text of a config file with these values, each as TOML writes it, in the place of its own."""
    lines, section, missing = [], "", set(settings)
    for line in config.splitlines():
        section = line.strip("[]") if line.startswith("[") else section
        key = line.partition(" = ")[0]
        name = f"{section}.{key}".lstrip(".")
        missing.discard(name)
        lines.append(f"{key} = {settings[name]}" if name in settings else line)
    assert not missing
    return "\n".join(lines)
