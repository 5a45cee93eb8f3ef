"""Files that tell of a stretch of time: the same money as settlements, perhaps only a part of it.

What an extract says of a settlement that counts is compared and never booked. Of one that nobody
else tells it counts only if its rows are exactly what was paid out.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.fees.dictionary import FeeCode
from core.fees.packs import dictionary_of
from core.money import to_text
from core.settlements.deriving import MOVES
from core.settlements.facts import Extract
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.settlements.staging import Survey
from core.settlements.working import READING


def doubt_of(
    session: Session, survey: Survey, extract: Extract, counts: Statement | None
) -> str | None:
    """Say why an extract cannot count, or what it contradicts; None if nothing."""
    if counts is None:
        return _unpaid(survey, extract)
    if counts.state == READING:
        return None
    currency = survey.file.facts.currency
    whole = _sum_of(session, counts, None)
    part = whole if survey.total == whole else _sum_of(session, counts, extract)
    if survey.total == part and currency == counts.currency:
        return None
    return (
        f"From {extract.since:%Y-%m-%d %H:%M} to {extract.until:%Y-%m-%d %H:%M} UTC it tells of"
        f" {to_text(survey.total, currency)} {currency}, the file that counts of"
        f" {to_text(part, counts.currency)} {counts.currency}: a difference of"
        f" {to_text(survey.total - part, currency)}."
    )


def _unpaid(survey: Survey, extract: Extract) -> str | None:
    currency = survey.file.facts.currency
    said = to_text(survey.total, currency)
    if extract.payout is None:
        return (
            f"It tells of {said} {currency} and of no payout: the settlement goes on outside of its"
            " time. Import the settlement report."
        )
    if survey.total == extract.payout:
        return None
    return (
        f"Its rows add up to {said} {currency}, {to_text(extract.payout, currency)} was paid out: a"
        f" difference of {to_text(survey.total - extract.payout, currency)}. It tells of a part"
        " only, or a reserve changed: import the settlement report."
    )


def _sum_of(session: Session, statement: Statement, extract: Extract | None) -> int:
    """Return what the rows of a statement come to, without those that only move money."""
    query = (
        sa.select(
            StatementRow.kind,
            StatementRow.code_group,
            StatementRow.name,
            StatementRow.posted_on,
            sa.cast(sa.func.sum(StatementRow.amount), sa.BigInteger),
        )
        .where(
            StatementRow.company_id == statement.company_id,
            StatementRow.statement_id == statement.id,
            ~StatementRow.deferred,
        )
        .group_by(
            StatementRow.kind, StatementRow.code_group, StatementRow.name, StatementRow.posted_on
        )
    )
    if extract is not None:
        query = query.where(StatementRow.posted_at.between(extract.since, extract.until))
    dictionary = dictionary_of(session, statement.company_id, statement.platform)
    total = 0
    for *code, day, amount in rows_of(session, query):
        rule = dictionary.find(FeeCode(*code), day)
        if rule is None or rule.category not in MOVES:
            total += amount
    return total
