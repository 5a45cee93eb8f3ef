"""Hooks around entries of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.fees.facts import FeeFacts


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


@hookspec(kind="collect", attributes=("platform", "market", "currency", "since", "until", "fees"))
def fee_schedules() -> Sequence[object]:
    """Offer fee schedules (`core.api.FeeSchedule`): what a platform charges in a market, by day.

    `core.api.read_schedule` reads one from TOML. A shop's plan says by which platform and market
    its fees are estimated.
    """
    raise NotImplementedError


@hookspec(kind="collect", attributes=("line_id", "account", "amount"))
def fee_estimates(lines: Sequence[FeeFacts], session: Session) -> Sequence[object]:
    """Estimate fees of lines that leave; answer with `core.api.FeeAnswer`, in minor units.

    It is asked within the transaction that books the parcels: answer from what a job of yours has
    fetched before, such as a platform's preview of its fees. A line without an answer is estimated
    otherwise.
    """
    raise NotImplementedError


@hookspec(kind="collect", attributes=("name", "base", "days", "points"))
def rate_sources() -> Sequence[object]:
    """Offer rates of exchange that somebody publishes (`core.api.RateSource`).

    They count where a company says no rate of its own. They are asked within a transaction and must
    not use the network. One that also has `address` and `fetch` (`core.api.RateFeed`) is fetched
    every few hours, and what it tells is checked, kept and used beside its points. What `points`
    raises, or answers wrongly, is a fault of the addon; documents that need the rate then wait.
    """
    raise NotImplementedError
