"""Saying what listings shall cost: looked at first, with numbers, and kept in versions.

A price below what the goods and the fees come to is kept only by who says how many there are.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from decimal import InvalidOperation
from typing import TextIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Listing
from core.channels.models import Shop
from core.db import any_of
from core.db import rows_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import deed
from core.ids import next_ids
from core.money import to_minor
from core.publishing.models import PriceTarget
from core.publishing.models import PriceTold
from core.publishing.price_floors import Floor
from core.publishing.price_floors import Priced
from core.publishing.price_floors import floors_of

COLUMNS = ("platform", "account", "code", "price", "currency")
MOST = 10_000
"""Prices of one file; more are told in several."""
HIGHEST = 10**12


@dataclass(frozen=True, slots=True)
class Wish:
    """What a seller SKU of an account shall cost, in minor units, tax included as it is shown."""

    platform: str
    account: str
    seller_sku: str
    amount: int
    currency: str
    where: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what it is a price of."""
        return self.platform, self.account, self.seller_sku


@dataclass(frozen=True, slots=True)
class Looked:
    """A price that is wished for beside what it was and what it must bring."""

    wish: Wish
    sku_id: int | None
    before: int | None
    floor: Floor

    @property
    def is_new(self) -> bool:
        """Say whether the platform is told anything by it."""
        return self.before != self.wish.amount


@dataclass(frozen=True, slots=True)
class Preview:
    """What prices would do before any of them leaves."""

    rows: Sequence[Looked]

    @property
    def shops(self) -> int:
        """Return on how many accounts."""
        return len({row.wish.key[:2] for row in self.rows})

    @property
    def below(self) -> int:
        """Return how many bring less than they cost."""
        return sum(row.floor.is_below for row in self.rows)

    @property
    def unknown(self) -> int:
        """Return of how many nobody can say."""
        return sum(not row.floor.is_known for row in self.rows)

    @property
    def unchanged(self) -> int:
        """Return how many are what was told already."""
        return sum(not row.is_new for row in self.rows)


def preview_prices(session: Session, company_id: int, wishes: Sequence[Wish]) -> Preview:
    """Return what some prices would do; nothing changes.

    Raises: InputError for a price or a currency that makes no sense, NotFound for a listing.
    """
    _check(session, company_id, wishes)
    skus = _skus(session, company_id, wishes)
    known = {row.key: row for row in _targets(session, company_id, wishes)}
    priced = [
        Priced(wish.platform, wish.account, skus[wish.key], wish.amount, wish.currency)
        for wish in wishes
    ]
    floors = floors_of(session, company_id, priced)
    rows = []
    for wish, floor in zip(wishes, floors, strict=True):
        before = known.get(wish.key)
        told = before.amount if before is not None and before.currency == wish.currency else None
        rows.append(Looked(wish, skus[wish.key], told, floor))
    return Preview(rows)


def set_prices(
    session: Session,
    company_id: int,
    wishes: Sequence[Wish],
    *,
    actor: str,
    note: str = "",
    below_cost: int = 0,
) -> Preview:
    """Let prices hold from now on; what is told already stays as it is.

    Raises: Conflict unless `below_cost` is how many of them bring less than they cost, and what
    `preview_prices` raises.
    """
    _targets(session, company_id, wishes, lock=True)
    found = preview_prices(session, company_id, wishes)
    if found.below != below_cost:
        raise Conflict(
            f"{found.below} of {len(found.rows)} prices are below cost, not {below_cost}.",
            hint="Look at them, and say how many there are to let them hold.",
        )
    fresh = [row.wish for row in found.rows if row.is_new]
    with deed(session, company_id, "prices.set", "prices", by=actor) as told:
        _keep(session, company_id, fresh, actor, note)
        if told is not None:
            if len(fresh) == 1:
                only = fresh[0]
                told.subject = f"price:{'/'.join(only.key)}"
                told.before["amount"] = found.rows[0].before
                told.after |= {"amount": only.amount, "currency": only.currency}
            told.after |= {"prices": len(fresh), "below_cost": found.below}
    return found


def read_prices(stream: TextIO, name: str) -> list[Wish]:
    """Read a CSV file with the columns platform, account, code, price and currency.

    Raises: InputError naming the line.
    """
    reader = csv.DictReader(stream)
    if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
        raise InputError(f"the column {missing[0]} is missing.", where=f"{name}, line 1")
    wishes = []
    for row in reader:
        where = f"{name}, line {reader.line_num}"
        told = {column: (row[column] or "").strip() for column in COLUMNS}
        wishes.append(
            read_wish(
                told["platform"], told["account"], told["code"], told["price"], told["currency"],
                where=where,
            )
        )  # fmt: skip
    if not wishes:
        raise InputError("there are no prices in it.", where=name)
    return wishes


def read_wish(
    platform: str, account: str, code: str, price: str, currency: str, *, where: str = "price"
) -> Wish:
    """Read a price as a person writes it, such as 12.99.

    Raises: InputError.
    """
    try:
        amount = to_minor(Decimal(price), currency.upper())
    except InvalidOperation as error:
        raise InputError(f"{price!r} is no price.", where=where, hint="Write 12.99.") from error
    return Wish(platform, account, code, amount, currency.upper(), where)


