"""One way to ask for the profit report, for pages, commands and the API alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from core.errors import InputError
from core.ledger.profit import ProfitReport
from core.ledger.profit import profit_report
from core.profits.converting import Converted
from core.profits.converting import convert_report
from core.profits.converting import rate_day
from core.profits.originals import OriginalReport
from core.profits.originals import original_report
from core.profits.shared import shared_profit_report

ORIGINAL = "original"
"""Asked for as a currency: each amount in the currency of its document."""


@dataclass(frozen=True, slots=True)
class ProfitAsked:
    """What is asked: a dimension, days, which of them count, and in which currency.

    `shared` asks for profit after allocation. An empty currency is that of the books; `rate_on` is
    the day whose rate holds for another one.
    """

    by: str
    start: date | None = None
    end: date | None = None
    basis: str = "posted"
    mode: str = "posted"
    shared: bool = False
    currency: str = ""
    rate_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProfitAnswer:
    """The report; with `converted` by which rate, or why there is none and so no report either.

    In the currencies of the documents there is `original` instead.
    """

    report: ProfitReport | None
    converted: Converted | None = None
    original: OriginalReport | None = None


def ask_profit(session: Session, company_id: int, asked: ProfitAsked) -> ProfitAnswer:
    """Answer what is asked.

    Raises: InputError for what the report does not know, or cannot show together.
    """
    if asked.currency == ORIGINAL:
        if asked.shared or asked.basis != "posted" or asked.mode != "posted":
            raise InputError(
                "Amounts in their own currencies are shown as they were posted, by that day.",
                where="currency",
                hint="Choose another currency, or leave out basis, mode and shared costs.",
            )
        days = {"start": asked.start, "end": asked.end}
        return ProfitAnswer(None, original=original_report(session, company_id, asked.by, **days))
    ask = shared_profit_report if asked.shared else profit_report
    report = ask(
        session,
        company_id,
        asked.by,
        start=asked.start,
        end=asked.end,
        basis=asked.basis,
        mode=asked.mode,
    )
    if asked.currency in ("", report.currency):
        return ProfitAnswer(report)
    day = rate_day(session, company_id, asked.end, asked.rate_on)
    converted = convert_report(session, company_id, report, asked.currency, day)
    return ProfitAnswer(converted.report, converted)
