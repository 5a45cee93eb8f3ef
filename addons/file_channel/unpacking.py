"""The bytes of a file that may be compressed, in pieces, checked for cuts and for bombs."""

from __future__ import annotations

import gzip
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import BinaryIO

from addons.file_channel.mapping import Limits
from core.api import InputError

_PIECE = 1 << 16

# Text of repeated lines may well shrink a thousandfold while it is small.
RATIO_FROM = 64 << 20

# 256 bytes of zstd unpack to 8 MB at most (its blocks of 128 KB take four bytes or more), so the
# limits are checked long before the memory is full.
_ZSTD_STEP = 256
_ZSTD_WINDOW = 64 << 20

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"


def packing_of(start: bytes) -> str:
    """Return how a file is packed by its first bytes: gzip, zstd or not at all."""
    if start.startswith(_GZIP):
        return "gzip"
    return "zstd" if start.startswith(_ZSTD) else ""


def unpacked(path: Path, limits: Limits) -> Iterator[bytes]:
    """Yield the content of a file in pieces, unpacked if its first bytes say that it is packed.

    Raises: InputError if the file cannot be read, is cut, damaged, or unpacks beyond the limits.
    """
    try:
        with path.open("rb") as stream:
            packing = packing_of(stream.read(4))
            stream.seek(0)
            if packing:
                pieces = _gunzip(stream) if packing == "gzip" else _unzstd(stream)
                yield from _guarded(pieces, stream, path, limits)
            else:
                yield from iter(lambda: stream.read(_PIECE), b"")
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror or error}.",
            where=path.name,
            hint="Check its path and permissions.",
        ) from error


def check_packing(path: Path, limits: Limits) -> None:
    """Unpack a compressed file once to see that it is whole and within the limits.

    Raises: InputError as `unpacked` does.
    """
    with path.open("rb") as stream:
        packed = packing_of(stream.read(4))
    if packed:
        deque(unpacked(path, limits), maxlen=0)


class _Cut(Exception):
    """The compressed data ends before its end."""


class _Damaged(Exception):
    """The compressed data contradicts itself."""


def _guarded(
    pieces: Iterator[bytes], stream: BinaryIO, path: Path, limits: Limits
) -> Iterator[bytes]:
    """Pass pieces on while the limits hold, the small ones together."""
    total, waiting, size = 0, list[bytes](), 0
    try:
        for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            total += len(piece)
            _check_size(total, max(stream.tell(), 1), path, limits)
            if size >= _PIECE:
                yield b"".join(waiting)
                waiting, size = [], 0
        if size:
            yield b"".join(waiting)
    except _Cut:
        raise InputError(
            "The compressed file is cut: it ends before its last block.",
            where=path.name,
            hint="Download or copy it again.",
        ) from None
    except _Damaged as error:
        raise InputError(
            f"The compressed file is damaged ({error}).",
            where=path.name,
            hint="Download or copy it again, or unpack it first.",
        ) from None


def _check_size(total: int, packed: int, path: Path, limits: Limits) -> None:
    if total > limits.unpacked_bytes:
        reason = f"unpacks to more than {limits.unpacked_bytes >> 20} MB"
        key = "limits.unpacked_bytes"
    elif total > max(RATIO_FROM, packed * limits.unpacked_ratio):
        reason = f"unpacks to more than {limits.unpacked_ratio} times its size, as a bomb does"
        key = "limits.unpacked_ratio"
    else:
        return
    raise InputError(
        f"The compressed file {reason}.",
        where=path.name,
        hint=f"If you trust it, unpack it first, or raise {key} in the mapping.",
    )


def _gunzip(stream: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=stream) as unpacker:
        try:
            yield from iter(lambda: unpacker.read(_PIECE), b"")
        except EOFError:
            raise _Cut from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise _Damaged(str(error)) from None


def _unzstd(stream: BinaryIO) -> Iterator[bytes]:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        yield from _unzstd_before_314(stream)
    else:
        with zstd.ZstdFile(stream) as unpacker:
            try:
                yield from iter(lambda: unpacker.read(_PIECE), b"")
            except EOFError:
                raise _Cut from None
            except zstd.ZstdError as error:
                raise _Damaged(str(error)) from None


def _unzstd_before_314(stream: BinaryIO) -> Iterator[bytes]:
    import zstandard

    # Not its stream_reader, which takes a cut file for a whole one.
    library = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame: Any = None
    try:
        while data := stream.read(_ZSTD_STEP):
            while data:
                frame = frame or library.decompressobj()
                yield frame.decompress(data)
                data = frame.unused_data if frame.eof else b""
                frame = None if frame.eof else frame
    except zstandard.ZstdError as error:
        raise _Damaged(str(error)) from None
    if frame is not None:
        raise _Cut
