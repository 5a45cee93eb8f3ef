"""Where addons are found: folders on the addon paths, and installed Python packages.

Nothing is imported here. A manifest that cannot be read makes that one addon broken, with the
reason; two addons of one name are both left out, since either could be meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint
from pathlib import Path

from core.errors import KernelError
from core.errors import ManifestError
from core.kernel.manifest import FILE_NAME
from core.kernel.manifest import Manifest
from core.kernel.manifest import read_manifest
from core.kernel.packages import entry_points_of

GROUP = "entrepot.addons"
NAMESPACE = "addons"


@dataclass(frozen=True)
class Found:
    """An addon on disk: its manifest, its folder and the package that it will be imported as."""

    manifest: Manifest
    folder: Path
    package: str

    @property
    def name(self) -> str:
        """Return the addon's name."""
        return self.manifest.name

    @property
    def target(self) -> str:
        """Return `module:Name` of the object that is registered for the addon."""
        return self.manifest.entry.get("addon", f"{self.package}.addon:Addon")


@dataclass(frozen=True)
class Discovery:
    """All that was found: usable addons by name, and reasons for the unusable ones."""

    found: dict[str, Found]
    broken: dict[str, str]


def discover(paths: Sequence[Path], *, packages: bool = True) -> Discovery:
    """Look for addons on the paths and, unless told otherwise, among installed packages."""
    found: dict[str, Found] = {}
    broken: dict[str, str] = {}
    for name, candidate in _candidates(paths, packages=packages):
        if isinstance(candidate, KernelError):
            broken[name] = str(candidate)
        elif name in found:
            broken[name] = f"Found twice: {found[name].folder} and {candidate.folder}; remove one."
        else:
            found[name] = candidate
    usable = {name: addon for name, addon in sorted(found.items()) if name not in broken}
    return Discovery(usable, dict(sorted(broken.items())))


def _candidates(
    paths: Iterable[Path], *, packages: bool
) -> Iterator[tuple[str, Found | KernelError]]:
    for path in dict.fromkeys(path.resolve() for path in paths):
        for file in sorted(path.glob(f"*/{FILE_NAME}")):
            yield file.parent.name, _read(file, f"{NAMESPACE}.{file.parent.name}")
    if packages:
        for point in entry_points_of(GROUP):
            yield point.name, _from_entry_point(point)


def _from_entry_point(point: EntryPoint) -> Found | KernelError:
    folder = _package_folder(point.module)
    if folder is None:
        return ManifestError(f"{point.name}: its package {point.module} is not where it should be.")
    return _read(folder / FILE_NAME, point.module, point.name)


def _package_folder(package: str) -> Path | None:
    """Return a package's folder; `find_spec` of a dotted name would import its parents."""
    top, *rest = package.split(".")
    spec = PathFinder.find_spec(top)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(root).joinpath(*rest)
        if (folder / FILE_NAME).is_file():
            return folder
    return None


def _read(file: Path, package: str, name: str | None = None) -> Found | KernelError:
    expected = name or file.parent.name
    try:
        manifest = read_manifest(file)
    except ManifestError as error:
        return error
    if manifest.name != expected:
        return ManifestError(
            f"{file}: the name is {manifest.name!r}, but it must be {expected!r} like its folder"
            " or entry point."
        )
    return Found(manifest, file.parent, package)
