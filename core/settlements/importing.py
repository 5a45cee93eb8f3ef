"""Importing settlements: read once to see that it adds up, stored as received, then booked.

Every step commits batches, so that a process may end at any moment: importing the same file again
goes on where it stopped, and changes nothing where it was done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.calling import as_addon
from core.channels.calling import connector_with
from core.channels.external import HeldMoney
from core.channels.importing import begin_import
from core.channels.importing import file_digest
from core.channels.importing import finish_import
from core.collector import collecting_seldom
from core.errors import InputError
from core.kernel.companies import company_of
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.kernel.leases import Grant
from core.kernel.leases import held
from core.settlements.accounts import orders_through
from core.settlements.days import days_of
from core.settlements.facts import SettlementFiles
from core.settlements.holding import PlatformAccount
from core.settlements.holding import keep_held
from core.settlements.models import Statement
from core.settlements.results import SettlementResult
from core.settlements.results import StatementPreview
from core.settlements.results import StatementResult
from core.settlements.results import preview_of
from core.settlements.results import result_of
from core.settlements.staging import Spool
from core.settlements.staging import Survey
from core.settlements.statements import Judgement
from core.settlements.statements import Opinion
from core.settlements.statements import judge
from core.settlements.statements import opinion_of
from core.settlements.storing import insert_rows
from core.settlements.working import BOOKED
from core.settlements.working import BOOKING
from core.settlements.working import QUARANTINED
from core.settlements.working import READING
from core.settlements.working import WAITING
from core.settlements.working import book_statement
from core.settlements.working import outcomes_of
from core.settlements.working import waits_for

LEASE_SECONDS = 60.0


def import_settlement_file(
    kernel: Kernel,
    connection: ConnectionInfo,
    path: Path,
    *,
    with_last: Callable[[Session], None] = lambda _session: None,
) -> SettlementResult:
    """Import a file of settlements through a connection; again, in any format, changes nothing.

    A settlement whose rows do not add up to its total is kept aside whole, with the difference.
    `with_last` runs in the transaction that ends the import.
    Raises: InputError if the file cannot be read, Conflict while another file of the account comes
    in; then nothing was changed.
    """
    connector: SettlementFiles = connector_with(
        kernel, connection, "open_settlements", "reads no settlements"
    )
    with kernel.db.read() as session:
        work = _Work(kernel, connection, connector.platform, path, session)
    name = f"settlements of {connector.platform}/{connection.account}"
    with work.spool:
        surveys = work.survey(connector)
        with held(kernel.db, f"{connection.company_id}: {name}", LEASE_SECONDS) as work.grant:
            with kernel.db.write() as session:
                work.begin(session, [each.file.facts.format for each in surveys])
            result = SettlementResult([work.take(each) for each in surveys])
    with kernel.db.write() as session:
        result.held = keep_held(session, work.account, work.held_back) if work.held_back else 0
        finish_import(session, connection.company_id, work.import_id, result.as_import())
        note_success(session, connection)
        with_last(session)
    return result


def preview_settlement_file(
    kernel: Kernel, connection: ConnectionInfo, path: Path
) -> list[StatementPreview]:
    """Read a file of settlements and say what would become of each; nothing is changed.

    Raises: InputError if the file cannot be read.
    """
    connector: SettlementFiles = connector_with(
        kernel, connection, "open_settlements", "reads no settlements"
    )
    with kernel.db.read() as session:
        work = _Work(kernel, connection, connector.platform, path, session)
    with work.spool:
        surveys = work.survey(connector)
        with kernel.db.read() as session:
            return [preview_of(each, work.opinion(session, each)) for each in surveys]


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
        self.currency = company.currency
        self.orders = orders_through(kernel, session, connection, platform)
        self.days = days_of(session, self.company_id, company.timezone, self.orders)
        self.account = PlatformAccount(self.company_id, platform, connection.account, self.orders)
        self.held_back: list[HeldMoney] = []
        self.spool = Spool()
        self.import_id = 0
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

    def survey(self, connector: SettlementFiles) -> list[Survey]:
        """Read the whole file: what it tells of is kept on the spool.

        Raises: InputError if it cannot be read, or tells of nothing.
        """
        with self.asking(), collecting_seldom():
            found = [
                self.spool.survey(file, self.days)
                for file in connector.open_settlements(self.path, self.connection.settings)
            ]
            read_held = getattr(connector, "read_held", None)
            if callable(read_held):
                self.held_back = list(read_held(self.path, self.connection.settings))
        if not found and not self.held_back:
            raise InputError("The file tells of no settlement.", where=self.path.name)
        return found

    def begin(self, session: Session, formats: Sequence[str]) -> None:
        """Record that the file is being applied."""
        self.import_id = begin_import(
            session, self.company_id, None, "settlement", self.path.name, self.sha256,
            ", ".join(sorted(set(formats))), (),
        )  # fmt: skip

    def take(self, found: Survey) -> StatementResult:
        """Store a settlement as received and book it, or say why not."""
        result = result_of(found)
        with self.kernel.db.write() as session:
            statement, stored = judge(session, self._judgement(found))
        done = statement.state in (BOOKED, WAITING, QUARANTINED) and stored == found.count
        if done or statement.sha256 != self.sha256:
            # Another format of a settlement tells nothing new: it is booked once.
            if statement.state == BOOKING:
                self._book(statement)
            result.state, result.reason = statement.state, statement.reason
            result.unchanged = found.count
            if statement.state == READING:
                result.reason = "Another file of it was cut short: import that one again."
            return result
        self._store(statement, found, stored)
        if statement.state in (READING, BOOKING):
            self._set_state(statement)
        if statement.state == BOOKING:
            self._book(statement)
        self._tell(statement, result, found.count)
        return result

    def opinion(self, session: Session, found: Survey) -> Opinion:
        """Return what is known of a settlement already."""
        return opinion_of(session, self._judgement(found))

    def _judgement(self, found: Survey) -> Judgement:
        return Judgement(
            self.company_id,
            found.file.facts.platform or self.platform,
            self.connection.account,
            self.orders,
            self.import_id,
            self.sha256,
            found,
        )

    def _book(self, statement: Statement) -> None:
        book_statement(self.kernel, self.company_id, statement.id, self.renew)
        statement.state = BOOKED

    def _store(self, statement: Statement, found: Survey, stored: int) -> None:
        """Store the rows that are not stored yet, some thousand by each transaction."""
        with collecting_seldom():
            for rows in self.spool.rows(found, behind=stored):
                with self.kernel.db.write() as session:
                    insert_rows(session, statement, rows)
                self.renew()

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
