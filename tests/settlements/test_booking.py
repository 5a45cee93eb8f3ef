"""What the rows of a settlement move, rule by rule; amounts are pennies, debit positive."""

from __future__ import annotations

from datetime import date

import pytest

from core.fees.backfilling import FeeEstimate
from core.fees.backfilling import book_estimates
from core.orders.record import Actor
from core.orders.taking_back import take_back
from tests.world import World

ORDER = "026-0000001-0000001"
SALE = f"for {ORDER} of MUG"
PRINCIPAL = "Order/ItemPrice/Principal"
TAX = "Order/ItemPrice/Tax"
COMMISSION = "Order/ItemFees/Commission"
FULFILMENT = "Order/ItemFees/FBAPerUnitFulfillmentFee"


@pytest.fixture
def traded(world: World) -> World:
    """Give a company that sold two mugs for 20.00 and 4.00 of tax in February."""
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders(f"{ORDER} MUG 2 @ 10.00 on 2011-02-02 from ann")
    return world


def estimated(world: World, **accounts: int) -> None:
    line = world.lines(ORDER)[0]
    with world.kernel.db.write() as session:
        book_estimates(
            session,
            world.company.id,
            [
                FeeEstimate(line.id, name.removeprefix("a"), amount, date(2011, 2, 2), "table 1")
                for name, amount in accounts.items()
            ],
        )


def test_a_settled_order_owes_nothing_more(traded: World) -> None:
    assert traded.open_items("1210") == {ORDER: 2400}

    found = traded.settle(
        f"{PRINCIPAL} 20.00 on 2011-02-03 {SALE}",
        f"{TAX} 4.00 on 2011-02-03 {SALE}",
        f"{COMMISSION} -3.60 on 2011-02-03 {SALE}",
        f"{FULFILMENT} -2.00 on 2011-02-03 {SALE}",
    )

    assert (found.state, found.received, found.applied, found.suspense) == ("booked", 4, 4, 0)
    assert traded.booked(f"settled:amazon/Amazon/901/{ORDER}") == {
        "1210": -2400, "1220": 1840, "6000": 360, "6020": 200,
    }  # fmt: skip
    assert traded.booked("payout:amazon/Amazon/901") == {"1060": 1840, "1220": -1840}
    assert traded.open_items("1210") == traded.open_items("1220") == {}
    assert traded.open_items("1060") == {"901": 1840}
    assert traded.broken() == []


def test_fees_stand_with_the_order_its_line_and_sku(traded: World) -> None:
    traded.settle(f"{COMMISSION} -3.60 on 2011-02-03 {SALE}")
    line = traded.lines(ORDER)[0]
    rows = traded.rows("SELECT order_id, line_id, sku_id, fees FROM ledger_profit WHERE fees <> 0")
    assert [tuple(row) for row in rows] == [(line.order_id, line.id, line.sku_id, -360)]


def test_a_part_settles_a_part_and_the_next_statement_the_rest(traded: World) -> None:
    traded.settle(f"{PRINCIPAL} 8.00 on 2011-02-03 {SALE}")
    assert traded.open_items("1210") == {ORDER: 1600}
    traded.settle(f"{PRINCIPAL} 16.00 on 2011-02-13 {SALE}", ref="902")
    assert traded.open_items("1210") == {}
    assert traded.broken() == []


def test_an_estimate_gives_way_to_the_fee_and_the_difference_is_a_trueup(traded: World) -> None:
    estimated(traded, a6000=360, a6020=180)
    assert traded.open_items("2150") == {f"{ORDER}/6000": -360, f"{ORDER}/6020": -180}

    traded.settle(
        f"{PRINCIPAL} 24.00 on 2011-02-03 {SALE}",
        f"{COMMISSION} -3.60 on 2011-02-03 {SALE}",
        f"{FULFILMENT} -2.00 on 2011-02-03 {SALE}",
    )

    assert traded.booked(f"901/{ORDER}") == {
        "1210": -2400, "1220": 1840, "2150": 540, "6020": 20,
    }  # fmt: skip
    tags = traded.rows(
        "SELECT tag, amount FROM ledger_posting WHERE tag <> 'actual' ORDER BY amount"
    )
    assert [tuple(row) for row in tags] == [("trueup", 20), ("estimate", 180), ("estimate", 360)]
    kept = traded.rows(
        "SELECT account, estimated_amount, actual_amount, open_amount, estimator"
        " FROM fees_estimate ORDER BY account"
    )
    assert [tuple(row) for row in kept] == [
        ("6000", 360, 360, 0, "table 1"),
        ("6020", 180, 200, 0, "table 1"),
    ]
    assert traded.broken() == []


def test_an_estimate_waits_for_the_rest_of_a_partly_settled_order(traded: World) -> None:
    estimated(traded, a6000=360)
    traded.settle(
        f"{PRINCIPAL} 10.00 on 2011-02-03 {SALE}", f"{COMMISSION} -1.50 on 2011-02-03 {SALE}"
    )
    assert traded.open_items("2150") == {f"{ORDER}/6000": -210}
    # The rest comes without a fee: what is left of the estimate was never charged.
    traded.settle(f"{PRINCIPAL} 14.00 on 2011-02-13 {SALE}", ref="902")
    assert traded.open_items("2150") == {}
    assert traded.booked(f"902/{ORDER}") == {"1210": -1400, "1220": 1400, "2150": 210, "6000": -210}
    assert traded.broken() == []


