"""Returns follow the tax point: what is declared in another month than that of its entry."""

from __future__ import annotations

from datetime import UTC
from datetime import date
from datetime import datetime

import pytest

from core.orders.record import Actor
from core.orders.shipping import ship
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from core.tax.carrying import carried_into
from core.tax.control import Control
from core.tax.drilling import BoxRow
from core.tax.drilling import box_page
from core.tax.filing import file_return
from core.tax.filing import fill_return
from core.tax.filing import form_for
from core.tax.filing import prepare_return
from core.tax.forms import period_of
from core.tax.returns import form_of
from tests.tax.test_orders import filled
from tests.tax.test_told import ORDERED
from tests.tax.test_told import Row
from tests.tax.test_told import bring
from tests.tax.test_told import register
from tests.tax.test_told import seller as seller  # noqa: PLC0414 - a fixture, used by its name
from tests.world import World

EUR = {"Country": "DE", "From": "CN", "Currency": "EUR"}
PAID = {**EUR, "Date": "2026-05-30 12:00"}
LEFT = datetime(2026, 6, 2, 9, tzinfo=UTC)


@pytest.fixture
def trading(seller: World) -> World:
    """Return a seller with IOSS, and rates of exchange for his sales in euros."""
    register(seller, "EU", "ioss")
    days = [date(2026, month, 1) for month in (5, 6, 7)]
    with seller.kernel.db.write() as session:
        drafts = [RateDraft("EUR", "GBP", day, "0.85") for day in days]
        say_rates(session, seller.company.id, drafts, origin="test", actor="test")
    return seller


def send(world: World, ref: str, at: datetime = LEFT) -> None:
    (order_id,) = world.rows("SELECT id FROM orders_order WHERE external_ref = :ref", ref=ref)[0]
    with world.kernel.db.write() as session:
        ship(session, world.company.id, [order_id], Actor("test"), at=at)


def order(world: World, ref: str, **row: str) -> None:
    bring(world, {**PAID, "Invoice": ref, "Customer": ref, **row}, mapping=ORDERED)


def control(world: World, code: str, period: str) -> Control:
    with world.kernel.db.read() as session:
        form = form_for(session, world.company.id, code)
        return fill_return(session, world.company.id, form, period_of(period)).control


def drilled(world: World, code: str, period: str, row: BoxRow) -> list[tuple[str, date, int, int]]:
    with world.kernel.db.read() as session:
        form = form_of(session, code)
        page = box_page(session, world.company.id, form, period_of(period), row)
    return [(line.order, line.booked_on, line.base, line.tax) for line in page.rows]


def test_a_sale_through_ioss_belongs_to_the_month_of_its_payment(trading: World) -> None:
    order(trading, "1")
    send(trading, "1")
    order(trading, "2", Date="2026-06-10 12:00")
    send(trading, "2", datetime(2026, 6, 11, 9, tzinfo=UTC))

    (day,) = trading.rows("SELECT booked_on FROM ledger_entry WHERE natural_key LIKE 'sale:%/1#%'")
    assert str(day[0]) == "2026-06-02"
    may = filled(trading, "eu_ioss", "2026-05")
    assert may["tax", "DE", "19 %", ""] == may["total", ""] == 19_00
    assert filled(trading, "eu_ioss", "2026-06")["tax", "DE", "19 %", ""] == 19_00
    # What the account has in each month is told apart from what each month declares.
    assert control(trading, "eu_ioss", "2026-05") == Control("2330", 19_00, 19_00, 19_00)
    assert control(trading, "eu_ioss", "2026-06") == Control("2330", 19_00, 19_00, -19_00)
    row = BoxRow("tax", ("DE", "19 %"), "")
    assert drilled(trading, "eu_ioss", "2026-05", row) == [("1", LEFT.date(), 100_00, 19_00)]
    assert [line[0] for line in drilled(trading, "eu_ioss", "2026-06", row)] == ["2"]
    assert not trading.broken()


