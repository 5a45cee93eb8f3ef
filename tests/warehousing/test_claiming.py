"""Claims for goods that were lost on a transfer: accepted, and paid."""

from __future__ import annotations

from datetime import date

import pytest

from core.banking.profiles import get_profile
from core.banking.profiles import save_profile
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.stock.warehouses import make_warehouse
from core.warehousing.claiming import Claim
from core.warehousing.claiming import accept_claim
from core.warehousing.claiming import receive_claim
from core.warehousing.transferring import lose_transfer
from core.warehousing.transferring import plan_transfer
from core.warehousing.transferring import receive_transfer
from core.warehousing.transferring import ship_transfer
from tests.warehousing.test_commands import run
from tests.world import World

DAY = date(2011, 3, 1)


@pytest.fixture
def lost(world: World) -> World:
    """Give a company that lost a mug of 2.00 and two cups of 1.00 on the way."""
    world.stock("MUG 10 @ 2.00 on 2010-11-30", "CUP 10 @ 1.00 on 2010-11-30")
    layout = {"date": "Date", "amount": "Amount", "text": "Text"}
    with world.kernel.db.write() as session:
        company = world.company.id
        make_warehouse(session, company, "FBA", "FBA", "GB", "amazon", "1330", "platform")
        save_profile(session, company, "Bank", account="1000", currency="GBP", layout=layout)
        plan_transfer(session, company, "MAIN", "FBA", {"MUG": 5, "CUP": 5}, reference="T1")
        ship_transfer(session, company, "T1")
        receive_transfer(session, company, "T1", {"MUG": 4, "CUP": 3})
        lose_transfer(session, company, "T1")
    assert world.booked("")["5120"] == 400
    return world


def accept(world: World, reference: str, amount: int) -> int:
    with world.kernel.db.write() as session:
        claim = Claim(reference, "T1", amount, DAY)
        return accept_claim(session, world.company.id, claim)


def receive(world: World, reference: str, amount: int) -> int:
    with world.kernel.db.write() as session:
        bank = get_profile(session, world.company.id, "Bank")
        return receive_claim(session, bank, reference, amount, DAY)


def test_a_claim_takes_back_its_part_of_the_loss(lost: World) -> None:
    assert accept(lost, "C1", 300) == 300
    booked = lost.booked("")
    assert (booked["1240"], booked["5120"]) == (300, 100)
    by_sku = lost.rows(
        "SELECT k.code, SUM(p.amount) FROM ledger_posting p"
        " JOIN ledger_account a ON a.id = p.account_id JOIN catalog_sku k ON k.id = p.sku_id"
        " WHERE a.code = '5120' GROUP BY k.code ORDER BY k.code"
    )
    assert [(code, int(amount)) for code, amount in by_sku] == [("CUP", 50), ("MUG", 50)]
    # A second one takes what is left; more than the goods cost is a compensation.
    assert accept(lost, "C2", 250) == 100
    booked = lost.booked("")
    assert (booked["1240"], booked["4450"]) == (550, -150)
    assert "5120" not in booked
    with pytest.raises(Conflict, match="nothing was lost that is not claimed yet"):
        accept(lost, "C3", 1)
    assert lost.broken() == []


def test_it_is_owed_until_it_is_paid(lost: World) -> None:
    accept(lost, "C1", 300)
    assert receive(lost, "C1", 100) == 200
    assert receive(lost, "C1", 200) == 0
    assert lost.booked("claim:C1/paid") == {"1000": 300, "1240": -300}
    with pytest.raises(InputError, match="0 minor units are owed"):
        receive(lost, "C1", 1)
    with pytest.raises(NotFound):
        receive(lost, "C9", 1)


def test_it_is_booked_once(lost: World) -> None:
    accept(lost, "C1", 100)
    with pytest.raises(Conflict, match="booked already"):
        accept(lost, "C1", 100)
    with pytest.raises(InputError, match="amount above zero"):
        accept(lost, "C2", 0)


def test_the_command_line_claims(lost: World) -> None:
    day = ("--on", "2011-03-01")
    made = run(lost, "transfer", "claim", "T1", "3.00", "--claim", "C1", *day)
    assert made == {"claim": "C1", "taken_back": "3.00"}
    paid = run(lost, "transfer", "claim-paid", "C1", "1.00", "--bank", "Bank", *day)
    assert paid == {"claim": "C1", "open": "2.00"}
