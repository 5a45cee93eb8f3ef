"""The page of permissions is the matrix, as the file has it."""

from __future__ import annotations

from core.identity.matrix import FILE
from core.identity.matrix import page


def test_page_is_made_from_the_matrix() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "run python -m core.identity.matrix"
