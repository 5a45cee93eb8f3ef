"""Wheels of addons, as their authors' tools make them."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path


def make_wheel(source: Path, file: Path, *, changed: str = "", more: str = "") -> Path:
    """Pack an addon's folder; `changed` is a file of it that is altered after it was recorded."""
    contents = {
        f"{source.name}/{each.relative_to(source)}": each.read_bytes()
        for each in sorted(source.rglob("*"))
        if each.is_file() and "__pycache__" not in each.parts
    }
    info = f"{source.name}-1.0.dist-info"
    contents[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = [f"{name},{_hash(content)},{len(content)}" for name, content in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in contents.items():
            altered = b"\n# altered\n" if name == f"{source.name}/{changed}" else b""
            archive.writestr(name, content + altered)
        if more:
            archive.writestr(more, "x")
    return file


def _hash(content: bytes) -> str:
    digest = hashlib.sha256(content).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
