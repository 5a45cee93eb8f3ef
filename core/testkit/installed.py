"""An addon in a running kernel, for contracts that look at it from outside."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import ROOT
from core.config import Config
from core.kernel import lifecycle
from core.kernel.discovery import discover
from core.kernel.kernel import Kernel
from core.kernel.manifest import FILE_NAME


class InstalledAddon:
    """Gives a contract its addon's kernel; needs the fixture `database_url`."""

    __test__ = False

    addon: str
    """The name of the addon."""

    def __init_subclass__(cls, **options: object) -> None:
        """Let the tests of an addon's subclass be collected: it is the one that names it."""
        super().__init_subclass__(**options)
        cls.__test__ = hasattr(cls, "addon")

    @classmethod
    def addon_paths(cls) -> tuple[Path, ...]:
        """Return where addons are: those that come with Entrepot, and those beside this one."""
        own = [
            folder.parent
            for folder in Path(inspect.getfile(cls)).resolve().parents
            if folder.name == cls.addon and (folder / FILE_NAME).is_file()
        ]
        return tuple(dict.fromkeys((ROOT / "addons", *own)))

    @classmethod
    def addon_folder(cls) -> Path:
        """Return the addon's folder, wherever it was installed, without booting anything."""
        return discover(cls.addon_paths()).found[cls.addon].folder

    @pytest.fixture
    def kernel(self, database_url: str, tmp_path: Path) -> Iterator[Kernel]:
        """Return a kernel in which the addon is enabled."""
        kernel = Kernel.boot(Config(tmp_path, database_url, self.addon_paths()))
        _install(kernel, self.addon)
        lifecycle.enable(kernel, self.addon, needed_too=True)
        yield kernel
        kernel.db.dispose()


def _install(kernel: Kernel, name: str) -> None:
    """Install an addon after those that it needs."""
    for needed in kernel.manifest(name).depends:
        _install(kernel, needed)
    lifecycle.install(kernel, name)