def retry_prices(session: Session, company_id: int, ids: Sequence[int], *, actor: str) -> int:
    """Tell prices that were refused once more, under a new version; return how many.

    Raises: Conflict for one that was not refused.
    """
    query = sa.select(PriceTarget).where(
        PriceTarget.company_id == company_id, any_of(session, PriceTarget.id, sorted(ids))
    )
    rows = list(session.scalars(query.order_by(PriceTarget.id).with_for_update()))
    if len(rows) != len(set(ids)):
        raise NotFound("There is no such price.")
    if fine := [row.seller_sku for row in rows if not row.error]:
        raise Conflict(f"The price of {fine[0]} was not refused.")
    with deed(session, company_id, "prices.retried", "prices", by=actor) as told:
        for row, new_id in zip(rows, next_ids(session, len(rows)), strict=True):
            row.version, row.error = row.version + 1, ""
            _tell(session, row, new_id, actor, "")
        session.flush()
        if told is not None:
            told.after["prices"] = len(rows)
    return len(rows)


def _check(session: Session, company_id: int, wishes: Sequence[Wish]) -> None:
    if len(wishes) > MOST:
        raise InputError(f"these are more than {MOST} prices.", where="prices")
    query = sa.select(Shop.platform, Shop.account, Shop.currency).where(
        Shop.company_id == company_id
    )
    sold: dict[tuple[str, str], set[str]] = {}
    for platform, account, currency in rows_of(session, query):
        sold.setdefault((platform, account), set()).add(currency)
    seen: set[tuple[str, str, str]] = set()
    for wish in wishes:
        if not 0 < wish.amount < HIGHEST:
            raise InputError(f"{wish.seller_sku} cannot cost {wish.amount}.", where=wish.where)
        if wish.key in seen:
            raise InputError(f"{wish.seller_sku} has two prices.", where=wish.where)
        seen.add(wish.key)
        currencies = sold.get(wish.key[:2])
        if currencies and wish.currency not in currencies:
            raise InputError(
                f"{wish.platform} · {wish.account} sells in {', '.join(sorted(currencies))}, not"
                f" in {wish.currency}.",
                where=wish.where,
            )


def _skus(
    session: Session, company_id: int, wishes: Sequence[Wish]
) -> dict[tuple[str, str, str], int | None]:
    """Return for which SKU each seller SKU stands; None of a listing that is not mapped."""
    codes = sorted({wish.seller_sku for wish in wishes})
    code = sa.func.coalesce(Listing.seller_sku, Listing.external_ref)
    query = sa.select(Listing.platform, Listing.account, code, Listing.sku_id).where(
        Listing.company_id == company_id,
        any_of(session, Listing.external_ref, codes) | any_of(session, Listing.seller_sku, codes),
    )
    found: dict[tuple[str, str, str], int | None] = {}
    for platform, account, seller_sku, sku_id in rows_of(session, query):
        key = (platform, account, seller_sku)
        found[key] = found.get(key) or sku_id
    for wish in wishes:
        if wish.key not in found:
            raise NotFound(
                f"{wish.where}: there is no listing {wish.seller_sku!r} of {wish.platform} ·"
                f" {wish.account}.",
                hint="A price is that of a seller SKU, as Products › Listings shows it.",
            )
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """A price that holds."""

    key: tuple[str, str, str]
    amount: int
    currency: str
    row: PriceTarget


def _targets(
    session: Session, company_id: int, wishes: Sequence[Wish], *, lock: bool = False
) -> list[_Known]:
    codes = sorted({wish.seller_sku for wish in wishes})
    query = sa.select(PriceTarget).where(
        PriceTarget.company_id == company_id, any_of(session, PriceTarget.seller_sku, codes)
    )
    ordered = query.order_by(PriceTarget.id)
    return [
        _Known((row.platform, row.account, row.seller_sku), row.desired, row.currency, row)
        for row in session.scalars(ordered.with_for_update() if lock else ordered)
    ]


def _keep(session: Session, company_id: int, wishes: Sequence[Wish], actor: str, note: str) -> None:
    known = {each.key: each.row for each in _targets(session, company_id, wishes)}
    now = clock.now()
    ids = iter(next_ids(session, 2 * len(wishes)) if wishes else ())
    for wish in wishes:
        row = known.get(wish.key)
        if row is None:
            row = PriceTarget(
                company_id=company_id, id=next(ids), platform=wish.platform,
                account=wish.account, seller_sku=wish.seller_sku, currency=wish.currency,
                desired=wish.amount, version=0, desired_at=now, sent_version=0,
                answered_version=0, error="",
            )  # fmt: skip
            session.add(row)
        elif row.currency != wish.currency:
            # What was told, and seen, of the other currency says nothing of this one.
            row.sent = row.confirmed = row.seen = None
        row.desired, row.currency, row.desired_at = wish.amount, wish.currency, now
        row.version, row.error = row.version + 1, ""
        session.flush()
        _tell(session, row, next(ids), actor, note)
    session.flush()


def _tell(session: Session, row: PriceTarget, new_id: int, actor: str, note: str) -> None:
    """Note a version that the platform is to be told."""
    session.add(
        PriceTold(
            company_id=row.company_id, id=new_id, price_id=row.id, version=row.version,
            amount=row.desired, currency=row.currency, actor=actor, note=note[:500],
            decided_at=clock.now(), reason="",
        )
    )  # fmt: skip
