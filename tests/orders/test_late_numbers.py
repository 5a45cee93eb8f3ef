"""From a buyer's VAT number to the reverse charge, through a register that is not always there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from datetime import datetime
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.addresses.address import Address
from core.errors import Conflict
from core.http import client
from core.http.circuit import Circuit
from core.invoicing.correcting import correct_tax_and_invoices
from core.invoicing.issuing import Request
from core.invoicing.issuing import issue_invoice
from core.invoicing.issuing import set_issuer
from core.kernel import lifecycle
from core.kernel.companies import today_in
from core.kernel.connections import create_connection
from core.kernel.jobs import JobContext
from core.kernel.kernel import Kernel
from core.kernel.keys import ensure_keys
from core.orders.exceptions import count_queues
from core.orders.late_numbers import LATE_NUMBER
from core.orders.late_numbers import correct_tax
from core.orders.late_numbers import keep_tax
from core.orders.record import Actor
from core.orders.shipping import ship
from core.orders.tax_queries import OrderTaxFacts
from core.orders.tax_queries import order_tax
from core.tax.filing import fill_return
from core.tax.filing import form_for
from core.tax.forms import period_around
from core.tax.jobs import check_numbers
from core.tax.return_steps import FiledBox
from core.tax.sellers import add_registration
from core.testkit.fakes.vies import BUSY
from core.testkit.fakes.vies import DOWN
from core.testkit.fakes.vies import EVERYWHERE
from core.testkit.fakes.vies import REQUESTER
from core.testkit.fakes.vies import ViesFake
from tests.tax.test_told import ORDERED
from tests.tax.test_told import SHIPPED
from tests.tax.test_told import bring
from tests.tax.test_told import decided
from tests.world import World

FRENCH = "FR 40303265045"
ROW = {"Invoice": "1", "Country": "FR", "From": "DE", "VAT": FRENCH, "Currency": "EUR"}
REVERSE = [("intra_EU_supply_exempt", "FR", "buyer", 0, 0)]
CHARGED = [("union_OSS", "FR", "seller", 200_000, 2000)]


@dataclass
class Trader:
    """A seller with stock in Germany who asks a simulated register, each question over HTTP."""

    world: World
    vies: ViesFake
    connection_id: int
    patch: pytest.MonkeyPatch

    @property
    def company(self) -> int:
        return self.world.company.id

    def check(self) -> dict[str, int]:
        """Let the scheduled job run, as a worker does."""
        context = JobContext(
            self.world.kernel, 1, "tax.check_numbers", {},
            connection_id=self.connection_id, company_id=self.company,
        )  # fmt: skip
        return check_numbers(context)

    def pass_time(self, **much: int) -> datetime:
        moment = clock.now() + timedelta(**much)
        self.patch.setattr(clock, "now", lambda: moment)
        return moment

    def ship(self, ref: str = "1") -> None:
        with self.world.kernel.db.write() as session:
            ship(session, self.company, [self.world.order(ref).id], Actor("test"))

    def facts(self, ref: str = "1") -> OrderTaxFacts:
        with self.world.kernel.db.read() as session:
            found = order_tax(session, self.company, self.world.order(ref).id)
        assert found is not None
        return found

    def late(self) -> int:
        with self.world.kernel.db.read() as session:
            return count_queues(session, self.company)[LATE_NUMBER]

    def settle(self, verb: Any, ref: str = "1") -> None:
        with self.world.kernel.db.write() as session:
            verb(session, self.company, [self.world.order(ref).id], Actor("ann"))

    def boxes(self, code: str, day: date) -> dict[tuple[str, ...], int]:
        with self.world.kernel.db.read() as session:
            form = form_for(session, self.company, code)
            filled = fill_return(session, self.company, form, period_around(day, form.months))
        boxes: list[FiledBox] = [*filled.boxes]
        return {
            (each.box.code, *each.box.key, each.box.corrects): each.box.amount or 0
            for each in boxes
        }


@pytest.fixture
def trader(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trader]:
    monkeypatch.setattr(client, "circuit", Circuit())
    monkeypatch.setattr(client.time, "sleep", lambda _seconds: None)
    vies = ViesFake(factor=1000)
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    with ExitStack() as stack:
        served = stack.enter_context(vies.up())
        config = replace(world.kernel.config, http_allow=(served.opened,))
        world.kernel.db.dispose()
        kernel = world.kernel = Kernel.boot(config)
        stack.callback(kernel.db.dispose)
        ensure_keys(config)
        for addon in ("tax_eu", "vies"):
            with suppress(Conflict):
                lifecycle.install(kernel, addon)
            lifecycle.enable(kernel, addon)
        company = world.company.id
        with kernel.db.write() as session:
            made = create_connection(
                session, "vies", "VIES", vies.credentials(), company_id=company, account="vies"
            )
            add_registration(session, company, "EU", "oss", since=date(2021, 7, 1))
            add_registration(session, company, "DE", "local", since=date(2021, 7, 1))
        world.change(
            "INSERT INTO tax_channel (company_id, id, platform, channel)"
            f" VALUES ({company}, 1, 'file', 'own')"
        )
        day = today_in(world.company.timezone)
        world.rates("EUR/GBP 0.85 on 2020-01-02", f"EUR/GBP 0.85 on {day}")
        yield Trader(world, vies, made.id, monkeypatch)


def test_a_number_that_is_valid_when_the_goods_leave_makes_a_reverse_charge(
    trader: Trader,
) -> None:
    bring(trader.world, ROW, mapping=ORDERED)
    assert trader.facts().number_status == "unknown"

    assert trader.check() == {"asked": 1, "valid": 1, "invalid": 0, "unanswered": 0}
    trader.ship()

    assert decided(trader.world, "1") == REVERSE
    proof = trader.facts()
    assert (proof.proof, proof.proof_source) == ("valid", "vies")
    assert (proof.proof_consultation, proof.proof_requester) == ("WAPIFAKE00000001", REQUESTER)
    assert proof.proof_at is not None
    assert trader.late() == 0
    assert not trader.world.broken()


def test_what_is_answered_later_leaves_the_evidence_of_a_decision_alone(trader: Trader) -> None:
    bring(trader.world, ROW, mapping=ORDERED)
    trader.check()
    trader.ship()
    before = trader.facts()

    trader.vies.valid.discard("FR40303265045")
    trader.pass_time(days=2)
    bring(trader.world, {**ROW, "Invoice": "2", "Customer": "bob", "Qty": "2"}, mapping=ORDERED)
    assert trader.check()["invalid"] == 1

    now = trader.facts()
    assert now.number_status == "invalid"
    assert (now.proof, now.proof_consultation, now.proof_at) == (
        "valid",
        before.proof_consultation,
        before.proof_at,
    )
    assert decided(trader.world, "1") == REVERSE
    trader.ship("2")
    assert decided(trader.world, "2")[0][2:4] == ("seller", 200_000)


@pytest.mark.parametrize("reason", [DOWN, BUSY])
def test_an_outage_stops_no_order_and_the_late_answer_asks_for_a_correction(
    trader: Trader, reason: str
) -> None:
    trader.vies.down[EVERYWHERE] = reason
    bring(trader.world, ROW, mapping=ORDERED)
    assert trader.check()["unanswered"] == 1
    trader.ship()

    assert decided(trader.world, "1") == CHARGED
    assert trader.facts().proof == ""

    trader.vies.down.clear()
    trader.pass_time(minutes=10)
    assert trader.check()["valid"] == 1
    # Nothing changes by itself: the buyer has paid the tax, and somebody gives it back.
    assert decided(trader.world, "1") == CHARGED
    assert trader.late() == 1

    trader.settle(correct_tax)

    assert decided(trader.world, "1") == REVERSE
    assert trader.late() == 0
    assert trader.facts().proof_consultation == "WAPIFAKE00000002"
    # EUR 20 at 0.85 go back to the buyer, and nothing is left of the tax.
    assert trader.world.booked("tax_correction:") == {"1210": -1700, "2320": 1700}
    assert sum(trader.world.rows("SELECT tax_amount FROM orders_order")[0]) == 0
    assert not trader.world.broken()
    with pytest.raises(Conflict, match="is what the law says"):
        trader.settle(correct_tax)


def test_the_one_stop_shop_corrects_the_period_of_the_sale(trader: Trader) -> None:
    trader.vies.down["FR"] = DOWN
    march = "2026-03-10 12:00"
    bring(trader.world, {**ROW, "Date": march}, mapping=SHIPPED)
    trader.check()
    assert trader.boxes("eu_oss", date(2026, 3, 10))["tax", "DE", "FR", "20 %", ""] == 2000
    trader.vies.down.clear()
    later = trader.pass_time(minutes=10)
    trader.check()

    trader.settle(correct_tax)

    now = trader.boxes("eu_oss", later.date())
    quarter = period_around(date(2026, 3, 10), 3).label
    if period_around(later.date(), 3).label == quarter:
        assert ("tax", "DE", "FR", "20 %", "") not in now
    else:
        assert now["tax", "DE", "FR", "20 %", quarter] == -2000
        assert ("tax", "DE", "FR", "20 %", "") not in now
    # The exempt supply is declared where the goods left from.
    assert trader.boxes("de_ustva", later.date())["41", ""] == 10000


def test_goods_that_came_back_before_are_corrected_with_their_sale(trader: Trader) -> None:
    trader.vies.down["FR"] = DOWN
    bring(trader.world, {**ROW, "Qty": "3"}, mapping=SHIPPED)
    bring(trader.world, {**ROW, "Invoice": "C2", "Qty": "-1"}, mapping=SHIPPED)
    trader.check()
    trader.vies.down.clear()
    trader.pass_time(minutes=10)
    trader.check()

    trader.settle(correct_tax)

    assert decided(trader.world, "1") == REVERSE
    assert decided(trader.world, "C2") == REVERSE
    assert trader.world.booked("")["1210"] == 17000
    assert "2320" not in trader.world.booked("")
    assert not trader.world.broken()


def test_somebody_may_leave_the_tax_as_it_was_charged(trader: Trader) -> None:
    trader.vies.down["FR"] = DOWN
    bring(trader.world, ROW, mapping=SHIPPED)
    trader.check()
    trader.vies.down.clear()
    trader.pass_time(minutes=10)
    trader.check()

    trader.settle(keep_tax)

    assert trader.late() == 0
    assert decided(trader.world, "1") == CHARGED


def test_the_register_is_asked_again_while_an_order_is_still_to_leave(trader: Trader) -> None:
    bring(trader.world, ROW, mapping=ORDERED)
    trader.check()
    trader.vies.valid.discard("FR40303265045")
    assert trader.check()["asked"] == 0

    trader.pass_time(days=2)

    assert trader.check()["invalid"] == 1
    trader.ship()
    assert decided(trader.world, "1") == CHARGED
    trader.pass_time(days=2)
    assert trader.check()["asked"] == 0


def test_a_domestic_business_is_charged_whatever_its_number(trader: Trader) -> None:
    trader.vies.down["DE"] = DOWN
    german = {**ROW, "Country": "DE", "VAT": "DE136695976"}
    bring(trader.world, german, mapping=SHIPPED)
    trader.check()
    trader.vies.down.clear()
    trader.pass_time(minutes=10)
    assert trader.check()["valid"] == 1

    assert trader.late() == 0
    assert decided(trader.world, "1")[0][2:4] == ("seller", 190_000)


def test_the_invoice_that_charged_the_tax_is_taken_back_and_issued_anew(trader: Trader) -> None:
    trader.vies.down["FR"] = DOWN
    bring(trader.world, ROW, mapping=SHIPPED)
    trader.check()
    trader.world.change("UPDATE tax_registration SET number = '136695976'")
    with trader.world.kernel.db.write() as session:
        set_issuer(session, trader.company, "Shop Ltd", "1 High Street")
    with trader.world.kernel.db.write() as session:
        asked = Request(Address(company="Kubek", country="FR"), language="fr")
        order = trader.world.order("1").id
        issue_invoice(session, trader.company, order, by="ann", request=asked)
    trader.vies.down.clear()
    trader.pass_time(minutes=10)
    trader.check()

    trader.settle(correct_tax_and_invoices)

    rows = trader.world.rows(
        "SELECT kind, net_amount, tax_amount, language FROM invoicing_invoice ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        ("invoice", 10000, 2000, "fr"),
        ("credit_note", -10000, -2000, "fr"),
        ("invoice", 10000, 0, "fr"),
    ]
    assert not trader.world.broken()
