"""What others ask for what an account offers: fetched, and kept whenever it changed."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

import httpx2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Listing
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.external import OffersSeen
from core.db import any_of
from core.errors import ConnectorError
from core.ids import next_ids
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.publishing.models import Offers

METHOD = "read_offers"
BATCH = 20
MOST = 200
"""So many listings a run: platforms answer slowly, and those asked longest ago come first."""
AGE = timedelta(hours=6)
HISTORY = 30


@dataclass(slots=True)
class OffersResult:
    """Of how many listings was asked, told, and told something new."""

    asked: int = 0
    told: int = 0
    changed: int = 0

    def as_json(self) -> dict[str, int]:
        """Return it as the command line shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ShownOffers:
    """What was seen of a listing, from `seen_at` until `last_at`; amounts in minor units."""

    platform: str
    account: str
    external_ref: str
    seen_at: datetime
    last_at: datetime
    currency: str
    lowest: int | None
    lowest_is_ours: bool
    featured: int | None
    featured_is_ours: bool


def pull_offers(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
    age: timedelta = AGE,
) -> OffersResult:
    """Ask what others want for the listings that were not asked about for a while.

    Raises: ConnectorError as the connector raised it, AddonFailed; what was read is kept.
    """
    connector = connector_with(kernel, connection, METHOD, "tells nothing of others' offers")
    account, result = (connector.platform, connection.account), OffersResult()
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        with kernel.db.read() as session:
            refs = _due(session, connection.company_id, account, age)
        for at in range(0, len(refs), BATCH):
            batch = refs[at : at + BATCH]
            with as_addon(kernel, connection.addon, f"connector:{METHOD}", "Run it again."):
                told: Sequence[OffersSeen] = connector.read_offers(call, batch)
            if unasked := sorted({each.external_ref for each in told} - set(batch)):
                raise ConnectorError(f"It told of {unasked[0]!r}, which nobody asked about.")
            with kernel.db.write() as session:
                result.changed += keep_offers(session, connection.company_id, account, told)
            result.asked, result.told = result.asked + len(batch), result.told + len(told)
    with kernel.db.write() as session:
        note_success(session, connection)
    return result


def keep_offers(
    session: Session, company_id: int, account: tuple[str, str], told: Iterable[OffersSeen]
) -> int:
    """Keep what is seen now; what is as before is only seen once more. Return what changed."""
    found = {each.external_ref: each for each in told}
    query = _latest(company_id).where(
        Offers.platform == account[0],
        Offers.account == account[1],
        any_of(session, Offers.external_ref, sorted(found)),
    )
    now = clock.now()
    for row in session.scalars(query.with_for_update()):
        if _values(found[row.external_ref]) == {name: getattr(row, name) for name in _NAMES}:
            row.last_at = now
            del found[row.external_ref]
        else:
            row.latest = False
    session.flush()
    ids = next_ids(session, len(found)) if found else []
    session.add_all(
        Offers(
            company_id=company_id,
            id=new,
            platform=account[0],
            account=account[1],
            external_ref=ref,
            seen_at=now,
            last_at=now,
            latest=True,
            **_values(each),
        )
        for new, (ref, each) in zip(ids, sorted(found.items()), strict=True)
    )
    session.flush()
    return len(found)


def offers_of(
    session: Session, company_id: int, refs: Collection[tuple[str, str, str]]
) -> dict[tuple[str, str, str], ShownOffers]:
    """Return what was seen last of listings, by platform, account and code."""
    query = _latest(company_id).where(any_of(session, Offers.external_ref, [r[2] for r in refs]))
    shown = (_shown(row) for row in session.scalars(query))
    return {
        key: each
        for each in shown
        if (key := (each.platform, each.account, each.external_ref)) in set(refs)
    }


def list_offers(session: Session, company_id: int, ref: str = "") -> list[ShownOffers]:
    """Return what was seen last of every listing, or all that was ever seen of one."""
    query = _latest(company_id).order_by(Offers.external_ref, Offers.id)
    if ref:
        query = (
            sa.select(Offers)
            .where(Offers.company_id == company_id, Offers.external_ref == ref)
            .order_by(Offers.id.desc())
            .limit(HISTORY)
        )
    return [_shown(row) for row in session.scalars(query)]


_NAMES = ("currency", "lowest", "lowest_is_ours", "featured", "featured_is_ours")


def _values(each: OffersSeen) -> Mapping[str, object]:
    return {name: getattr(each, name) for name in _NAMES}


def _shown(row: Offers) -> ShownOffers:
    return ShownOffers(**{name: getattr(row, name) for name in ShownOffers.__dataclass_fields__})


def _latest(company_id: int) -> sa.Select[Offers]:
    return sa.select(Offers).where(Offers.company_id == company_id, Offers.latest)


def _due(session: Session, company_id: int, account: tuple[str, str], age: timedelta) -> list[str]:
    """Return the listings that were not asked about for a while, the longest ago first."""
    query = (
        sa.select(Listing.external_ref)
        .outerjoin(
            Offers,
            (Offers.company_id == Listing.company_id)
            & (Offers.platform == Listing.platform)
            & (Offers.account == Listing.account)
            & (Offers.external_ref == Listing.external_ref)
            & Offers.latest,
        )
        .where(
            Listing.company_id == company_id,
            Listing.platform == account[0],
            Listing.account == account[1],
            sa.or_(Offers.id.is_(None), Offers.last_at <= clock.now() - age),
        )
        .order_by(Offers.last_at.is_not(None), Offers.last_at, Listing.id)
        .limit(MOST)
    )
    return list(session.scalars(query))
