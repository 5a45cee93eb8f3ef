"""Why profit is another: between two periods, and between what was estimated and what is now.

Between periods each SKU's change is taken apart by units sold, group of lines by group:

- **quantity**: what the first period earned, times how many more units were sold in proportion. Of
  all SKUs together, as if each had grown as the whole did, it is **volume**; the rest is **mix**.
- **price, cost, fees, marketing, overhead, currency**: what a group of lines is beyond that, which
  is the change for each unit times the units of the second period.
- **assortment**: SKUs that were sold in one of the periods only, with all that they earned.
- **not by unit**: what concerns no SKU, and SKUs with costs but no sales, group by group.

Quantities are rounded half away from zero, once for each SKU and group, and every other effect is
what is left of the change: so the effects add up to it exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from core.ledger.dating import SALE_KINDS
from core.ledger.summing import EVERYTHING
from core.ledger.summing import Narrow
from core.ledger.summing import bound_query
from core.ledger.summing import of_changes
from core.ledger.summing import sum_profit
from core.ledger.waterfall import PROFIT_LINES
from core.ledger.waterfall import STEPS

Lines = Mapping[str, int]

GROUPS: dict[str, tuple[str, ...]] = {
    "price": STEPS[0].lines,
    "cost": STEPS[1].lines,
    "fees": STEPS[2].lines,
    "marketing": STEPS[3].lines,
    "overhead": tuple(line for line in STEPS[4].lines if line != "fx"),
    "currency": ("fx",),
}

EFFECTS = ("volume", "mix", *GROUPS, "assortment", *(f"other_{group}" for group in GROUPS))


@dataclass(frozen=True, slots=True)
class Bridge:
    """The profit before and after, and the effects that lead from one to the other."""

    before: int
    after: int
    effects: dict[str, int]


@dataclass(frozen=True, slots=True)
class Period:
    """What a period earned by SKU, 0 for none in particular, and how many units it sold."""

    lines: Mapping[int, Lines]
    units: Mapping[int, int]

    @property
    def profit(self) -> int:
        """Return what the period earned in all."""
        return sum(sum(lines.values()) for lines in self.lines.values())


def bridge_periods(
    session: Session,
    company_id: int,
    first: tuple[date, date],
    second: tuple[date, date],
    narrow: Narrow = EVERYTHING,
) -> Bridge:
    """Explain the difference of two periods, each from one booking day to another."""
    return decompose(
        period_of(session, company_id, first, narrow),
        period_of(session, company_id, second, narrow),
    )


def decompose(before: Period, after: Period) -> Bridge:
    """Take the change from one period to another apart."""
    effects = dict.fromkeys(EFFECTS, 0)
    steady = {sku for sku in before.units.keys() & after.units.keys() if sku}
    steady = {sku for sku in steady if before.units[sku] > 0 and after.units[sku] > 0}
    sold = {sku for each in (before, after) for sku, units in each.units.items() if units > 0}
    quantity = 0
    for sku in before.lines.keys() | after.lines.keys():
        for group, names in GROUPS.items():
            old, new = (_amount(each.lines.get(sku, {}), names) for each in (before, after))
            if sku in steady:
                more = after.units[sku] - before.units[sku]
                grown = rounded(old * more, before.units[sku])
                quantity += grown
                effects[group] += new - old - grown
            elif sku in sold:
                effects["assortment"] += new - old
            else:
                effects[f"other_{group}"] += new - old
    units = [sum(each.units[sku] for sku in steady) for each in (before, after)]
    if steady:
        earned = sum(sum(before.lines.get(sku, {}).values()) for sku in steady)
        effects["volume"] = rounded(earned * (units[1] - units[0]), units[0])
    effects["mix"] = quantity - effects["volume"]
    return Bridge(before.profit, after.profit, effects)


def rounded(amount: int, parts: int) -> int:
    """Return a part of an amount, rounded half away from zero."""
    whole = (2 * abs(amount) + parts) // (2 * parts)
    return whole if amount >= 0 else -whole


@dataclass(frozen=True, slots=True)
class Settling:
    """What orders earned as they were booked when they left, and what each line brought since."""

    estimated: dict[str, int]
    since: dict[str, int]

    @property
    def now(self) -> dict[str, int]:
        """Return what they have earned by now."""
        return {line: self.estimated[line] + self.since[line] for line in PROFIT_LINES}


def bridge_estimates(
    session: Session,
    company_id: int,
    start: date | None = None,
    end: date | None = None,
    narrow: Narrow = EVERYTHING,
) -> Settling:
    """Explain what became of the orders whose sale was booked from one day to another."""
    kinds = ", ".join(f"'{kind}'" for kind in SALE_KINDS)
    edges = {name: day for name, day in (("start", start), ("end", end)) if day is not None}
    within = " AND booked_on >= :start" * ("start" in edges)
    within += " AND booked_on <= :end" * ("end" in edges)
    condition, bound = of_changes(narrow)
    sums = ", ".join(f"CAST(SUM(p.{line}) AS BIGINT)" for line in PROFIT_LINES)
    query, values = bound_query(
        "WITH sold AS (SELECT DISTINCT order_id FROM ledger_entry WHERE company_id = :c"  # noqa: S608
        f" AND kind = 'sale' AND order_id IS NOT NULL{within})"
        f" SELECT CASE WHEN e.kind IN ({kinds}) THEN 1 ELSE 0 END, {sums}"
        " FROM sold CROSS JOIN ledger_profit p JOIN ledger_entry e"
        " ON e.company_id = p.company_id AND e.id = p.entry_id"
        f" WHERE p.company_id = :c AND p.order_id = sold.order_id{condition} GROUP BY 1",
        edges,
        bound,
    )
    found = {
        bool(sale): dict(zip(PROFIT_LINES, map(int, lines), strict=True))
        for sale, *lines in session.connection().execute(query, {"c": company_id, **values})
    }
    nothing = dict.fromkeys(PROFIT_LINES, 0)
    return Settling(found.get(True, nothing), found.get(False, nothing))


def _amount(lines: Lines, names: tuple[str, ...]) -> int:
    return sum(lines.get(name, 0) for name in names)


def period_of(
    session: Session, company_id: int, days: tuple[date, date], narrow: Narrow = EVERYTHING
) -> Period:
    """Return what was earned and sold from one booking day to another."""
    sums = sum_profit(session, company_id, "sku_id", *days, narrow)
    return Period(
        {each.key: each.lines for each in sums}, _units(session, company_id, days, narrow)
    )


def _units(
    session: Session, company_id: int, days: tuple[date, date], narrow: Narrow
) -> dict[int, int]:
    """Return how many units of each SKU were sold: of the lines that the booked sales are about."""
    condition, bound = of_changes(narrow)
    # A line may stand in several changes: its fees have no warehouse.
    query = (
        "SELECT sku_id, CAST(SUM(quantity) AS BIGINT) FROM (SELECT DISTINCT p.sku_id, l.id,"  # noqa: S608
        " l.quantity FROM ledger_profit p"
        " JOIN ledger_entry e ON e.company_id = p.company_id AND e.id = p.entry_id"
        " JOIN orders_line l ON l.company_id = p.company_id AND l.id = p.line_id"
        " WHERE p.company_id = :c AND p.booked_on BETWEEN :start AND :end AND e.kind = 'sale'"
        f" AND p.sku_id IS NOT NULL AND l.quantity > 0{condition}) sold GROUP BY sku_id"
    )
    text, values = bound_query(query, {"start": days[0], "end": days[1]}, bound)
    return dict(session.connection().execute(text, {"c": company_id, **values}).all())
