"""The page of the quality scale says what its rules say."""

from __future__ import annotations

from core.kernel.quality_reference import FILE
from core.kernel.quality_reference import write_reference


def test_reference_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == write_reference()
