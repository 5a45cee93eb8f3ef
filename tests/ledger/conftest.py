"""Kernels with the books of a small seller."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.kernel.companies import CompanyInfo
from core.kernel.kernel import Kernel
from tests.ledger import books


@pytest.fixture
def kernel(database_url: str, tmp_path: Path) -> Iterator[Kernel]:
    kernel = books.boot(database_url, tmp_path)
    yield kernel
    kernel.db.dispose()


@pytest.fixture
def company(kernel: Kernel, tmp_path: Path) -> CompanyInfo:
    return books.fill(kernel, tmp_path)
