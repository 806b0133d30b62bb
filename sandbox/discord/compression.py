"""The two transport compressions of the gateway: one stream per connection, flushed at each message."""

import importlib.util
import zlib
from collections.abc import Callable


def _zlib_stream() -> Callable[[bytes], bytes]:
    stream = zlib.compressobj()
    return lambda message: stream.compress(message) + stream.flush(zlib.Z_SYNC_FLUSH)


def _zstd_stream() -> Callable[[bytes], bytes]:
    import zstandard  # noqa: PLC0415 - only discord.py's optional speed-ups ask for it

    stream = zstandard.ZstdCompressor().compressobj()
    return lambda message: stream.compress(message) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def squeezer(name: str | None) -> Callable[[bytes], bytes] | None:
    """Return what compresses message after message; None is plain text. Raises KeyError for an unknown name."""
    if name is None:
        return None
    streams = {"zlib-stream": _zlib_stream}
    if importlib.util.find_spec("zstandard"):
        streams["zstd-stream"] = _zstd_stream
    return streams[name]()
