"""A profit report in another currency: every figure by the rate of one day, which is said.

The total of each line is converted and rounded half away from zero, once; the rows and the rest of
the line share it by the largest remainder. So rows and rest add up to the total in any currency,
and the total of a line is what the books say, off by no more than half a minor unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from core.kernel.companies import company_of
from core.kernel.companies import today_in
from core.ledger.profit import ProfitReport
from core.ledger.waterfall import PROFIT_LINES
from core.money import minor_digits
from core.rates.finding import rates_to
from core.rates.rate import Rate


@dataclass(frozen=True, slots=True)
class Converted:
    """A report in another currency by the rate of a day; without a rate none, and `missing` why."""

    currency: str
    day: date
    rate: Rate | None
    report: ProfitReport | None
    missing: str = ""
    hint: str = ""


def convert_report(
    session: Session, company_id: int, report: ProfitReport, currency: str, day: date
) -> Converted:
    """Return a report in another currency, by the last rate on or before a day.

    Raises: InputError for a code that is no currency.
    """
    minor_digits(currency)
    rates = rates_to(session, company_id, currency, [(report.currency, day)])
    rate = rates.find(report.currency, day)
    if rate is None:
        missing = rates.missing(report.currency, day)
        hint = f"Add it: entrepot rates add {report.currency} {currency} RATE --on {day}."
        return Converted(currency, day, None, None, missing, hint)
    return Converted(currency, day, rate, in_currency(report, rate))


def rate_day(session: Session, company_id: int, end: date | None, asked: date | None) -> date:
    """Return whose rate holds: that of the day asked for, else of the last day, or of today."""
    today = today_in(company_of(session, company_id).timezone)
    return asked or min(end or today, today)


def in_currency(report: ProfitReport, rate: Rate) -> ProfitReport:
    """Return a report by a rate."""
    rows = [*report.rows, report.rest]
    lines = _share_out([row.lines for row in rows], rate)
    moved = _share_out([row.moved for row in rows], rate)
    *made, rest = (
        replace(row, lines=own, moved=moves if row.moved else {})
        for row, own, moves in zip(rows, lines, moved, strict=True)
    )
    return replace(
        report,
        currency=rate.quote,
        rows=made,
        rest=rest,
        total_lines={name: rate.convert(report.total_lines[name]) for name in PROFIT_LINES},
        left_out={name: rate.convert(amount) for name, amount in report.left_out.items()},
    )


def share_out(amounts: Sequence[int], rate: Rate) -> list[int]:
    """Return amounts by a rate; they add up to what their sum comes to (largest remainder)."""
    up = rate.value.numerator * 10 ** minor_digits(rate.quote)
    down = rate.value.denominator * 10 ** minor_digits(rate.base)
    parts = [divmod(amount * up, down) for amount in amounts]
    found = [whole for whole, _ in parts]
    more = rate.convert(sum(amounts)) - sum(found)
    by_remainder = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))
    for place in by_remainder[:more]:
        found[place] += 1
    return found


def _share_out(rows: Sequence[Mapping[str, int]], rate: Rate) -> list[dict[str, int]]:
    found: list[dict[str, int]] = [dict.fromkeys(PROFIT_LINES, 0) for _ in rows]
    for name in PROFIT_LINES:
        amounts = [row.get(name, 0) for row in rows]
        if any(amounts):
            for own, amount in zip(found, share_out(amounts, rate), strict=True):
                own[name] = amount
    return found
