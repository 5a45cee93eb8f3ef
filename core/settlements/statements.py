"""Which statement a file tells of: the one that counts, this very file, or one kept aside.

A settlement's id counts once for each account, whatever file tells of it. What does not add up, or
contradicts what counts, is kept aside beside it with the difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.models import Import
from core.identity.audit import audit
from core.ids import next_id
from core.kernel.connections import ConnectionInfo
from core.money import to_text
from core.settlements.extracts import doubt_of
from core.settlements.models import Statement
from core.settlements.staging import Survey
from core.settlements.storing import stored_rows
from core.settlements.working import BOOKED
from core.settlements.working import QUARANTINED
from core.settlements.working import READING
from core.settlements.working import WAITING


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is asked about a settlement of a file: whose it is, and what it adds up to."""

    company_id: int
    platform: str
    account: str
    orders: tuple[str, str]
    import_id: int
    sha256: str
    survey: Survey


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is known of a settlement of a file: the statement that it is, or why it is kept aside.

    With neither it is a new one; `rejections` counts those of its id that were kept aside.
    """

    statement: Statement | None
    reason: str | None
    rejections: int


def judge(session: Session, asked: Judgement) -> tuple[Statement, int]:
    """Return the statement that a file tells of, made where it is new, and its stored rows."""
    found = opinion_of(session, asked)
    if found.statement is not None:
        return found.statement, stored_rows(session, found.statement)
    rejection = 1 + found.rejections if found.reason else 0
    return _make(session, asked, rejection, found.reason), 0


def opinion_of(session: Session, asked: Judgement) -> Opinion:
    """Return what is known of a settlement, and change nothing."""
    known = _known(session, asked)
    counts = next((each for each in known if not each.rejection), None)
    same = next((each for each in known if each.sha256 == asked.sha256), None)
    reason = None if same else _contradiction(session, asked.survey, counts)
    found = same or (counts if reason is None else None)
    return Opinion(found, reason, sum(1 for each in known if each.rejection))


def is_imported(session: Session, connection: ConnectionInfo, sha256: str) -> bool:
    """Say whether a document of an account was imported to its end."""
    ended = sa.select(Import.id).where(
        Import.company_id == connection.company_id,
        Import.kind == "settlement",
        Import.sha256 == sha256,
        Import.state == "done",
    )
    told = sa.select(Statement.id).where(
        Statement.company_id == connection.company_id,
        Statement.account == connection.account,
        Statement.sha256 == sha256,
        Statement.state.in_((BOOKED, WAITING, QUARANTINED)),
    )
    query = sa.select(ended.exists() & told.exists())
    return bool(session.scalar(query))


def _known(session: Session, asked: Judgement) -> list[Statement]:
    query = (
        sa.select(Statement)
        .where(
            Statement.company_id == asked.company_id,
            Statement.platform == asked.platform,
            Statement.account == asked.account,
            Statement.external_ref == asked.survey.file.facts.external_ref,
        )
        .order_by(Statement.rejection)
    )
    return list(session.scalars(query))


def _contradiction(session: Session, survey: Survey, counts: Statement | None) -> str | None:
    """Say what a settlement contradicts: its own total, or the one that counts; None if nothing."""
    facts = survey.file.facts
    currency = facts.currency
    if difference := survey.total - facts.total:
        return (
            f"Its rows add up to {to_text(survey.total, currency)} {currency}, the platform says"
            f" {to_text(facts.total, currency)}: a difference of {to_text(difference, currency)}."
        )
    if facts.extract is not None:
        return doubt_of(session, survey, facts.extract, counts)
    if counts is None or (counts.currency, counts.total_amount) == (currency, facts.total):
        return None
    return (
        f"It says {to_text(facts.total, currency)} {currency}, the file that counts"
        f" {to_text(counts.total_amount, counts.currency)} {counts.currency}."
    )


def _make(session: Session, asked: Judgement, rejection: int, reason: str | None) -> Statement:
    survey = asked.survey
    facts = survey.file.facts
    statement = Statement(
        company_id=asked.company_id,
        id=next_id(session),
        import_id=asked.import_id,
        platform=asked.platform,
        account=asked.account,
        external_ref=facts.external_ref,
        rejection=rejection,
        format=facts.format,
        sha256=asked.sha256,
        currency=facts.currency,
        started_at=facts.started_at,
        ended_at=facts.ended_at,
        matched_on=survey.last_on,
        deposited_on=facts.deposited_on,
        total_amount=facts.total,
        sum_amount=survey.total,
        row_count=survey.count,
        state=QUARANTINED if reason else READING,
        reason=reason,
        order_platform=asked.orders[0],
        order_account=asked.orders[1],
        created_at=clock.now(),
        row_version=1,
    )
    session.add(statement)
    session.flush()
    after = {"state": statement.state, "total": facts.total, "rows": survey.count}
    audit(
        session, "settlement.imported", f"settlement:{statement.key}",
        after=after, company_id=asked.company_id,
    )  # fmt: skip
    return statement
