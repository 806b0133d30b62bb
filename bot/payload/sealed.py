"""Content of torch with its own digest at the end: a file that was cut off or has a bit that fell over is noticed."""

import hashlib
import io
from typing import Any

import torch

DIGEST_BYTES = 32
"""At the end, after what torch wrote, stands its SHA-256."""


def sealed(content: object) -> bytes:
    """Return the content as bytes."""
    written = io.BytesIO()
    torch.save(content, written)
    return written.getvalue() + hashlib.sha256(written.getbuffer()).digest()


def unsealed(raw: bytes) -> Any:
    """Return the content of these bytes, on the CPU; None when they are damaged."""
    if hashlib.sha256(raw[:-DIGEST_BYTES]).digest() != raw[-DIGEST_BYTES:]:
        return None
    return torch.load(io.BytesIO(raw[:-DIGEST_BYTES]), "cpu", weights_only=True)
