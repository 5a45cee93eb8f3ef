"""Which SKU a platform's item stands for: said by a person, suggested by likeness, kept in a log.

An order whose code is not mapped waits and is never dropped; mapping sets it free.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import TextIO

import sqlalchemy as sa
from rapidfuzz import fuzz
from rapidfuzz import process
from rapidfuzz import utils
from sqlalchemy.orm import Session

from core.catalog.mapping import Remapped
from core.catalog.mapping import remap
from core.catalog.models import Listing
from core.catalog.models import Mapping as MappingLog
from core.catalog.models import Sku
from core.catalog.services import skus_by_code
from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import deed
from core.orders.lookups import Account
from core.orders.mapping import release_mapped
from core.orders.record import Actor
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.publishing.models import Target
from core.rows import bulk_update
from core.stock.changes import note_changes

SUGGESTED = 3
LIKE_ENOUGH = 60
COMPARED = 20_000
"""Beyond so many SKUs only codes are compared: titles would keep the page waiting."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A SKU that a listing may stand for, and how alike they are in per cent."""

    sku: str
    title: str
    likeness: int


@dataclass(slots=True)
class Mapped:
    """What became of a mapping: listings mapped, and orders that could go on."""

    mapped: int = 0
    unchanged: int = 0
    orders: int = 0


def list_listings(
    session: Session, company_id: int, show: str, text: str, cursor: Cursor | None
) -> Page[Any]:
    """Return a page of listings by their code: all, or those mapped or `unmapped`."""
    query = (
        sa.select(
            Listing.external_ref,
            Listing.id,
            Listing.platform,
            Listing.account,
            Listing.title,
            Listing.seller_sku,
            Listing.sku_id,
            Sku.code.label("sku"),
        )
        .outerjoin(Sku, (Sku.company_id == Listing.company_id) & (Sku.id == Listing.sku_id))
        .where(Listing.company_id == company_id, *_shown(show))
    )
    if text:
        query = query.where(Listing.external_ref.startswith(text, autoescape=True))
    return fetch_page(session, query, (Listing.external_ref, Listing.id), cursor)


def unmapped(company_id: int) -> sa.Select[int]:
    """Return the query of listings that stand for no SKU yet."""
    return sa.select(Listing.id).where(Listing.company_id == company_id, *_shown("unmapped"))


def suggest(
    session: Session, company_id: int, listings: Sequence[Any]
) -> dict[int, list[Suggestion]]:
    """Return the SKUs that some listings are like, the likest first."""
    query = sa.select(Sku.code, Sku.title).where(
        Sku.company_id == company_id, Sku.archived_at.is_(None)
    )
    titles: dict[str, str] = dict(session.execute(query).all())
    codes = {code: utils.default_process(code) for code in titles}
    words = {code: utils.default_process(title) for code, title in titles.items()}
    found = {}
    for listing in listings:
        likeness: dict[str, float] = {}
        reference = utils.default_process(listing.external_ref)
        for _, score, code in process.extract(reference, codes, scorer=fuzz.ratio, limit=SUGGESTED):
            likeness[code] = score
        if listing.title and listing.title != listing.external_ref and len(titles) <= COMPARED:
            title = utils.default_process(listing.title)
            near = process.extract(title, words, scorer=fuzz.token_set_ratio, limit=SUGGESTED)
            for _, score, code in near:
                likeness[code] = max(score, likeness.get(code, 0))
        best = sorted(likeness.items(), key=lambda pair: (-pair[1], pair[0]))[:SUGGESTED]
        found[listing.id] = [
            Suggestion(code, titles[code], round(score))
            for code, score in best
            if score >= LIKE_ENOUGH
        ]
    return found


def map_listings(
    session: Session, company_id: int, choices: Mapping[int, str], actor: str, way: str
) -> Mapped:
    """Say which SKU some listings stand for; orders that waited for nothing else go on.

    Orders that are known keep the SKU that they had.

    Raises: NotFound for a listing or a SKU that is not there; then nothing is mapped.
    """
    subject = f"listing:{next(iter(choices))}" if len(choices) == 1 else "listings"
    with deed(session, company_id, "listing.mapped", subject, by=actor) as told:
        if told is not None and len(choices) == 1:
            told.before["sku"] = _sku_of(session, company_id, next(iter(choices)))
        done = _map_listings(session, company_id, choices, actor, way)
        if told is not None:
            told.after |= {"way": way, "mapped": done.mapped, "orders": done.orders}
            told.after["skus"] = sorted(set(choices.values()))
    return done


def _sku_of(session: Session, company_id: int, listing_id: int) -> str | None:
    """Return the code of the SKU that a listing stands for now."""
    query = (
        sa.select(Sku.code)
        .join(Listing, (Listing.company_id == Sku.company_id) & (Listing.sku_id == Sku.id))
        .where(Listing.company_id == company_id, Listing.id == listing_id)
    )
    return session.scalar(query)