def test_tax_that_the_marketplace_withholds_passes_through(traded: World) -> None:
    traded.settle(
        f"{PRINCIPAL} 24.00 on 2011-02-03 {SALE}",
        f"{TAX} 4.80 on 2011-02-03 {SALE}",
        f"Order/ItemWithheldTax/MarketplaceFacilitatorVAT-Principal -4.80 on 2011-02-03 {SALE}",
    )
    assert traded.booked(f"901/{ORDER}") == {"1210": -2400, "1220": 2400}
    assert traded.open_items("1210") == {}
    assert traded.broken() == []


def test_a_refund_goes_on_its_natural_accounts_on_its_day(traded: World) -> None:
    traded.settle(
        f"{PRINCIPAL} 24.00 on 2011-02-03 {SALE}",
        f"Refund/ItemPrice/Principal -10.00 on 2011-02-20 {SALE}",
        f"Refund/ItemPrice/Tax -2.00 on 2011-02-20 {SALE}",
        f"Refund/ItemFees/Commission 1.50 on 2011-02-20 {SALE}",
        f"Refund/ItemFees/RefundCommission -0.30 on 2011-02-20 {SALE}",
    )
    assert traded.booked(f"901/{ORDER}/Refund/2011-02-20") == {
        "1220": -1080, "2300": 200, "4200": 1000, "6000": -150, "6005": 30,
    }  # fmt: skip
    days = traded.rows("SELECT booked_on FROM ledger_entry WHERE natural_key LIKE '%Refund%'")
    assert [str(row[0]) for row in days] == ["2011-02-20"]
    assert traded.broken() == []


def test_charges_reimbursements_and_reserves_of_no_order(traded: World) -> None:
    other = "other-transaction/other-transaction"
    traded.settle(
        f"{PRINCIPAL} 24.00 on 2011-02-03 {SALE}",
        f"{other}/Subscription Fee -5.00 on 2011-02-10",
        "ServiceFee/Cost of Advertising/TransactionTotalAmount -6.00 on 2011-02-11",
        "other-transaction/FBA Inventory Reimbursement/WAREHOUSE_LOST 2.50 on 2011-02-12 of MUG",
        f"{other}/Current Reserve Amount -4.00 on 2011-02-28",
    )
    assert traded.open_items("1225") == {"reserve/GBP": 400}
    assert traded.booked("settled:amazon/Amazon/901#") == {}
    assert traded.booked("settled:")["6070"] == 500
    assert traded.booked("settled:")["7000"] == 600
    assert traded.booked("settled:")["4400"] == -250
    traded.settle(f"{other}/Previous Reserve Amount Balance 4.00 on 2011-03-01", ref="902")
    assert traded.open_items("1225") == {}
    assert traded.open_items("1060") == {"901": 1150, "902": 400}
    assert traded.broken() == []


def test_what_a_statement_owes_is_carried_to_the_next(traded: World) -> None:
    other = "other-transaction/other-transaction"
    traded.settle(f"{other}/Subscription Fee -5.00 on 2011-02-10")
    assert traded.open_items("1220") == {"carry/GBP": -500}
    traded.settle(
        f"{other}/Payable to Amazon -5.00 on 2011-03-02",
        f"{other}/Successful charge 5.00 on 2011-03-03",
        ref="902",
    )
    assert traded.open_items("1220") == {}
    # Until the bank tells of the card.
    assert traded.open_items("1060") == {"902": -500}
    assert traded.broken() == []


def test_an_amount_that_goes_the_wrong_way_is_not_understood(traded: World) -> None:
    found = traded.settle(
        "other-transaction/other-transaction/Current Reserve Amount 4.00 on 2011-02-28"
    )
    assert (found.applied, found.suspense) == (0, 1)
    assert traded.open_items("1590") == {"901": -400}
    reasons = traded.rows("SELECT reason FROM settlements_booking WHERE outcome = 'suspense'")
    assert [row[0] for row in reasons] == ["unexpected_sign"]
    assert traded.broken() == []


def test_a_refund_settles_what_a_return_booked_already(traded: World) -> None:
    traded.settle(f"{PRINCIPAL} 24.00 on 2011-02-03 {SALE}")
    line = traded.lines(ORDER)[0]
    with traded.kernel.db.write() as session:
        take_back(
            session, traded.company.id, line.order_id, Actor("ann"),
            quantities={line.id: 1}, disposition="sellable",
        )  # fmt: skip
    assert sum(traded.open_items("1210").values()) == -1200
    traded.settle(
        f"Refund/ItemPrice/Principal -10.00 on 2011-03-20 {SALE}",
        f"Refund/ItemPrice/Tax -2.00 on 2011-03-20 {SALE}",
        ref="902",
    )
    assert traded.open_items("1210") == {}
    assert traded.booked("settled:amazon/Amazon/902") == {"1210": 1200, "1220": -1200}
    assert traded.broken() == []


def test_a_closed_month_takes_nothing_more(traded: World) -> None:
    traded.close_month("2011-02")
    traded.settle("other-transaction/other-transaction/Subscription Fee -5.00 on 2011-02-10")
    days = traded.rows("SELECT DISTINCT booked_on FROM ledger_entry WHERE kind LIKE 'settlement%'")
    assert [str(row[0]) for row in days] == ["2011-03-01"]
