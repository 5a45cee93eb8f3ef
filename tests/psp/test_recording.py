"""Sales on the seller's own site: deposits, fees, shipments, refunds, disputes and payouts."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.banking.importing import import_bank_file
from core.banking.profiles import save_profile
from core.cli import build
from core.errors import InputError
from core.orders.record import Actor
from core.orders.shipping import ship
from core.orders.taking_back import take_back
from core.psp.recording import PaymentDraft
from core.psp.recording import record_payments
from core.settlements.ages import clearing_ages
from tests.orders.life import Life
from tests.world import MAPPING
from tests.world import World

EUROS = MAPPING.replace('currency = "GBP"', 'currency = "EUR"')


@pytest.fixture
def site(world: World) -> World:
    """Give a company with mugs; an order of one, 12.00 with its tax, may come."""
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    return world


def tell(world: World, reference: str, kind: str, amount: int, **more: object) -> None:
    facts = {"order": "1", "currency": "GBP", "on": date(2011, 2, 1)} | more
    if kind in ("payout", "fee", "fee_returned", "reserve", "reserve_released"):
        facts["order"] = ""
    draft = PaymentDraft(reference, kind, amount=amount, **facts)  # type: ignore[arg-type]
    with world.kernel.db.write() as session:
        record_payments(session, world.company.id, "stripe", ("file", "Till"), [draft])


def stands(world: World) -> dict[str, int]:
    return {code: a for code, a in world.booked("").items() if code not in ("1300", "3000")}


def test_what_is_paid_before_the_goods_leave_is_a_deposit_and_earned_then(site: World) -> None:
    tell(site, "ch_1", "payment", 1200, fee=35)
    assert stands(site) == {"1230": 1165, "2170": -1200, "6090": 35}
    assert site.open_items("2170") == {"1": -1200}
    site.orders("1 MUG 1 @ 10.00 on 2011-02-02 from ann")
    assert site.open_items("2170") == site.open_items("1210") == {}
    booked = site.booked("sale:")
    assert {code: booked[code] for code in ("2170", "4000", "2300", "5000")} == {
        "2170": 1200, "4000": -1000, "2300": -200, "5000": 200,
    }  # fmt: skip
    assert "1210" not in booked
    assert site.broken() == []


def test_a_part_that_is_paid_before_leaves_the_rest_owed(site: World) -> None:
    tell(site, "ch_1", "payment", 500)
    site.orders("1 MUG 1 @ 10.00 on 2011-02-02 from ann")
    assert site.open_items("1210") == {"1": 700}
    tell(site, "ch_2", "payment", 700, on=date(2011, 2, 3))
    assert site.open_items("1210") == site.open_items("2170") == {}
    assert stands(site)["1230"] == 1200
    assert site.broken() == []


def test_a_deposit_is_earned_part_by_part_when_an_entered_order_leaves(site: World) -> None:
    life = Life(site)
    life.orders("1 MUG 3 @ 10.00 on 2011-02-01 from ann")
    tell(site, "ch_1", "payment", 3600)
    (line,) = life.line_ids("1", "MUG")
    life.do(ship, "1", quantities={line: 1})
    assert (site.open_items("2170"), site.open_items("1210")) == ({"1": -2400}, {})
    life.do(ship, "1")
    assert site.open_items("2170") == site.open_items("1210") == {}
    assert site.broken() == []


def test_import_charges_are_the_buyer_s_money(site: World) -> None:
    tell(site, "ch_1", "payment", 1250, import_charges=50)
    assert stands(site) == {"1230": 1250, "2170": -1200, "2340": -50}


def test_a_foreign_sale_is_worth_what_its_payment_was(site: World) -> None:
    site.rates("EUR/GBP 0.85 on 2011-02-01", "EUR/GBP 0.90 on 2011-02-05")
    tell(site, "ch_1", "payment", 1200, fee=100, currency="EUR")
    assert stands(site) == {"1230": 935, "2170": -1020, "6090": 85}
    site.orders("1 MUG 1 @ 10.00 EUR on 2011-02-05 from ann", mapping=EUROS)
    # Revenue at the rate of the payment: 10.00 and 2.00 euros at 0.85.
    booked = site.booked("sale:")
    assert {c: booked[c] for c in ("2170", "4000", "2300")} == {
        "2170": 1020, "4000": -850, "2300": -170,
    }  # fmt: skip
    assert site.open_items("1210") == {}
    # The provider pays out what it holds at what that carries: nothing is realised yet.
    tell(site, "po_1", "payout", 1100, currency="EUR", on=date(2011, 2, 6))
    assert site.open_items("1230") == {}
    assert stands(site)["1060"] == 935
    assert "9000" not in stands(site)
    assert site.broken() == []


def test_a_foreign_sale_that_is_partly_prepaid_blends_the_two_days(site: World) -> None:
    site.rates("EUR/GBP 0.85 on 2011-02-01", "EUR/GBP 0.90 on 2011-02-05")
    tell(site, "ch_1", "payment", 600, currency="EUR")
    site.orders("1 MUG 1 @ 10.00 EUR on 2011-02-05 from ann", mapping=EUROS)
    # 6.00 euros at 0.85 and 6.00 at 0.90 are 10.50 pounds for 12.00 euros.
    booked = site.booked("sale:")
    assert (booked["4000"], booked["2300"], booked["1210"]) == (-875, -175, 540)
    assert site.open_items("1210") == {"1": 600}
    assert site.broken() == []


def test_a_refund_takes_the_deposit_first_then_what_a_return_owes_then_is_its_own(
    site: World,
) -> None:
    tell(site, "ch_1", "payment", 1300)
    tell(site, "re_1", "refund", 100)
    assert site.open_items("2170") == {"1": -1200}
    site.orders("1 MUG 1 @ 10.00 on 2011-02-02 from ann")
    tell(site, "re_2", "refund", 200, on=date(2011, 2, 4))
    assert stands(site)["4200"] == 200
    assert stands(site)["1230"] == 1000
    assert site.broken() == []


def test_a_dispute_is_held_back_and_won_or_lost(site: World) -> None:
    tell(site, "ch_1", "payment", 1200)
    site.orders("1 MUG 1 @ 10.00 on 2011-02-02 from ann")
    tell(site, "dp_1", "dispute_opened", 1200, fee=15, on=date(2011, 2, 10))
    assert (stands(site)["1235"], stands(site)["1230"], stands(site)["6095"]) == (1200, -15, 15)
    tell(site, "dp_1/won", "dispute_won", 1200, on=date(2011, 2, 20))
    assert "1235" not in stands(site)
    tell(site, "dp_2", "dispute_opened", 1200, fee=15, on=date(2011, 2, 21))
    tell(site, "dp_2/lost", "dispute_lost", 1200, on=date(2011, 2, 28))
    assert (stands(site)["1230"], stands(site)["6095"]) == (-30, 1230)
    assert site.open_items("1235") == {}
    lost = site.rows(
        "SELECT p.amount FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id"
        " JOIN orders_order o ON o.id = p.order_id WHERE a.code = '6095' AND p.amount = 1200"
    )
    assert len(lost) == 1
    assert site.broken() == []


def test_a_payment_in_another_currency_than_its_order_is_refused(site: World) -> None:
    site.rates("EUR/GBP 0.85 on 2011-02-01")
    site.orders("1 MUG 1 @ 10.00 on 2011-02-02 from ann")
    with pytest.raises(InputError, match="order 1 is open in GBP, not in EUR"):
        tell(site, "ch_1", "payment", 1200, currency="EUR", on=date(2011, 2, 3))
    assert site.open_items("1210") == {"1": 1200}


def test_a_deposit_in_another_currency_keeps_no_parcel_from_being_booked(site: World) -> None:
    site.rates("EUR/GBP 0.85 on 2011-02-01")
    tell(site, "ch_1", "payment", 1400, currency="EUR")
    site.orders("1 MUG 1 @ 10.00 on 2011-02-02 from ann")
    assert site.open_items("1210") == {"1": 1200}
    assert site.open_items("2170") == {"1": -1400}
    assert site.broken() == []


def test_fees_by_themselves_and_what_the_provider_keeps_back(site: World) -> None:
    tell(site, "ch_1", "payment", 1200)
    tell(site, "fee_1", "fee", 300)
    tell(site, "fee_2", "fee_returned", 100)
    tell(site, "rs_1", "reserve", 400)
    assert stands(site) == {"1230": 600, "1235": 400, "2170": -1200, "6090": 200}
    tell(site, "rs_2", "reserve_released", 400)
    assert stands(site) == {"1230": 1000, "2170": -1200, "6090": 200}
    assert site.broken() == []


def test_what_a_provider_pays_out_arrives_at_the_bank(site: World) -> None:
    with site.kernel.db.write() as session:
        save_profile(
            session, site.company.id, "Bank", account="1000", currency="GBP",
            layout={"date": "Date", "amount": "Amount", "text": "Text"},
        )  # fmt: skip
    tell(site, "ch_1", "payment", 1200)
    tell(site, "po_1", "payout", 1200, on=date(2011, 2, 3))
    tell(site, "re_1", "refund", 300, on=date(2011, 2, 8))
    tell(site, "po_2", "payout", -300, on=date(2011, 2, 9))
    assert site.open_items("1060") == {"po_1": 1200, "po_2": -300}
    path = site.folder / "bank.csv"
    lines = ("Date,Amount,Text", "2011-02-05,12.00,STRIPE po_1", "2011-02-10,-3.00,STRIPE")
    path.write_text("\n".join(lines), encoding="utf-8")
    assert import_bank_file(site.kernel, site.company.id, "Bank", path).matched == 2
    assert site.open_items("1060") == site.open_items("1230") == {}
    assert site.booked("bank:Bank") == {"1000": 900, "1060": -900}
    assert site.broken() == []


def until_it_waits(world: World, work: Future[object]) -> None:
    """Wait until some work waits for a lock; SQLite has but one writer, who waits at once."""
    if world.kernel.db.engine.name == "sqlite":
        wait([work], timeout=0.05)
        return
    for _ in range(1000):
        if wait([work], timeout=0.01).done:
            return
        if world.rows("SELECT COUNT(*) FROM pg_locks WHERE NOT granted")[0][0]:
            return


def test_a_deposit_that_is_given_back_meanwhile_pays_for_no_parcel(site: World) -> None:
    tell(site, "ch_1", "payment", 1200)
    told = PaymentDraft("re_1", "refund", date(2011, 2, 2), "GBP", 1200, order="1")
    with ThreadPoolExecutor(1) as other:
        with site.kernel.db.write() as session:
            record_payments(session, site.company.id, "stripe", ("file", "Till"), [told])
            left = other.submit(site.orders, "1 MUG 1 @ 10.00 on 2011-02-02 from ann")
            until_it_waits(site, left)
        left.result(timeout=20)
    assert site.open_items("2170") == {}
    assert site.open_items("1210") == {"1": 1200}
    assert site.broken() == []


def test_what_a_provider_holds_and_pays_out_stands_among_what_is_owed(site: World) -> None:
    tell(site, "ch_1", "payment", 1200)
    tell(site, "rs_1", "reserve", 200)
    tell(site, "po_1", "payout", 700, on=date(2011, 2, 3))
    with site.kernel.db.read() as session:
        found = clearing_ages(session, site.company.id, date(2011, 3, 15))
    assert [(each.platform, each.ledger, each.amounts) for each in found] == [
        ("stripe", "1060", (0, 0, 700, 0, 0)),
        ("stripe", "1230", (300, 0, 0, 0, 0)),
        ("stripe", "1235", (200, 0, 0, 0, 0)),
    ]


def write(world: World, *rows: str) -> Path:
    path = world.folder / "payments.csv"
    head = "reference,kind,date,currency,amount,order,fee\n"
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def run(world: World, path: Path) -> tuple[int, str]:
    told = ["import", "payments", str(path), "--provider", "stripe", "--connection", "Till"]
    ran = CliRunner().invoke(build(), [*told, "--json"], obj=world.kernel.config)
    return ran.exit_code, ran.output


def test_a_file_is_booked_once(site: World) -> None:
    path = write(site, "ch_1,payment,2011-02-01,GBP,12.00,1,0.35", "po_1,payout,2011-02-03,GBP,5,,")
    assert run(site, path)[0] == 0
    before = stands(site)
    assert before == {"1060": 500, "1230": 665, "2170": -1200, "6090": 35}
    code, output = run(site, path)
    assert code == 0
    assert '"unchanged": 2' in output
    assert stands(site) == before


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,gift,2011-02-01,GBP,1.00,1,", "line 3: 'gift' is nothing that a provider tells"),
        ("x,payment,2011-02-01,GBP,1.00,,", "line 3: say of which order it is"),
        ("x,payment,2011-02-01,GBP,-1.00,1,", "line 3: an amount is above zero"),
        ("x,payment,soon,GBP,1.00,1,", "line 3: 'soon' is no day"),
    ],
)
def test_a_file_with_a_bad_line_changes_nothing(site: World, row: str, said: str) -> None:
    code, output = run(site, write(site, "ch_1,payment,2011-02-01,GBP,12.00,1,0.35", row))
    assert code != 0
    assert said in output
    assert stands(site) == {}


def test_an_unknown_kind_is_refused_by_the_service_too(site: World) -> None:
    with pytest.raises(InputError, match="nothing that a provider tells"):
        tell(site, "x", "gift", 100)


def test_goods_that_come_back_are_paid_back_from_what_the_return_owes(site: World) -> None:
    tell(site, "ch_1", "payment", 1200)
    site.orders("1 MUG 1 @ 10.00 on 2011-02-02 from ann")
    line = site.lines("1")[0]
    with site.kernel.db.write() as session:
        take_back(
            session, site.company.id, line.order_id, Actor("ann"),
            quantities={line.id: 1}, disposition="sellable",
        )  # fmt: skip
    owed = site.open_items("1210")
    assert sum(owed.values()) == -1200
    tell(site, "re_1", "refund", 1200, on=date(2011, 2, 9))
    assert site.open_items("1210") == {}
    assert "4200" in stands(site)
    assert "1230" not in stands(site)
    assert site.broken() == []
