"""Documents that come packed, or not."""

from __future__ import annotations

import gzip
import zlib

from core.api import MappingError


def unpacked(content: bytes) -> bytes:
    """Return a document as it was before it was packed.

    Raises: MappingError when it was cut off.
    """
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise MappingError("document", "packed, and cut off") from error
