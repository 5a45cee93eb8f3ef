"""Hooks around entries of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@hookspec(kind="check")
def entries_before_post(entries: Sequence[object], session: Session) -> None:
    """Before a batch of entries is posted; raise `Veto` to refuse the whole batch."""


@hookspec(kind="observe")
def entries_posted(entries: Sequence[object], session: Session) -> None:
    """After a batch of entries was posted, before the commit.

    The entries are immutable: write about them in tables of your own.
    """


@hookspec(kind="collect", attributes=("platform", "version", "rules"))
def fee_packs() -> Sequence[object]:
    """Offer fee dictionaries (`core.api.FeePack`): what a platform's codes for amounts mean.

    A company may say otherwise of any code; what nobody knows is kept in suspense until somebody
    says what it means.
    """
    raise NotImplementedError
