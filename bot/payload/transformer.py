"""A transformer of one's own in Hugging Face's layout, such as XLM-R, as a text classifier's encoder."""

from collections.abc import Sequence
from pathlib import Path

from ends import BAD_SPEC, DATA_MISSING, Problem
from spec import Spec
from text_network import ENCODER, Transformer, TransformerTokens

# The library is no requirement of ours: it is there on nodes where somebody trains transformers.


def tokens(spec: Spec) -> TransformerTokens:
    """Return the encoder's tokenizer. Raises Problem as `encoder` does."""
    folder = _folder(spec)
    try:
        return TransformerTokens(folder)
    except (OSError, ValueError) as error:
        raise _unreadable(folder, error) from error


def files(spec: Spec) -> tuple[tuple[str, int, int], ...]:
    """Return name, size and time of change of what lies in the encoder's folder. Raises Problem as `encoder` does."""
    found = sorted((path.name, path.stat()) for path in _folder(spec).iterdir())
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in found)


def encoder(spec: Spec) -> Transformer:
    """Return the encoder with its trained weights.

    Raises:
        Problem: the library or the folder is not there, or the folder holds no transformer.
    """
    folder = _folder(spec)
    from transformers import AutoModel  # noqa: PLC0415

    try:
        return Transformer(AutoModel.from_pretrained(str(folder), local_files_only=True))
    except (OSError, ValueError) as error:
        raise _unreadable(folder, error) from error


def add(spec: Spec, directory: Path) -> Sequence[str]:
    """Write the encoder's settings and tokenizer below the directory; return what serving needs to be installed."""
    from transformers import AutoConfig, __version__  # noqa: PLC0415

    AutoConfig.from_pretrained(spec.parameters["encoder"], local_files_only=True).save_pretrained(directory / ENCODER)
    tokens(spec).tokenizer.save_pretrained(directory / ENCODER)
    return (f"transformers=={__version__}",)


def _folder(spec: Spec) -> Path:
    folder = Path(spec.parameters["encoder"])
    if not (folder / "config.json").is_file():
        raise Problem(f"there is no transformer in {folder}: it has no config.json; name its folder", DATA_MISSING)
    try:
        import transformers  # noqa: F401, PLC0415
    except ImportError as error:
        said = f"the encoder needs the library transformers, which this node does not have ({error})"
        raise Problem(f"{said}; install it for the cluster's Python, or leave encoder out", BAD_SPEC) from error
    return folder


def _unreadable(folder: Path, error: Exception) -> Problem:
    return Problem(f"the transformer in {folder} cannot be read: {' '.join(str(error).split())[:300]}", DATA_MISSING)
