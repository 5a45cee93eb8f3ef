"""A kernel with the addon `workshop`, whose jobs do everything that jobs can do wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.config import Config
from core.kernel import lifecycle
from core.kernel.kernel import Kernel

ADDONS = Path(__file__).parent / "addons"


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    return Config(instance=tmp_path, database_url=database_url, addon_paths=(ADDONS,))


@pytest.fixture
def boot(config: Config, request: pytest.FixtureRequest) -> Callable[[], Kernel]:
    """Boot a kernel as one more process would; its connections end with the test."""

    def start() -> Kernel:
        kernel = Kernel.boot(config)
        request.addfinalizer(kernel.db.dispose)
        return kernel

    return start


@pytest.fixture
def kernel(boot: Callable[[], Kernel]) -> Kernel:
    """Boot a kernel in which the workshop is enabled."""
    kernel = boot()
    lifecycle.install(kernel, "workshop")
    lifecycle.enable(kernel, "workshop")
    return kernel