def _map_listings(
    session: Session, company_id: int, choices: Mapping[int, str], actor: str, way: str
) -> Mapped:
    skus = skus_by_code(session, company_id, set(choices.values()))
    if missing := sorted(set(choices.values()) - skus.keys()):
        raise NotFound(f"There is no SKU {missing[0]!r}.", hint="Make it, or correct its code.")
    chosen = {listing_id: skus[sku] for listing_id, sku in choices.items()}
    changed = remap(session, company_id, chosen, actor, way)
    _follow(session, company_id, changed)
    released: defaultdict[Account, dict[str, str]] = defaultdict(dict)
    for each in changed:
        if each.before is None:
            account = Account(company_id, each.platform, each.account)
            released[account][each.code] = choices[each.listing_id]
    orders = [
        outcome
        for account, codes in released.items()
        for outcome in release_mapped(session, account, codes, Actor(actor))
    ]
    return Mapped(len(changed), len(choices) - len(changed), len(orders))


def listings_named(
    session: Session, company_id: int, skus: Mapping[str, str], account: str | None = None
) -> dict[int, str]:
    """Return the listings that codes name, each with what `skus` gives its code.

    Raises: NotFound for a code that is no listing, or that stands in several accounts.
    """
    found: defaultdict[str, list[int]] = defaultdict(list)
    for (_, owner, code), listing_id in _by_key(session, company_id, list(skus)).items():
        if account in (None, owner):
            found[code].append(listing_id)
    for code in skus:
        if len(found[code]) != 1:
            said = "stands in several accounts" if found[code] else "is no listing"
            raise NotFound(f"{code!r} {said}.", hint="Name its account, or correct it.")
    return {found[code][0]: sku for code, sku in skus.items()}


def map_file(session: Session, company_id: int, stream: TextIO, name: str, actor: str) -> Mapped:
    """Map the listings of a CSV file with the columns platform, account, code and sku.

    Raises: InputError naming the line; then nothing is mapped.
    """
    reader = csv.DictReader(stream)
    columns = ("platform", "account", "code", "sku")
    if missing := [column for column in columns if column not in (reader.fieldnames or ())]:
        raise InputError(f"the column {missing[0]} is missing.", where=f"{name}, line 1")
    rows = [
        (reader.line_num, {column: (row[column] or "").strip() for column in columns})
        for row in reader
    ]
    known = _by_key(session, company_id, [row["code"] for _, row in rows])
    skus = skus_by_code(session, company_id, {row["sku"] for _, row in rows})
    choices: dict[int, str] = {}
    for number, row in rows:
        where = f"{name}, line {number}"
        listing_id = known.get((row["platform"], row["account"], row["code"]))
        if listing_id is None:
            raise InputError(f"there is no listing {row['code']!r} in that account.", where=where)
        if row["sku"] not in skus:
            raise InputError(f"there is no SKU {row['sku']!r}.", where=where)
        if choices.get(listing_id, row["sku"]) != row["sku"]:
            raise InputError(f"{row['code']!r} is mapped twice.", where=where)
        choices[listing_id] = row["sku"]
    return map_listings(session, company_id, choices, actor, "file")


def mapping_log(session: Session, company_id: int, limit: int = 50) -> Sequence[Any]:
    """Return who mapped what last."""
    after, before = sa.orm.aliased(Sku), sa.orm.aliased(Sku)
    query = (
        sa.select(
            MappingLog.mapped_at,
            MappingLog.actor,
            MappingLog.way,
            Listing.external_ref,
            Listing.account,
            before.code.label("before"),
            after.code.label("after"),
        )
        .join(
            Listing,
            (Listing.company_id == MappingLog.company_id) & (Listing.id == MappingLog.listing_id),
        )
        .outerjoin(
            before,
            (before.company_id == MappingLog.company_id) & (before.id == MappingLog.before_id),
        )
        .outerjoin(
            after, (after.company_id == MappingLog.company_id) & (after.id == MappingLog.after_id)
        )
        .where(MappingLog.company_id == company_id)
        .order_by(MappingLog.id.desc())
        .limit(limit)
    )
    return session.execute(query).all()


def _shown(show: str) -> list[sa.ColumnElement[bool]]:
    if show == "unmapped":
        return [Listing.sku_id.is_(None)]
    return [Listing.sku_id.is_not(None)] if show == "mapped" else []


def _by_key(
    session: Session, company_id: int, codes: Sequence[str]
) -> dict[tuple[str, str, str], int]:
    query = sa.select(Listing.platform, Listing.account, Listing.external_ref, Listing.id).where(
        Listing.company_id == company_id, any_of(session, Listing.external_ref, sorted(set(codes)))
    )
    return {(row[0], row[1], row[2]): row[3] for row in session.execute(query)}


def _follow(session: Session, company_id: int, changed: Sequence[Remapped]) -> None:
    """Let the targets that listings share show the stock of their new SKUs from now on."""
    skus = {(each.platform, each.account, each.seller_sku): each.after for each in changed}
    query = sa.select(Target.id, Target.platform, Target.account, Target.seller_sku).where(
        Target.company_id == company_id,
        any_of(session, Target.seller_sku, sorted({each.seller_sku for each in changed})),
    )
    rows = [
        (company_id, row.id, skus[key])
        for row in rows_of(session, query.order_by(Target.id))
        if (key := (row.platform, row.account, row.seller_sku)) in skus
    ]
    columns = ["company_id", "id", "sku_id"]
    bulk_update(session, table_of(Target), columns, rows, assign="sku_id = {sku_id}")
    before = {each.before for each in changed if each.before is not None}
    note_changes(session, company_id, before | {each.after for each in changed})
