"""Tax numbers of buyers, checked against a server that plays VIES, with its faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta

import pytest

from core import clock
from core.channels.connector import SourceLine
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.http import client
from core.http.circuit import Circuit
from core.kernel import lifecycle
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.kernel import Kernel
from core.kernel.keys import ensure_keys
from core.tax.buyers import store_numbers
from core.tax.checking import CheckResult
from core.tax.checking import check_due
from core.tax.checking import list_numbers
from core.tax.checking import state_number
from core.tax.numbers import read_tax_number
from tests.http.servers import Handler
from tests.http.servers import Served
from tests.http.servers import serving
from tests.world import World

FRENCH, GERMAN, SPANISH, BRITISH = "FR40303265045", "DE136695976", "ESB58378431", "GB980780684"


@dataclass
class Registry:
    """What plays VIES: valid numbers, and faults by country that pass when they are taken out."""

    valid: set[str]
    faults: dict[str, tuple[int, str]]
    served: Served | None = None

    def act(self, handler: Handler) -> None:
        asked = json.loads(handler.body or b"{}")
        if handler.path.endswith("check-status"):
            handler.answer(200, b'{"vow": {"available": true}}')
            return
        country, number = asked["countryCode"], asked["vatNumber"]
        status, code = self.faults.get(country, (0, ""))
        if status:
            wrapped = {"actionSucceed": False, "errorWrappers": [{"error": code}]}
            body = b"<html>gateway" if code == "CUT" else json.dumps(wrapped).encode()
            handler.answer(status, body)
            return
        told: dict[str, object] = {"countryCode": country, "vatNumber": number}
        told["valid"] = f"{country}{number}" in self.valid
        if "requesterNumber" in asked:
            told["requestIdentifier"] = f"WAPI{number}"
        handler.answer(200, json.dumps(told).encode())

    @property
    def asked(self) -> list[str]:
        assert self.served is not None
        bodies = [json.loads(body) for _, path, _, body in self.served.requests if body]
        return [f"{body['countryCode']}{body['vatNumber']}" for body in bodies]


@dataclass
class Checking:
    """A company that asks the register."""

    world: World
    registry: Registry
    connection: ConnectionInfo

    def give(self, *numbers: str) -> None:
        with self.world.kernel.db.write() as session:
            read = [read_tax_number(each, "") for each in numbers]
            store_numbers(session, self.world.company.id, read)

    def check(self) -> CheckResult:
        return check_due(self.world.kernel, self.connection)

    def known(self) -> dict[str, str]:
        with self.world.kernel.db.read() as session:
            rows = list_numbers(session, self.world.company.id)
        return {f"{row.country}{row.number}": row.status for row in rows}


@pytest.fixture
def checking(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checking]:
    monkeypatch.setattr(client, "circuit", Circuit())
    monkeypatch.setattr(client.time, "sleep", lambda _seconds: None)
    registry = Registry({FRENCH}, {})
    with ExitStack() as stack:
        registry.served = served = stack.enter_context(serving(registry.act))
        config = replace(world.kernel.config, http_allow=(served.opened,))
        world.kernel.db.dispose()
        kernel = world.kernel = Kernel.boot(config)
        stack.callback(kernel.db.dispose)
        ensure_keys(kernel.config)
        with suppress(Conflict):
            lifecycle.install(kernel, "vies")
        lifecycle.enable(kernel, "vies")
        with kernel.db.write() as session:
            connection = create_connection(
                session,
                "vies",
                "VIES",
                {"requester": GERMAN, "simulator": served.url},
                company_id=world.company.id,
                account="vies",
            )
        yield Checking(world, registry, connection)


def later(monkeypatch: pytest.MonkeyPatch, **much: int) -> datetime:
    moment = clock.now() + timedelta(**much)
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment


def test_what_the_register_says_is_kept_with_its_proof(checking: Checking) -> None:
    checking.give(FRENCH, SPANISH, BRITISH)

    assert checking.check() == CheckResult(asked=2, valid=1, invalid=1)
    assert checking.known() == {FRENCH: "valid", SPANISH: "invalid", BRITISH: "valid"}
    rows = checking.world.rows(
        "SELECT c.status, c.consultation, c.requester, c.source FROM tax_number_check c"
        " JOIN tax_number n ON n.company_id = c.company_id AND n.id = c.number_id"
        " WHERE n.country = 'FR'"
    )
    assert rows == [("valid", "WAPI40303265045", GERMAN, "vies")]
    # Nothing is due any more.
    assert checking.check() == CheckResult()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "MS_UNAVAILABLE"),
        (400, "SERVICE_UNAVAILABLE"),
        (200, "TIMEOUT"),
        (200, "MS_MAX_CONCURRENT_REQ"),
        (400, "INVALID_REQUESTER_INFO"),
    ],
)
def test_a_register_that_cannot_say_is_asked_again(
    checking: Checking, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    checking.registry.faults["FR"] = (status, code)
    checking.give(FRENCH)

    assert checking.check() == CheckResult(asked=1, unanswered=1)
    assert checking.known() == {FRENCH: "unknown"}
    (problem, attempts) = checking.world.rows("SELECT problem, attempts FROM tax_number")[0]
    assert attempts == 1
    assert code in problem
    assert checking.check() == CheckResult()

    checking.registry.faults.clear()
    later(monkeypatch, minutes=6)
    assert checking.check() == CheckResult(asked=1, valid=1)
    assert checking.world.rows("SELECT problem, attempts FROM tax_number") == [("", 0)]


def test_where_one_state_is_silent_the_others_are_asked(checking: Checking) -> None:
    checking.registry.faults["ES"] = (500, "MS_UNAVAILABLE")
    checking.give(SPANISH, "ESA58818501", FRENCH)

    assert checking.check() == CheckResult(asked=3, valid=1, unanswered=2)
    assert sum(each.startswith("ES") for each in checking.registry.asked) == 1


def test_an_answer_that_is_cut_off_is_none(checking: Checking) -> None:
    checking.registry.faults["FR"] = (200, "CUT")
    checking.give(FRENCH)

    assert checking.check() == CheckResult(asked=1, unanswered=1)
    assert checking.known() == {FRENCH: "unknown"}


def test_the_pauses_grow_and_end_at_six_hours(
    checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    checking.registry.faults["FR"] = (500, "MS_UNAVAILABLE")
    checking.give(FRENCH)
    pauses = []
    for _ in range(9):
        now = later(monkeypatch, hours=7)
        checking.check()
        with checking.world.kernel.db.read() as session:
            due = list_numbers(session, checking.world.company.id)[0].due_at
        assert due is not None
        pauses.append((due - now) / timedelta(minutes=1))
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 360, 360]


def test_an_old_answer_is_asked_for_again_when_an_order_brings_the_number(
    checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    checking.give(FRENCH)
    checking.check()
    checking.give(FRENCH)
    assert checking.check() == CheckResult()

    checking.registry.valid.clear()
    later(monkeypatch, days=2)
    checking.give(FRENCH)
    assert checking.check() == CheckResult(asked=1, invalid=1)
    assert checking.known() == {FRENCH: "invalid"}


def test_what_a_person_found_counts_until_the_register_is_asked(checking: Checking) -> None:
    checking.give(FRENCH, "DE136695977")
    company = checking.world.company.id
    with checking.world.kernel.db.write() as session:
        row = state_number(session, company, "FR 40303265045", valid=True, consultation="W1")
        assert (row.status, row.source, row.consultation) == ("valid", "stated", "W1")
        with pytest.raises(NotFound, match="No order gave"):
            state_number(session, company, SPANISH, valid=True)
        with pytest.raises(InputError, match="cannot be valid"):
            state_number(session, company, "DE136695977", valid=True)


def test_a_number_is_no_part_of_what_is_shown_of_a_line() -> None:
    shown = {name for name, each in SourceLine.__dataclass_fields__.items() if each.repr}
    assert "tax" not in shown
