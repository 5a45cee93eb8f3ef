"""Stock counts: a sheet, a freeze, what was counted, and the difference that is posted.

The freeze keeps what the record holds at that moment; goods may go on moving, since what is posted
is the difference to the freeze and not the number that was counted.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Sku
from core.db import any_of
from core.db import table_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ids import next_id
from core.ids import next_ids
from core.rows import bulk_insert
from core.stock.models import Level
from core.stock.storing import SELLABLE
from core.stock.warehouses import CONDITIONS
from core.warehousing.floor import Floor
from core.warehousing.floor import Spot
from core.warehousing.floor import sku_codes
from core.warehousing.floor import skus_named
from core.warehousing.floor import warehouse_named
from core.warehousing.handling import require_there
from core.warehousing.models import Count
from core.warehousing.models import CountLine
from core.warehousing.timeline import note

SHEET, FROZEN, POSTED, CANCELLED = "sheet", "frozen", "posted", "cancelled"
DIFFERENCE = "5130"


@dataclass(frozen=True, slots=True)
class CountResult:
    """What a count posted: SKUs that fit, differed or were not counted, and the value gained."""

    fitting: int
    differing: int
    not_counted: int
    value: int


def open_count(
    session: Session,
    company_id: int,
    warehouse: str,
    skus: Collection[str] = (),
    *,
    condition: str = SELLABLE,
    reference: str = "",
    text: str = "",
    actor: str = "",
) -> Count:
    """Make a sheet of the SKUs named, or of all that were ever in the warehouse.

    Raises: InputError, NotFound, Conflict for a reference that is taken or an empty sheet.
    """
    if condition not in CONDITIONS:
        raise InputError(f"{condition!r} is no condition of goods.", where="condition")
    place = warehouse_named(session, company_id, warehouse).id
    new_id = next_id(session)
    count = Count(
        company_id=company_id,
        id=new_id,
        reference=reference or f"C{new_id}",
        warehouse_id=place,
        condition=condition,
        state=SHEET,
        note=text,
        created_at=clock.now(),
    )
    _require_free(session, company_id, count.reference)
    wanted = (
        sorted(skus_named(session, company_id, skus).values())
        if skus
        else list(session.scalars(_stocked(count)))
    )
    if not wanted:
        raise Conflict(f"Nothing was ever stocked in {warehouse}.", hint="Name the SKUs to count.")
    session.add(count)
    session.flush()
    _add_lines(session, count, wanted)
    note(session, company_id, "count", count.id, "opened", actor, skus=len(wanted))
    return count


def freeze_count(session: Session, company_id: int, reference: str, *, actor: str = "") -> Count:
    """Keep what the record holds now; what is counted will be compared with that.

    Raises: Conflict if the count is past that.
    """
    count = _locked(session, company_id, reference, SHEET)
    # A subquery and no join: SQLite and PostgreSQL write an UPDATE of a join differently.
    session.execute(
        sa.update(CountLine)
        .where(CountLine.company_id == company_id, CountLine.count_id == count.id)
        .values(expected=sa.func.coalesce(_on_hand(count), 0))
        .execution_options(synchronize_session=False)
    )
    _step(session, count, FROZEN, frozen_at=clock.now())
    note(session, company_id, "count", count.id, "frozen", actor)
    return count


def enter_counts(
    session: Session,
    company_id: int,
    reference: str,
    counted: Mapping[str, int],
    *,
    actor: str = "",
) -> Count:
    """Note what was counted of some SKUs; a second number replaces the first.

    A SKU that is not on the sheet is added: it is compared with what the record holds now.

    Raises: InputError for a negative number, Conflict if the count is not frozen.
    """
    if negative := [code for code, number in counted.items() if number < 0]:
        raise InputError("nobody can count less than nothing.", where=negative[0])
    count = _locked(session, company_id, reference, FROZEN)
    skus = skus_named(session, company_id, list(counted))
    lines = {line.sku_id: line for line in count_lines(session, count, skus.values())}
    if unexpected := sorted(set(skus.values()) - lines.keys()):
        _add_lines(session, count, unexpected)
        session.execute(
            sa.update(CountLine)
            .where(
                CountLine.company_id == company_id,
                CountLine.count_id == count.id,
                any_of(session, CountLine.sku_id, unexpected),
            )
            .values(expected=sa.func.coalesce(_on_hand(count), 0))
            .execution_options(synchronize_session=False)
        )
        lines = {line.sku_id: line for line in count_lines(session, count, skus.values())}
    for code, number in counted.items():
        lines[skus[code]].counted = number
    _step(session, count, FROZEN)
    note(session, company_id, "count", count.id, "counted", actor, counted=dict(counted))
    return count


def post_count(
    session: Session,
    company_id: int,
    reference: str,
    *,
    actor: str = "",
    at: datetime | None = None,
) -> CountResult:
    """Book the differences; SKUs without a number stay as they are.

    Raises: Conflict if nothing was counted, or if more is missing than lies there by now.
    """
    count = _locked(session, company_id, reference, FROZEN)
    lines = count_lines(session, count)
    counted = [line for line in lines if line.counted is not None]
    if not counted:
        raise Conflict(f"Nothing was counted in {reference}.", hint="Enter the numbers first.")
    value = _book(session, count, counted, at)
    _step(session, count, POSTED, closed_at=clock.now())
    differing = sum(bool(line.variance) for line in counted)
    result = CountResult(len(counted) - differing, differing, len(lines) - len(counted), value)
    facts = {"fitting": result.fitting, "differing": differing, "value": value}
    note(session, company_id, "count", count.id, "posted", actor, **facts)
    return result


def cancel_count(
    session: Session, company_id: int, reference: str, *, actor: str = "", text: str = ""
) -> Count:
    """Drop a count that has not been posted.

    Raises: Conflict if it has.
    """
    count = _locked(session, company_id, reference, SHEET, FROZEN)
    _step(session, count, CANCELLED, closed_at=clock.now())
    note(session, company_id, "count", count.id, "cancelled", actor, text=text)
    return count


def find_count(session: Session, company_id: int, reference: str) -> Count:
    """Return a count by its reference.

    Raises: NotFound.
    """
    query = sa.select(Count).where(Count.company_id == company_id, Count.reference == reference)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no stock count {reference!r}.")
    return found


def count_lines(
    session: Session, count: Count, sku_ids: Collection[int] | None = None
) -> Sequence[CountLine]:
    """Return the lines of a count, or those of some SKUs."""
    query = sa.select(CountLine).where(
        CountLine.company_id == count.company_id, CountLine.count_id == count.id
    )
    if sku_ids is not None:
        query = query.where(any_of(session, CountLine.sku_id, sorted(sku_ids)))
    return session.scalars(query.order_by(CountLine.id)).all()


def _book(session: Session, count: Count, counted: Sequence[CountLine], at: datetime | None) -> int:
    """Move and book what differs, and return the value gained."""
    for line in counted:
        line.variance, line.value = (line.counted or 0) - (line.expected or 0), 0
    differing = [line for line in counted if line.variance]
    if not differing:
        return 0
    spot = Spot(count.warehouse_id, count.condition)
    floor = Floor(session, count.company_id, at)
    floor.lock({spot: [line.sku_id for line in differing]})
    stock, event = floor.at_spot(spot), floor.document(spot, "count", count.reference)
    entry = floor.entry(event, "stock_count", f"Stock count {count.reference}")
    codes = sku_codes(session, count.company_id, {line.sku_id for line in differing})
    for line in sorted(differing, key=lambda line: line.sku_id):
        variance, why = line.variance or 0, floor.why("count", spot, line.sku_id)
        if variance > 0:
            value = stock.find(event.id, event.happened_at, line.sku_id, variance, why)
        else:
            require_there(stock.on_hand(line.sku_id), -variance, codes[line.sku_id])
            value = -stock.write_off(event.id, event.happened_at, None, line.sku_id, -variance, why)
        line.value = value
        entry.add(floor.account(spot), value, floor.where(spot, line.sku_id))
        entry.add(DIFFERENCE, -value, floor.where(spot, line.sku_id))
    floor.write()
    count.document_id = event.id
    return sum(line.value or 0 for line in differing)


def _locked(session: Session, company_id: int, reference: str, *states: str) -> Count:
    count = find_count(session, company_id, reference)
    session.refresh(count, with_for_update=True)
    if count.state not in states:
        raise Conflict(
            f"Stock count {reference} is {count.state}, not {' or '.join(states)}.",
            hint="Somebody else may have worked on it: look at its timeline.",
        )
    return count


def _step(session: Session, count: Count, state: str, **moments: datetime) -> None:
    count.state = state
    count.row_version += 1
    for name, moment in moments.items():
        setattr(count, name, moment)
    session.flush()


def _stocked(count: Count) -> sa.Select[int]:
    return (
        sa.select(Level.sku_id)
        .join(Sku, (Sku.company_id == Level.company_id) & (Sku.id == Level.sku_id))
        .where(
            Level.company_id == count.company_id,
            Level.warehouse_id == count.warehouse_id,
            Level.condition == count.condition,
            Level.lot_id == 0,
        )
        .order_by(Sku.code)
    )


def _on_hand(count: Count) -> sa.ScalarSelect[int]:
    return (
        sa.select(Level.on_hand)
        .where(
            Level.company_id == count.company_id,
            Level.warehouse_id == count.warehouse_id,
            Level.condition == count.condition,
            Level.lot_id == 0,
            Level.sku_id == CountLine.sku_id,
        )
        .scalar_subquery()
    )


def _add_lines(session: Session, count: Count, sku_ids: Sequence[int]) -> None:
    rows = [
        (count.company_id, line_id, count.id, sku_id)
        for line_id, sku_id in zip(next_ids(session, len(sku_ids)), sku_ids, strict=True)
    ]
    bulk_insert(session, table_of(CountLine), ["company_id", "id", "count_id", "sku_id"], rows)


def _require_free(session: Session, company_id: int, reference: str) -> None:
    query = sa.select(Count.id).where(Count.company_id == company_id, Count.reference == reference)
    if session.scalar(query) is not None:
        raise Conflict(f"There is a stock count {reference} already.")
