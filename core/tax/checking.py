"""Asking registers about the tax numbers of buyers, and keeping what they say as evidence.

A register that is down stops no order: its numbers stay as they are known, and are asked about
again, ever more seldom. What it says counts for sales whose goods leave from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

import httpx2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.checking import NumberAnswer
from core.channels.checking import NumberQuestion
from core.errors import InputError
from core.errors import MappingError
from core.errors import NotFound
from core.errors import RateLimited
from core.errors import RequestRefused
from core.errors import Unavailable
from core.ids import next_id
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.tax.buyers import INVALID
from core.tax.buyers import STATED
from core.tax.buyers import VALID
from core.tax.buyers import KnownNumber
from core.tax.buyers import due_numbers
from core.tax.models import BuyerNumber
from core.tax.models import NumberCheck
from core.tax.numbers import read_tax_number

Confirmed = Callable[[Session, int, int], object]
"""What is told that a company's number, by its id, turned out to be valid."""

AT_ONCE = 100
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)


@dataclass(slots=True)
class CheckResult:
    """How many numbers were asked about in a run, and what came of them."""

    asked: int = 0
    valid: int = 0
    invalid: int = 0
    unanswered: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the result as jobs and commands show it."""
        return asdict(self)


def check_due(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
    limit: int = AT_ONCE,
    confirmed: Confirmed | None = None,
) -> CheckResult:
    """Ask a register about the company's numbers that are due; each answer is kept at once.

    Where the register of a country cannot say, its other numbers wait too. `confirmed` is called
    for a number that was not known to be valid, in the transaction that keeps the answer.

    Raises: ConnectorError for what is wrong with the connection, AddonFailed.
    """
    connector = connector_with(kernel, connection, "check_number", "checks no tax numbers")
    with kernel.db.read() as session:
        due = due_numbers(session, connection.company_id, clock.now(), limit)
    result, silent = CheckResult(), dict[str, str]()
    if not due:
        return result
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        for number in due:
            if number.country in silent:
                _postpone(kernel, connection.company_id, number, silent[number.country], result)
                continue
            question = NumberQuestion(number.country, number.number)
            try:
                with as_addon(kernel, connection.addon, "connector:check_number", "Ask again."):
                    answer: NumberAnswer = connector.check_number(call, question)
            except (RateLimited, Unavailable, RequestRefused, MappingError) as error:
                if isinstance(error, RateLimited | Unavailable):
                    silent[number.country] = str(error)
                _postpone(kernel, connection.company_id, number, str(error), result)
            else:
                _keep(kernel, connection, connector.platform, number, answer, result, confirmed)
    with kernel.db.write() as session:
        note_success(session, connection)
    return result


def _keep(  # noqa: PLR0913, PLR0917 - what an answer consists of
    kernel: Kernel,
    connection: ConnectionInfo,
    source: str,
    number: KnownNumber,
    answer: NumberAnswer,
    result: CheckResult,
    confirmed: Confirmed | None,
) -> None:
    said = _Said(
        VALID if answer.valid else INVALID,
        source,
        answer.consultation,
        answer.requester,
        connection.label,
    )
    with kernel.db.write() as session:
        _note(session, connection.company_id, number.id, said)
        if answer.valid and number.status != VALID and confirmed is not None:
            confirmed(session, connection.company_id, number.id)
    result.asked += 1
    result.valid += answer.valid
    result.invalid += not answer.valid


def _postpone(
    kernel: Kernel, company_id: int, number: KnownNumber, why: str, result: CheckResult
) -> None:
    with kernel.db.write() as session:
        row = _row(session, company_id, number.id)
        pause = min(FIRST_PAUSE * 2 ** min(row.attempts, 10), LONGEST_PAUSE)
        row.attempts += 1
        row.due_at = clock.now() + pause
        row.problem = why
        row.row_version += 1
    result.asked += 1
    result.unanswered += 1


@dataclass(frozen=True, slots=True)
class _Said:
    status: str
    source: str
    consultation: str
    requester: str
    actor: str


def _note(session: Session, company_id: int, number_id: int, said: _Said) -> None:
    row, now = _row(session, company_id, number_id), clock.now()
    row.status, row.source, row.consultation = said.status, said.source, said.consultation
    row.checked_at, row.due_at, row.attempts, row.problem = now, None, 0, ""
    row.row_version += 1
    session.add(
        NumberCheck(
            company_id=company_id,
            id=next_id(session),
            number_id=number_id,
            asked_at=now,
            status=said.status,
            source=said.source,
            consultation=said.consultation,
            requester=said.requester,
            problem="",
            actor=said.actor,
        )
    )
    session.flush()


def _row(session: Session, company_id: int, number_id: int) -> BuyerNumber:
    query = sa.select(BuyerNumber).where(
        BuyerNumber.company_id == company_id, BuyerNumber.id == number_id
    )
    return session.scalars(query).one()


def state_number(
    session: Session,
    company_id: int,
    text: str,
    *,
    valid: bool,
    consultation: str = "",
    actor: str = "",
) -> NumberInfo:
    """Note what a person found of a buyer's number, such as on the register's own page.

    Raises: NotFound for a number that no order ever gave, InputError for one whose form is wrong.
    """
    number = read_tax_number(text, "")
    query = sa.select(BuyerNumber).where(
        BuyerNumber.company_id == company_id, BuyerNumber.number == number.number
    )
    rows = [
        row for row in session.scalars(query) if not number.country or row.country == number.country
    ]
    if len(rows) != 1:
        raise NotFound(
            f"No order gave the number {text!r}.",
            hint="Write it with the prefix of its country; `entrepot tax numbers` lists all.",
        )
    if valid and rows[0].source == "form" and rows[0].problem:
        raise InputError(f"{text!r} cannot be valid: {rows[0].problem}", hint="Ask the buyer.")
    said = _Said(VALID if valid else INVALID, STATED, consultation, "", actor)
    _note(session, company_id, rows[0].id, said)
    return next(each for each in list_numbers(session, company_id) if each.id == rows[0].id)


@dataclass(frozen=True, slots=True)
class NumberInfo:
    """A buyer's number as pages and commands show it, with how many orders gave it."""

    id: int
    country: str
    number: str
    status: str
    source: str
    problem: str
    consultation: str
    checked_at: datetime | None
    due_at: datetime | None
    orders: int


