"""Worked computations carried to the boxes of returns, through real orders, goods and statements.

Their decisions alone are in `test_worked_examples`, which also checks that none of the list is
missing; EI14 and EI16 are returns there, and the purchases of UK12 and UK15 without VAT are what
box 7 asks for by hand.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from core.customs.declaring import declare
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.tax.channels import set_channel
from core.tax.decision import tax_amount
from core.tax.filing import fill_return
from core.tax.filing import form_for
from core.tax.forms import period_of
from tests.customs.test_declaring import buyer_in
from tests.customs.test_declaring import draft
from tests.tax.test_told import bring
from tests.tax.test_year import trading as trading  # noqa: PLC0414 - a fixture, used by its name
from tests.warehousing.test_own_goods import abroad as abroad  # noqa: PLC0414 - likewise
from tests.warehousing.test_own_goods import move
from tests.world import World

ABROAD = "026-0000001-0000001"

RATES = {
    **dict.fromkeys(("GBP", "EUR", "AUD", "INR", "NZD"), Decimal(1)),
    "USD": 1 / Decimal("0.6507"),
}
"""At what the returns are filled; New Zealand's own example has 0.6507 US$ for a dollar."""


def filled(
    world: World, code: str, period: str, **manual: int
) -> dict[tuple[str, ...], int | None]:
    """Return the boxes of a return, by code and key; its control account must agree."""
    with world.kernel.db.read() as session:
        company = world.company.id
        form = form_for(session, company, code)
        rates = {each: rate for each, rate in RATES.items() if each != form.currency}
        by_hand = {name[3:]: amount for name, amount in manual.items()}
        told = fill_return(session, company, form, period_of(period), rates=rates, manual=by_hand)
    assert told.control.difference == 0
    return {(each.box.code, *each.box.key): each.box.amount for each in told.boxes}


def input_tax(world: World, country: str, amount: int) -> None:
    """Book the tax of purchases in the company's money; the rates here take it one for one."""
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        entry = journal.entry(next_id(session), "purchases", "bill", date(2026, 3, 31))
        entry.add("1500", amount, Dimensions(country=country))
        entry.add("2100", -amount, Dimensions(country=country))
        journal.post()


def test_em01_and_em03_own_goods_that_move_stand_in_both_states(abroad: World) -> None:
    abroad.rates("EUR/GBP 1.00 on 2026-08-01")
    abroad.stock_in("FBA-DE", "DEAR 1 @ 582.79 on 2026-01-01")
    abroad.stock_in("FBA-PL", "MUG 1 @ 100.00 on 2026-01-01")
    move(abroad, "EM01", "FBA-DE", "FBA-PL", {"DEAR": 1})
    move(abroad, "EM03", "FBA-PL", "FBA-DE", {"MUG": 1})

    germany = filled(abroad, "de_ustva", "2026-08")
    assert (germany["41",], germany["89",], germany["61",]) == (582_79, 100_00, 19_00)
    listed = filled(abroad, "de_sales_list", "2026-08")
    assert listed["own_goods",] == 582_79
    poland = filled(abroad, "pl_jpk_v7m", "2026-08")
    assert (poland["K_23",], poland["K_24",], poland["K_43",]) == (582_79, 134_04, 134_04)


def test_uk12_uk13_and_uk15_stand_in_the_nine_boxes(world: World) -> None:
    buyer = buyer_in(world, "GB")
    world.orders(f"{ABROAD} MUG 1 @ 10.00 on 2011-01-20 from ann to US")
    vat = tax_amount(5063_74, 200_000)
    buyer.do(declare, draft(duties={}, vat=vat, way="postponed"))
    before = filled(world, "uk_vat100", "2011-Q1")
    assert (before["1.imports",], before["4",]) == (1012_75, 1012_75)

    # 48.00 and a discount of 4.00 by the seller; the platform's 5.00 are paid by a third party.
    world.orders("9 MUG 1 @ 40.00 on 2011-02-01", "9 D 1 @ -3.33 on 2011-02-01")
    assert world.booked("/9#")["1210"] == 44_00
    world.settle(
        "ServiceFee/STARStorageFee/Base fee -3.30 on 2011-02-05",
        "AmazonFees/Commission/Tax on fee -0.66 on 2011-02-05",
        # The platform's invoice is one to a British business, wherever its order went.
        f"AmazonFees/Commission/Tax on fee -0.10 on 2011-02-05 for {ABROAD} of MUG",
    )
    after = filled(world, "uk_vat100", "2011-Q1", box7=5063_74 + 3_30)
    assert after["1.sales",] - before["1.sales",] == 7_33  # type: ignore[operator]
    assert after["4",] == 1012_75 + 66 + 10
    assert after["7",] == 5067_04
    assert after["5",] == after["3",] - after["4",]  # type: ignore[operator]


def test_au07_nz01_nz02_and_in04_stand_in_their_returns(trading: World) -> None:
    day = {"Date": "2026-03-10 12:00"}
    with trading.kernel.db.write() as session:
        set_channel(session, trading.company.id, "file", "own")
    trading.rates("USD/NZD 1.5368 on 2026-03-10")
    guitar = {**day, "Country": "NZ", "From": "US", "Currency": "USD", "Invoice": "NZ02"}
    bring(
        trading,
        {**day, "Country": "AU", "From": "AU", "Currency": "AUD", "Price": "10000", "Invoice": "A"},
        {**guitar, "Price": "650.00", "Customer": "sam"},
        {**guitar, "Code": "POST", "Price": "30.00", "Customer": "sam"},
    )
    with trading.kernel.db.write() as session:
        set_channel(session, trading.company.id, "file", "marketplace")
    india = {"Country": "IN", "From": "IN", "FromState": "MH", "State": "KA", "Currency": "INR"}
    bring(trading, {**day, **india, "Price": "100000", "Invoice": "IN04"})
    input_tax(trading, "AU", 200_00)

    bas = filled(trading, "au_bas", "2026-Q1", boxG11=2200_00)
    assert (bas["G1",], bas["1A",]) == (11_000_00, 1000_00)
    assert (bas["G11",], bas["1B",]) == (2200_00, 200_00)
    assert bas["9",] == 800_00
    # US$ 650 and 30 bear GST of 97.50 and 4.50: at 0.6507 that is the authority's 156.75.
    nz = filled(trading, "nz_gst101", "2026-B2")
    assert nz["8",] == 156_75
    assert abs((nz["5",] or 0) - 1201_77) <= 1
    gst = filled(trading, "in_gstr3b", "2026-03")
    assert (gst["3.1.a",], gst["3.1.a.igst",]) == (100_000_00, 18_000_00)
    kept = filled(trading, "in_withheld", "2026-03")
    assert (kept["tcs",], kept["tds",]) == (500_00, 100_00)
    (owed,) = trading.rows(
        "SELECT p.currency_amount FROM ledger_posting p JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id JOIN orders_order o"
        " ON o.company_id = p.company_id AND o.id = p.order_id"
        " WHERE a.code = '1210' AND o.external_ref = 'IN04'"
    )
    assert owed[0] - 500_00 - 100_00 == 117_400_00