def test_within_the_year_boxes_are_the_control_account_whatever_the_month(trading: World) -> None:
    for number, day in enumerate(("2026-05-02", "2026-05-31", "2026-06-30")):
        order(trading, str(number), Date=f"{day} 12:00", Price=f"{10 + number}.01")
        send(trading, str(number), datetime(2026, 7, 3, 9, tzinfo=UTC))
    months = [control(trading, "eu_ioss", f"2026-0{month}") for month in (5, 6, 7)]
    assert [each.difference for each in months] == [0, 0, 0]
    assert [each.booked for each in months] == [0, 0, sum(each.boxed for each in months)]
    assert months[0].boxed > months[1].boxed > months[2].boxed == 0
    owed = trading.rows(
        "SELECT -SUM(p.currency_amount) FROM ledger_posting p JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id WHERE a.code = '2330'"
    )
    assert control(trading, "eu_ioss", "2026") == Control("2330", owed[0][0], owed[0][0], 0)


def test_what_leaves_after_its_month_was_filed_is_a_correction_of_it(trading: World) -> None:
    order(trading, "1")
    order(trading, "2")
    send(trading, "1")
    with trading.kernel.db.write() as session:
        company, may = trading.company.id, period_of("2026-05")
        prepare_return(session, company, "eu_ioss", may, by="test")
        file_return(session, company, "eu_ioss", may, by="test", filed_on=date(2026, 6, 20))
    trading.close_month("2026-05")
    send(trading, "2", datetime(2026, 7, 1, 9, tzinfo=UTC))

    with trading.kernel.db.read() as session:
        form = form_for(session, trading.company.id, "eu_ioss")
        carried = carried_into(session, trading.company.id, form, period_of("2026-07"))
    assert [(each.box.code, each.box.corrects, each.box.amount) for each in carried] == [
        ("base", "2026-05", 100_00),
        ("tax", "2026-05", 19_00),
    ]


def test_a_refund_corrects_the_month_in_which_its_sale_was_paid(trading: World) -> None:
    order(trading, "1")
    send(trading, "1")
    back: Row = {**EUR, "Invoice": "C1", "Customer": "1", "Qty": "-1", "Date": "2026-07-05 12:00"}
    bring(trading, back)

    july = filled(trading, "eu_ioss", "2026-07")
    assert july["tax", "DE", "19 %", "2026-05"] == -19_00
    row = BoxRow("tax", ("DE", "19 %"), "2026-05")
    assert drilled(trading, "eu_ioss", "2026-07", row) == [
        ("C1", date(2026, 7, 5), -100_00, -19_00)
    ]


def test_through_the_union_scheme_the_dispatch_names_the_quarter(trading: World) -> None:
    register(trading, "EU", "oss")
    order(trading, "1", From="FR", Date="2026-06-30 12:00")
    send(trading, "1", datetime(2026, 7, 1, 9, tzinfo=UTC))
    assert filled(trading, "eu_oss", "2026-Q2") == {("total", ""): 0}
    assert filled(trading, "eu_oss", "2026-Q3")["tax", "FR", "DE", "19 %", ""] == 19_00
    back = {"Invoice": "C1", "Customer": "1", "Qty": "-1", "Date": "2026-10-05 12:00"}
    bring(trading, {**EUR, "From": "FR", **back})
    # It was ordered in the second quarter, and supplied in the third.
    autumn = filled(trading, "eu_oss", "2026-Q4")
    assert autumn["tax", "FR", "DE", "19 %", "2026-Q3"] == -19_00


def test_a_payment_before_the_end_of_a_quarter_is_a_british_tax_point(trading: World) -> None:
    row = {"Country": "GB", "From": "", "Currency": "GBP", "Date": "2026-03-31 12:00"}
    order(trading, "1", **row)
    send(trading, "1", datetime(2026, 4, 1, 9, tzinfo=UTC))
    assert filled(trading, "uk_vat100", "2026-Q1")["1.sales", ""] == 20_00
    assert filled(trading, "uk_vat100", "2026-Q2")["1.sales", ""] == 0
    assert control(trading, "uk_vat100", "2026-Q1").difference == 0


def test_what_was_booked_late_is_declared_when_it_was_supplied(trading: World) -> None:
    trading.close_month("2026-03")
    row = {"Country": "GB", "From": "", "Currency": "GBP", "Date": "2026-03-31 12:00"}
    bring(trading, {**row, "Invoice": "1"})
    (day,) = trading.rows("SELECT booked_on FROM ledger_entry WHERE natural_key LIKE 'sale:%/1#%'")
    assert str(day[0]) > "2026-03-31"
    assert filled(trading, "uk_vat100", "2026-Q1")["1.sales", ""] == 20_00
    assert control(trading, "uk_vat100", "2026-Q1") == Control("2300", 20_00, 20_00, 20_00)
    assert not trading.broken()