_given = sa.table("orders_tax", sa.column("company_id"), sa.column("id"), sa.column("number_id"))


def list_numbers(session: Session, company_id: int, status: str = "") -> Sequence[NumberInfo]:
    """Return the numbers of buyers, those not checked yet first."""
    orders = (
        sa.select(sa.func.count())
        .where(_given.c.company_id == BuyerNumber.company_id, _given.c.number_id == BuyerNumber.id)
        .scalar_subquery()
    )
    names = [name for name in NumberInfo.__slots__ if name != "orders"]
    columns: list[Any] = [getattr(BuyerNumber, name) for name in names]
    query = (
        sa.select(*columns, orders)
        .where(BuyerNumber.company_id == company_id)
        .order_by(BuyerNumber.status != "unknown", BuyerNumber.country, BuyerNumber.number)
    )
    if status:
        query = query.where(BuyerNumber.status == status)
    rows: Sequence[Any] = session.execute(query).all()
    return [NumberInfo(*row) for row in rows]


def checks_of(session: Session, company_id: int, number_id: int) -> Sequence[NumberCheck]:
    """Return what was ever answered about a number, the latest first."""
    query = (
        sa.select(NumberCheck)
        .where(NumberCheck.company_id == company_id, NumberCheck.number_id == number_id)
        .order_by(NumberCheck.asked_at.desc(), NumberCheck.id.desc())
    )
    return session.scalars(query).all()
