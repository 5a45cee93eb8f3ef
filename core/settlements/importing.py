"""Importing settlements: read once to see that it adds up, stored as received, then booked.

Every step commits batches, so that a process may end at any moment: importing the same file again
goes on where it stopped, and changes nothing where it was done.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import connector_with
from core.channels.importing import ImportResult
from core.channels.importing import begin_import
from core.channels.importing import file_digest
from core.channels.importing import finish_import
from core.channels.models import Shop
from core.db import bulk_insert
from core.db import next_id
from core.db import next_ids
from core.db import table_of
from core.db import utc_text
from core.errors import InputError
from core.identity.audit import audit
from core.kernel import hooks
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import get_connection
from core.kernel.kernel import Kernel
from core.kernel.leases import Grant
from core.kernel.leases import held
from core.money import to_text
from core.settlements.facts import SettlementFiles
from core.settlements.facts import StatementFile
from core.settlements.facts import StatementLine
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.settlements.working import BATCH_ROWS
from core.settlements.working import BOOKED
from core.settlements.working import BOOKING
from core.settlements.working import QUARANTINED
from core.settlements.working import READING
from core.settlements.working import WAITING
from core.settlements.working import book_statement
from core.settlements.working import company_of
from core.settlements.working import outcomes_of
from core.settlements.working import waits_for

LEASE_SECONDS = 60.0


@dataclass(slots=True)
class StatementResult:
    """What became of a settlement: received = applied + suspense + deferred, or all of it stood
    there already (unchanged), or does not add up (quarantined), or waits.
    """

    settlement: str
    currency: str
    declared: str
    computed: str
    state: str = READING
    reason: str | None = None
    received: int = 0
    applied: int = 0
    suspense: int = 0
    deferred: int = 0
    unchanged: int = 0
    quarantined: int = 0
    waiting: int = 0


@dataclass(slots=True)
class SettlementResult:
    """What became of a file of settlements."""

    statements: list[StatementResult] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the result as the command line shows it."""
        return {"statements": [asdict(each) for each in self.statements]}

    def as_import(self) -> ImportResult:
        """Return the result as the list of imports counts it."""
        result = ImportResult()
        for each in self.statements:
            result.received += each.received
            result.applied += each.applied + each.suspense + each.deferred + each.waiting
            result.unchanged += each.unchanged
            result.quarantined += each.quarantined
        return result


@dataclass(slots=True)
class _Survey:
    """What a settlement adds up to, seen before anything of it is stored."""

    file: StatementFile
    count: int = 0
    total: int = 0
    last_on: date = date.min


def import_settlement_file(
    kernel: Kernel, connection: ConnectionInfo, path: Path
) -> SettlementResult:
    """Import a file of settlements through a connection; again, in any format, changes nothing.

    A settlement whose rows do not add up to its total is kept aside whole, with the difference.
    Raises: InputError if the file cannot be read, Conflict while another file of the account comes
    in; then nothing was changed.
    """
    connector: SettlementFiles = connector_with(
        kernel, connection, "open_settlements", "reads no settlements"
    )
    with kernel.db.read() as session:
        work = _Work(kernel, connection, connector.platform, path, session)
    with work.asking():
        surveys = [
            work.survey(file) for file in connector.open_settlements(path, connection.settings)
        ]
    if not surveys:
        raise InputError("The file tells of no settlement.", where=path.name)
    name = f"settlements of {connector.platform}/{connection.account}"
    with held(kernel.db, f"{connection.company_id}: {name}", LEASE_SECONDS) as work.grant:
        with kernel.db.write() as session:
            work.begin(session, [survey.file.facts.format for survey in surveys])
        result = SettlementResult([work.take(survey) for survey in surveys])
    with kernel.db.write() as session:
        finish_import(session, connection.company_id, work.import_id, result.as_import())
        note_success(session, connection)
    return result


def orders_through(
    kernel: Kernel, session: Session, connection: ConnectionInfo, platform: str
) -> tuple[str, str]:
    """Return platform and account of the orders that a connection's settlements pay.

    They are the connection's own, unless its setting `orders_from` names another connection.
    """
    label = connection.settings.get("orders_from")
    if not label:
        return platform, connection.account
    other = get_connection(session, label, company_id=connection.company_id)
    for addon, connector in hooks.collect(kernel, "connectors"):
        if addon == other.addon:
            return connector.platform, other.account
    return platform, other.account


