"""Importing reports that say for which goods a cost was: read whole, then each row once.

A report of a month may come again, corrected: what it says of a code then holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.allocation.models import Detail
from core.allocation.reading import Layout
from core.allocation.reading import read_report
from core.catalog.models import Listing
from core.catalog.models import Sku
from core.channels.external import CostWeight
from core.channels.importing import ImportResult
from core.channels.importing import begin_import
from core.channels.importing import file_digest
from core.channels.importing import finish_import
from core.channels.models import Shop
from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.errors import InputError
from core.ids import next_ids
from core.kernel.kernel import Kernel
from core.ledger.periods import month_of
from core.orders.models import Order

BATCH_ROWS = 500


class Key(NamedTuple):
    """What a row of a report is of."""

    month: date
    scope_id: int
    code: str
    order_ref: str


@dataclass(frozen=True, slots=True)
class DetailResult:
    """What became of a report; `unknown` names codes that are no SKU, the first twenty."""

    received: int
    added: int
    changed: int
    unchanged: int
    unknown: Sequence[str]

    def as_json(self) -> dict[str, object]:
        """Return the result as the command line shows it."""
        return asdict(self)


def import_details(
    kernel: Kernel,
    company_id: int,
    path: Path,
    kind: str,
    *,
    layout: Layout | None = None,
    month: date | None = None,
    shop: str = "",
) -> DetailResult:
    """Import a report; `month` and `shop` hold for rows that name none themselves.

    Raises: InputError naming the line that cannot be understood; then nothing was changed.
    """
    if not kind.replace("_", "").isalnum():
        raise InputError("a report's kind is letters, digits and _, as in ads.", where="kind")
    with kernel.db.read() as session:
        shops = _shops(session, company_id)
    sums, received = _sums(path, layout or Layout(), month, shop, shops)
    with kernel.db.write() as session:
        import_id = begin_import(
            session, company_id, None, f"allocation_{kind}", path.name, file_digest(path), "", ()
        )
    added = changed = 0
    unknown: set[str] = set()
    keys = sorted(sums)
    for start in range(0, len(keys), BATCH_ROWS):
        with kernel.db.write() as session:
            batch = {key: sums[key] for key in keys[start : start + BATCH_ROWS]}
            part = _Batch(session, company_id, kind, import_id, batch)
            part.write()
        added, changed = added + part.added, changed + part.changed
        unknown |= part.unknown
    unchanged = len(keys) - added - changed
    with kernel.db.write() as session:
        counted = ImportResult(received=received, applied=received, unchanged=0)
        finish_import(session, company_id, import_id, counted)
    return DetailResult(received, added, changed, unchanged, sorted(unknown)[:20])


def keep_weights(
    session: Session,
    company_id: int,
    kind: str,
    import_id: int,
    scope_id: int,
    weights: Iterable[CostWeight],
) -> set[str]:
    """Keep what a platform says that goods bear of a cost; return the codes that are no SKU.

    `scope_id` tells its accounts apart, so that none overwrites what another one said.
    """
    sums: dict[Key, int] = {}
    for each in weights:
        key = Key(month_of(each.month), scope_id, each.code, "")
        sums[key] = sums.get(key, 0) + each.weight
    unknown: set[str] = set()
    keys = sorted(sums)
    for start in range(0, len(keys), BATCH_ROWS):
        batch = {key: sums[key] for key in keys[start : start + BATCH_ROWS]}
        part = _Batch(session, company_id, kind, import_id, batch, of_shop=False)
        part.write()
        unknown |= part.unknown
    return unknown


def _sums(
    path: Path, layout: Layout, month: date | None, shop: str, shops: Mapping[str, int]
) -> tuple[dict[Key, int], int]:
    """Add up a report by what its rows are of."""
    sums: dict[Key, int] = {}
    received = 0
    for row in read_report(path, layout):
        received += 1
        where = f"line {row.number}"
        day = row.day or month
        if day is None:
            raise InputError("It names no day.", where=where, hint="Say --month 2026-08 for all.")
        name = row.shop or shop
        if name and name not in shops:
            raise InputError(
                f"There is no shop {name!r}.", where=where, hint=f"Known: {', '.join(shops)}."
            )
        key = Key(month_of(day), shops.get(name, 0), row.code, row.order_ref)
        sums[key] = sums.get(key, 0) + row.weight
    return sums, received


def _shops(session: Session, company_id: int) -> dict[str, int]:
    query = sa.select(Shop.name, Shop.id).where(Shop.company_id == company_id).order_by(Shop.name)
    return dict(session.execute(query).all())


class _Batch:
    """Some rows of a report on their way into the database."""

    def __init__(
        self,
        session: Session,
        company_id: int,
        kind: str,
        import_id: int,
        sums: Mapping[Key, int],
        *,
        of_shop: bool = True,
    ) -> None:
        self.of_shop = of_shop
        self.session = session
        self.company_id = company_id
        self.kind = kind
        self.import_id = import_id
        self.sums = sums
        self.added = self.changed = 0
        self.unknown: set[str] = set()

    def write(self) -> None:
        known = self._known()
        skus = self._skus({key.code for key in self.sums if key.code})
        orders = self._orders({key.order_ref for key in self.sums if key.order_ref})
        table = table_of(Detail)
        rows: list[dict[str, object]] = []
        for new_id, (key, weight) in zip(
            next_ids(self.session, len(self.sums)), self.sums.items(), strict=True
        ):
            if key.code and key.code not in skus:
                self.unknown.add(key.code)
            found = (weight, skus.get(key.code), orders.get(key.order_ref))
            if key not in known:
                self.added += 1
            elif known[key] != found:
                self.changed += 1
            else:
                continue
            rows.append(
                {"company_id": self.company_id, "id": new_id, "kind": self.kind, **key._asdict()}
                | {
                    "shop_id": (key.scope_id or None) if self.of_shop else None,
                    "sku_id": found[1],
                    "order_id": found[2],
                }
                | {"weight": weight, "import_id": self.import_id, "row_version": 1}
            )
        if rows:
            self.session.execute(_upsert(self.session, table), rows)

    def _known(self) -> dict[Key, tuple[int, int | None, int | None]]:
        query = sa.select(
            *(Detail.month, Detail.scope_id, Detail.code, Detail.order_ref),
            *(Detail.weight, Detail.sku_id, Detail.order_id),
        ).where(
            Detail.company_id == self.company_id,
            Detail.kind == self.kind,
            Detail.month.in_({key.month for key in self.sums}),
            any_of(self.session, Detail.code, sorted({key.code for key in self.sums})),
        )
        return {Key(*row[:4]): tuple(row[4:]) for row in rows_of(self.session, query)}

    def _skus(self, codes: Iterable[str]) -> dict[str, int]:
        """Return the SKUs of codes: our own first, then what listings say of a seller's code."""
        wanted = sorted(codes)
        own = sa.select(Sku.code, Sku.id).where(
            Sku.company_id == self.company_id, any_of(self.session, Sku.code, wanted)
        )
        found: dict[str, int] = {}
        for column in (Listing.seller_sku, Listing.external_ref):
            query = sa.select(column, sa.func.min(Listing.sku_id)).where(
                Listing.company_id == self.company_id,
                Listing.sku_id.is_not(None),
                any_of(self.session, column, wanted),
            )
            # A code that stands for several SKUs stands for none.
            one = query.group_by(column).having(sa.func.count(sa.distinct(Listing.sku_id)) == 1)
            found |= dict(rows_of(self.session, one))
        return found | dict(rows_of(self.session, own))

    def _orders(self, refs: Iterable[str]) -> dict[str, int]:
        query = (
            sa.select(Order.external_ref, sa.func.min(Order.id))
            .where(
                Order.company_id == self.company_id,
                any_of(self.session, Order.external_ref, sorted(refs)),
            )
            .group_by(Order.external_ref)
            .having(sa.func.count() == 1)
        )
        return dict(rows_of(self.session, query))


def _upsert(session: Session, table: sa.Table) -> sa.Executable:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.dialects import sqlite

    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    made = insert(table)
    names = ("shop_id", "sku_id", "order_id", "weight", "import_id")
    return made.on_conflict_do_update(
        index_elements=["company_id", "kind", "month", "scope_id", "code", "order_ref"],
        set_={name: made.excluded[name] for name in names}
        | {"row_version": table.c.row_version + 1},
    )
