"""An addon that comes as a wheel: looked at, checked against its own record, and unpacked.

A wheel is a ZIP file whose `RECORD` names every file with its SHA-256 (PyPA, Binary distribution
format). Nothing of it is run here, and what Python packages the addon needs is left to pip.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from pathlib import PurePosixPath

from core.errors import Conflict
from core.errors import InputError
from core.identity.actor import HOUSE
from core.identity.audit import audit
from core.kernel.kernel import Kernel
from core.kernel.manifest import FILE_NAME
from core.kernel.manifest import Manifest
from core.kernel.manifest import read_manifest

LARGEST = 200_000_000
"""Bytes that a wheel may come to when it is unpacked."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that is what its record says: its addon, and the SHA-256 of the file."""

    file: Path
    sha256: str
    package: str
    manifest: Manifest


def open_wheel(file: Path, sha256: str = "") -> Wheel:
    """Check a wheel and return what it is.

    Raises: InputError if it is no wheel of one addon, Conflict if it is not the file whose hash was
    given, or its files are not those of its record.
    """
    found = _digest(file)
    if sha256 and found != sha256.lower().removeprefix("sha256:"):
        raise Conflict(
            f"{file.name} is another file than the one whose hash was given: its SHA-256 is"
            f" {found}.",
            hint="Fetch it anew, and compare the hash with the one its author publishes.",
        )
    try:
        with zipfile.ZipFile(file) as archive:
            _check(archive, file.name)
            package = _package(archive, file.name)
            with tempfile.TemporaryDirectory() as folder:
                manifest = read_manifest(Path(archive.extract(f"{package}/{FILE_NAME}", folder)))
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"it cannot be read as a wheel: {error}.", where=file.name) from error
    return Wheel(file, found, package, manifest)


def add_wheel(kernel: Kernel, wheel: Wheel) -> Path:
    """Put a wheel's addon among those of the instance; nothing of it runs until it is installed.

    Raises: Conflict where an addon of that name comes from elsewhere.
    """
    name, addons = wheel.manifest.name, kernel.config.instance / "addons"
    there = kernel.found.get(name)
    if there is not None and there.folder.parent != addons.resolve():
        raise Conflict(
            f"There is an addon {name} already, in {there.folder}.",
            hint="Take that one away, or ask the author for another name.",
        )
    folder = unpack(wheel, addons)
    after = {"version": str(wheel.manifest.version), "sha256": wheel.sha256}
    with kernel.db.write() as session:
        audit(session, "addon.added", f"addon:{name}", after=after, company_id=HOUSE)
    return folder


def unpack(wheel: Wheel, addons: Path) -> Path:
    """Put a wheel's addon into a folder of addons, in place of an older one; return its folder."""
    target = addons / wheel.manifest.name
    addons.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=addons, prefix=".wheel-") as beside:
        with zipfile.ZipFile(wheel.file) as archive:
            names = [n for n in archive.namelist() if n.startswith(f"{wheel.package}/")]
            archive.extractall(beside, names)
        if target.exists():
            target.rename(Path(beside) / "old")
        shutil.move(str(Path(beside) / wheel.package), target)
    return target


def _check(archive: zipfile.ZipFile, name: str) -> None:
    """Compare every file with the record, and refuse what would be written elsewhere."""
    entries = [info for info in archive.infolist() if not info.is_dir()]
    if sum(info.file_size for info in entries) > LARGEST:
        raise InputError("it is too large to be an addon.", where=name)
    for info in entries:
        path = PurePosixPath(info.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in info.filename:
            raise InputError(f"it would write {info.filename} elsewhere.", where=name)
    names = {info.filename for info in entries}
    (record, *more) = sorted(n for n in names if n.endswith(".dist-info/RECORD")) or ("",)
    if not record or more:
        raise InputError("it has no RECORD of its files, or several.", where=name)
    known = _record(archive.read(record))
    for each in sorted(names - {record, f"{record}.jws", f"{record}.p7s"}):
        if known.get(each) != _hash(archive.read(each)):
            raise Conflict(
                f"{name} was changed after it was made: {each} is not as its record says.",
                hint="Fetch it anew from its author.",
            )
    if gone := sorted(known.keys() - names):
        raise Conflict(f"{name} lacks {gone[0]}.", hint="Fetch it anew from its author.")


def _record(content: bytes) -> dict[str, str]:
    rows = csv.reader(io.StringIO(content.decode("utf-8", "replace")))
    return {row[0]: row[1] for row in rows if len(row) == 3 and row[1]}


def _hash(content: bytes) -> str:
    """Return a hash as records write it."""
    digest = hashlib.sha256(content).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _package(archive: zipfile.ZipFile, name: str) -> str:
    found = [n for n in archive.namelist() if n.endswith(f"/{FILE_NAME}") and n.count("/") == 1]
    if len(found) != 1:
        raise InputError(
            f"it holds {len(found)} addons.",
            where=name,
            hint=f"A wheel of an addon has one package with a {FILE_NAME} at its top.",
        )
    return found[0].partition("/")[0]


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}.", where=str(file)) from error