class _Work:
    """What holds for a whole file."""

    def __init__(
        self,
        kernel: Kernel,
        connection: ConnectionInfo,
        platform: str,
        path: Path,
        session: Session,
    ) -> None:
        self.kernel, self.connection, self.platform = kernel, connection, platform
        self.path, self.sha256 = path, file_digest(path)
        self.company_id = connection.company_id
        company = company_of(session, self.company_id)
        self.currency, self.zone = company.currency, ZoneInfo(company.timezone)
        self.orders = orders_through(kernel, session, connection, platform)
        shops = sa.select(Shop.marketplace, Shop.timezone).where(
            Shop.company_id == self.company_id,
            Shop.platform == self.orders[0],
            Shop.account == self.orders[1],
        )
        self.zones = {name.casefold(): ZoneInfo(zone) for name, zone in session.execute(shops)}
        self.import_id = 0
        self._met: tuple[datetime, str] | None = None
        self._day = date.min
        self.grant: Grant | None = None
        self._renewed = time.monotonic()

    def renew(self) -> None:
        """Keep others from the account for as long as it takes."""
        if self.grant is not None and time.monotonic() - self._renewed > LEASE_SECONDS / 3:
            self.grant.renew()
            self._renewed = time.monotonic()

    def asking(self) -> AbstractContextManager[None]:
        """Run the connector: what it throws beside our own errors is a fault of its own."""
        return as_addon(
            self.kernel, self.connection.addon, "settlement file", "Nothing was imported."
        )

    def survey(self, file: StatementFile) -> _Survey:
        """Read a settlement once and add it up."""
        found = _Survey(file)
        for line in file.lines():
            found.count += 1
            if not line.deferred:
                found.total += line.amount
            found.last_on = max(found.last_on, self.day_of(line))
        if not found.count:
            found.last_on = file.facts.ended_at.astimezone(self.zone).date()
        return found

    def day_of(self, line: StatementLine) -> date:
        """Return the day of a line in the zone of its shop."""
        if (line.posted_at, line.marketplace) != self._met:
            # The amounts of an order stand together and have one day.
            zone = self.zones.get(line.marketplace.casefold(), self.zone)
            self._day = line.posted_at.astimezone(zone).date()
            self._met = line.posted_at, line.marketplace
        return self._day

    def begin(self, session: Session, formats: Sequence[str]) -> None:
        """Record that the file is being applied."""
        self.import_id = begin_import(
            session, self.company_id, None, "settlement", self.path.name, self.sha256,
            ", ".join(sorted(set(formats))), (),
        )  # fmt: skip

    def take(self, survey: _Survey) -> StatementResult:
        """Store a settlement as received and book it, or say why not."""
        facts = survey.file.facts
        result = StatementResult(
            facts.external_ref,
            facts.currency,
            to_text(facts.total, facts.currency),
            to_text(survey.total, facts.currency),
            received=survey.count,
        )
        with self.kernel.db.write() as session:
            statement, stored = self._find_or_make(session, survey)
        done = statement.state in (BOOKED, WAITING, QUARANTINED) and stored == survey.count
        if done or statement.sha256 != self.sha256:
            # Another format of a settlement tells nothing new: it is booked once.
            if statement.state == BOOKING:
                self._book(statement)
            result.state, result.reason = statement.state, statement.reason
            result.unchanged = survey.count
            if statement.state == READING:
                result.reason = "Another file of it was cut short: import that one again."
            return result
        self._store(statement, survey.file, stored)
        if statement.state in (READING, BOOKING):
            self._set_state(statement)
        if statement.state == BOOKING:
            self._book(statement)
        self._tell(statement, result, survey.count)
        return result

    def _book(self, statement: Statement) -> None:
        book_statement(self.kernel, self.company_id, statement.id, self.renew)
        statement.state = BOOKED

    def _find_or_make(self, session: Session, survey: _Survey) -> tuple[Statement, int]:
        found = self._known(session, survey)
        if found is None:
            return self._make(session, survey), 0
        count = (
            sa.select(sa.func.count())
            .select_from(StatementRow)
            .where(
                StatementRow.company_id == self.company_id, StatementRow.statement_id == found.id
            )
        )
        return found, session.scalar(count) or 0

    def _known(self, session: Session, survey: _Survey) -> Statement | None:
        """Return the statement as it came before: the one that counts, or this very file."""
        query = (
            sa.select(Statement)
            .where(
                Statement.company_id == self.company_id,
                Statement.platform == (survey.file.facts.platform or self.platform),
                Statement.account == self.connection.account,
                Statement.external_ref == survey.file.facts.external_ref,
            )
            .order_by(Statement.rejection)
        )
        found = session.scalars(query).all()
        self._rejections = len([each for each in found if each.rejection])
        counts = next((each for each in found if not each.rejection), None)
        same = next((each for each in found if each.sha256 == self.sha256), None)
        adds_up = survey.total == survey.file.facts.total
        return same or (counts if adds_up else None)

    def _make(self, session: Session, survey: _Survey) -> Statement:
        facts, difference = survey.file.facts, survey.total - survey.file.facts.total
        reason = None
        if difference:
            reason = (
                f"Its rows add up to {to_text(survey.total, facts.currency)} {facts.currency}, the"
                f" platform says {to_text(facts.total, facts.currency)}: a difference of"
                f" {to_text(difference, facts.currency)}."
            )
        statement = Statement(
            company_id=self.company_id,
            id=next_id(session),
            import_id=self.import_id,
            platform=facts.platform or self.platform,
            account=self.connection.account,
            external_ref=facts.external_ref,
            rejection=self._rejections + 1 if difference else 0,
            format=facts.format,
            sha256=self.sha256,
            currency=facts.currency,
            started_at=facts.started_at,
            ended_at=facts.ended_at,
            matched_on=survey.last_on,
            deposited_on=facts.deposited_on,
            total_amount=facts.total,
            sum_amount=survey.total,
            row_count=survey.count,
            state=QUARANTINED if difference else READING,
            reason=reason,
            order_platform=self.orders[0],
            order_account=self.orders[1],
            created_at=clock.now(),
            row_version=1,
        )
        session.add(statement)
        session.flush()
        after = {"state": statement.state, "total": facts.total, "rows": survey.count}
        audit(
            session, "settlement.imported", f"settlement:{statement.key}",
            after=after, company_id=self.company_id,
        )  # fmt: skip
        return statement

    def _store(self, statement: Statement, file: StatementFile, stored: int) -> None:
        """Store the rows that are not stored yet, a batch for each transaction."""
        met: Counter[int] = Counter()
        lines = file.lines()
        skipped = 0
        while True:
            with self.asking():
                batch = list(islice(lines, BATCH_ROWS))
            if not batch:
                return
            rows = []
            for line in batch:
                mark = line.fingerprint
                met[mark] += 1
                skipped += 1
                if skipped > stored:
                    rows.append((line, mark, met[mark]))
            if rows:
                with self.kernel.db.write() as session:
                    self._insert(session, statement, rows)
                self.renew()

    def _insert(
        self, session: Session, statement: Statement, rows: Sequence[tuple[StatementLine, int, int]]
    ) -> None:
        ids: Iterator[int] = iter(next_ids(session, len(rows)))
        bulk_insert(
            session,
            table_of(StatementRow),
            ROW_COLUMNS,
            [
                (self.company_id, next(ids), statement.id, line.line_number, mark, occurrence)
                + tuple(line.code)
                + (line.amount, utc_text(line.posted_at), self.day_of(line).isoformat())
                + (line.order_ref, line.item_ref, line.sku, line.shipment_ref, line.marketplace)
                + (line.quantity, _flag(session, line.deferred), line.payload)
                for line, mark, occurrence in rows
            ],
        )

    def _set_state(self, statement: Statement) -> None:
        """Let a stored statement be booked, or wait for the rates that it needs."""
        with self.kernel.db.write() as session:
            reason = waits_for(session, statement, self.currency)
            state = BOOKING if reason is None else WAITING
            session.execute(
                sa.update(Statement)
                .where(Statement.company_id == self.company_id, Statement.id == statement.id)
                .values(state=state, reason=reason, row_version=Statement.row_version + 1)
            )
        statement.state, statement.reason = state, reason

    def _tell(self, statement: Statement, result: StatementResult, count: int) -> None:
        result.state, result.reason = statement.state, statement.reason
        if statement.state == QUARANTINED:
            result.quarantined = count
        elif statement.state == WAITING:
            result.waiting = count
        else:
            with self.kernel.db.read() as session:
                outcomes = outcomes_of(session, self.company_id, statement.id)
            for name, number in outcomes.items():
                setattr(result, name, number)


def _flag(session: Session, value: bool) -> object:
    return int(value) if session.get_bind().dialect.name == "sqlite" else value


ROW_COLUMNS = (
    "company_id id statement_id line_number fingerprint occurrence kind code_group name amount"
    " posted_at posted_on order_ref item_ref sku shipment_ref marketplace quantity deferred payload"
).split()
