"""Invoices: numbered without gaps, frozen, in the buyer's language, and drawn with their fonts."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.addresses.address import Address
from core.errors import Conflict
from core.errors import InputError
from core.errors import KernelError
from core.invoicing.bulk import issue_many
from core.invoicing.buyers import read_buyer
from core.invoicing.drawing import draw
from core.invoicing.issuing import Request
from core.invoicing.issuing import cancel_invoice
from core.invoicing.issuing import issue_invoice
from core.invoicing.jobs import issue as issue_by_job
from core.invoicing.models import Invoice
from core.invoicing.numbering import gaps_in
from core.invoicing.numbering import next_number
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel.jobs import JobContext
from core.tax.channels import set_channel
from core.tax.sellers import add_registration
from tests.world import World

LI = Address(company="上海进口贸易有限公司", name="Łucja Żółć", street="ul. Długa 1",
             postcode="00-238", city="Łódź", country="PL")  # fmt: skip


def order_id(world: World, ref: str) -> int:
    return int(world.order(ref).id)


def issue(world: World, ref: str, request: Request | None = None) -> Invoice:
    with world.kernel.db.write() as session:
        made = issue_invoice(
            session, world.company.id, order_id(world, ref), by="ann", request=request
        )
        session.expunge(made)
    return made


def test_an_order_gets_one_invoice_that_never_changes(seller: World) -> None:
    seller.orders(
        "1 MUG 2 @ 5.00 on 2011-02-01 from ann to GB",
        "1 POST 1 @ 3.00 on 2011-02-01 from ann to GB",
    )
    made = issue(seller, "1")

    assert (made.number, made.kind, made.language, made.currency) == (1, "invoice", "en", "GBP")
    assert made.code == f"{made.series}-000001"
    assert (made.net_amount, made.tax_amount, made.supplied_on) == (1300, 260, date(2011, 2, 1))
    said = made.document
    assert said["title"] == "VAT invoice"
    assert said["seller_number"] == "980780684"
    assert said["taxes"] == [
        {"tax": "VAT", "jurisdiction": "GB", "rate": 200_000, "base": 1300, "amount": 260}
    ]
    with pytest.raises(Conflict, match="has its invoice already"):
        issue(seller, "1")
    for change in ("UPDATE invoicing_invoice SET number = 2", "DELETE FROM invoicing_invoice"):
        with pytest.raises(DBAPIError):
            seller.change(change)
    with seller.kernel.db.read() as session:
        assert gaps_in(session, seller.company.id) == []
    assert seller.broken() == []


def test_what_an_invoice_must_have_is_asked_for(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders("1 MUG 2 @ 5.00 on 2011-02-01 from ann to GB")
    with pytest.raises(InputError, match="needs your number"):
        issue(world, "1")
    with world.kernel.db.write() as session:
        add_registration(
            session, world.company.id, "GB", "local", since=date(2010, 1, 1), number="980780684"
        )
    with pytest.raises(InputError, match="who the company is"):
        issue(world, "1")
    with pytest.raises(InputError, match="no language 'xx'"):
        issue(world, "1", Request(language="xx"))
    with pytest.raises(InputError, match="is no tax number of DE"):
        issue(world, "1", Request(Address(country="DE"), number="DE1"))
    assert world.rows("SELECT * FROM invoicing_series") == []


def test_a_credit_note_mirrors_its_invoice(seller: World) -> None:
    seller.orders("1 MUG 3 @ 5.01 on 2011-02-01 from ann to GB")
    seller.orders("C2 MUG -1 @ 5.01 on 2011-03-01 from ann to GB")
    with pytest.raises(Conflict, match="has no invoice"):
        issue(seller, "C2")
    first = issue(seller, "1")
    part = issue(seller, "C2")

    assert (part.kind, part.credits_id, part.number) == ("credit_note", first.id, 1)
    assert (part.net_amount, part.tax_amount) == (-501, -100)
    assert part.document["credits"] == first.code
    with seller.kernel.db.write() as session:
        whole = cancel_invoice(session, seller.company.id, first.id, by="ann")
        assert (whole.net_amount, whole.tax_amount) == (-first.net_amount, -first.tax_amount)
        mine, theirs = first.document["lines"], whole.document["lines"]
        assert [row["net"] for row in theirs] == [-row["net"] for row in mine]
        assert whole.number == 2
        whole_id = whole.id
    with (
        pytest.raises(Conflict, match="taken back already"),
        seller.kernel.db.write() as session,
    ):
        cancel_invoice(session, seller.company.id, first.id, by="ann")
    with (
        pytest.raises(Conflict, match="is a credit note"),
        seller.kernel.db.write() as session,
    ):
        cancel_invoice(session, seller.company.id, whole_id, by="ann")
    again = issue(seller, "1", Request(LI))
    assert (again.number, again.language) == (2, "pl")


def test_the_buyer_is_sealed_and_proven(seller: World) -> None:
    seller.orders("1 MUG 1 @ 5.00 on 2011-02-01 from ann to GB")
    made = issue(seller, "1", Request(LI, language="zh"))
    (sealed,) = seller.rows("SELECT sealed FROM invoicing_buyer")
    assert "Łucja" not in str(sealed)
    with seller.kernel.db.read() as session:
        buyer = read_buyer(session, seller.company.id, made.id)
        assert buyer.address == LI
        content = draw(made, buyer)
        assert content == draw(made, buyer)
    assert content.startswith(b"%PDF")
    # Both fonts stand in the file, so that it looks alike everywhere.
    assert content.count(b"/FontFile2") >= 2
    other = issue_other(seller)
    seller.change(
        "UPDATE invoicing_buyer SET sealed ="
        f" (SELECT sealed FROM invoicing_buyer WHERE id = {other}) WHERE id = {made.id}"
    )
    with seller.kernel.db.read() as session, pytest.raises(KernelError):
        read_buyer(session, seller.company.id, made.id)


def issue_other(seller: World) -> int:
    seller.orders("2 MUG 1 @ 5.00 on 2011-02-01 from bob to GB")
    return issue(seller, "2").id


def test_who_issues_depends_on_the_case(seller: World) -> None:
    lifecycle.install(seller.kernel, "tax_eu")
    lifecycle.enable(seller.kernel, "tax_eu")
    seller.rates("GBP/EUR 1.2 on 2026-08-01")
    with seller.kernel.db.write() as session:
        set_channel(session, seller.company.id, "file", "marketplace")
    seller.orders("1 MUG 1 @ 10.00 on 2026-08-03 from ann to DE")

    with pytest.raises(InputError, match=r"issues the invoice of 1, not you: .*14a"):
        issue(seller, "1")
    assert seller.rows("SELECT * FROM invoicing_invoice") == []


def test_invoices_of_many_orders_are_issued_and_refusals_told(seller: World) -> None:
    seller.orders(
        "1 MUG 1 @ 5.00 on 2011-02-01 from ann to GB",
        "2 MUG 1 @ 5.00 on 2011-02-02 from ann to US",
        "C3 MUG -1 @ 5.00 on 2011-02-03 from ann to GB",
    )
    days = date(2011, 2, 1), date(2011, 3, 1)
    done = issue_many(seller.kernel, seller.company.id, *days, by="ann")
    assert (done.issued, done.refused) == (3, 0)
    asked = {"company_id": seller.company.id, "by": "ann"}
    asked |= {"start": days[0].isoformat(), "end": days[1].isoformat()}
    told = issue_by_job(JobContext(seller.kernel, 1, "invoicing.issue", asked))
    assert told == {"issued": 0, "refused": 0, "reasons": []}
    notes = seller.rows("SELECT document FROM invoicing_invoice ORDER BY id")
    assert "Zero-rated export of goods." in notes[1][0]


def test_numbers_have_no_gaps_when_many_ask_at_once_and_some_fail(seller: World) -> None:
    kind = "BIGINT" if seller.kernel.db.dialect == "postgresql" else "INTEGER"
    seller.change(f"CREATE TABLE given (number {kind} PRIMARY KEY)")
    barrier, failures = threading.Barrier(4), []

    def give(fails: bool) -> None:
        with contextlib.suppress(LookupError), seller.kernel.db.write() as session:
            number = next_number(session, seller.company.id, "X")
            session.execute(sa.text("INSERT INTO given VALUES (:number)"), {"number": number})
            if fails:
                raise LookupError("the invoice could not be stored")

    def work(name: int) -> None:
        try:
            barrier.wait(timeout=20)
            for turn in range(9):
                give((name + turn) % 3 == 0)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert failures == []
    numbers = [row[0] for row in seller.rows("SELECT number FROM given ORDER BY 1")]
    # Of each three turns one failed, and its number went to the next.
    assert numbers == list(range(1, 4 * 6 + 1))


KILLED = """
import sys
from pathlib import Path
from core.config import ROOT, Config
from core.kernel.kernel import Kernel
from core.invoicing.issuing import issue_invoice
kernel = Kernel.boot(Config(Path(sys.argv[1]), sys.argv[2], (ROOT / "addons",)))
for order in sys.argv[4:]:
    with kernel.db.write() as session:
        made = issue_invoice(session, int(sys.argv[3]), int(order), by="x")
        print(made.number, flush=True)
        sys.stdin.readline()
"""


def test_a_process_that_is_killed_leaves_no_gap(seller: World, world_url: str) -> None:
    seller.orders(*(f"{n} MUG 1 @ 5.00 on 2011-02-01 from ann to GB" for n in range(1, 5)))
    orders = [str(order_id(seller, str(n))) for n in range(1, 4)]
    args = [str(seller.folder), world_url, str(seller.company.id), *orders]
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "1"
    child.stdin.write("\n")
    child.stdin.flush()
    # The second has its number, and dies before it is stored.
    assert child.stdout.readline().strip() == "2"
    child.kill()
    child.communicate(timeout=20)

    made = issue(seller, "4")

    assert made.number == 2
    numbers = seller.rows("SELECT number FROM invoicing_invoice ORDER BY number")
    assert [row[0] for row in numbers] == [1, 2]
    with seller.kernel.db.read() as session:
        assert gaps_in(session, seller.company.id) == []


def test_a_long_invoice_goes_on_on_the_next_page(seller: World) -> None:
    seller.orders(*(f"1 MUG 1 @ {n}.00 on 2011-02-01 from ann to GB called 长 {'mug ' * 20}"
                    for n in range(1, 41)))  # fmt: skip
    made = issue(seller, "1")
    with seller.kernel.db.read() as session:
        content = draw(made, read_buyer(session, seller.company.id, made.id))
    assert content.count(b"/Type /Page\n") >= 2


def test_no_invoice_is_written_while_its_law_cannot_be_asked(
    seller: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller.orders("1 MUG 1 @ 5.00 on 2011-02-01 from ann to GB")
    with seller.kernel.db.read() as session:
        ((_, british),) = hooks.collect(session, "tax_regimes")

    def failing(_regime: object) -> object:
        raise RuntimeError("the table is missing")

    monkeypatch.setattr(type(british), "invoices", failing)
    with pytest.raises(InputError, match="tax_uk fails to say what its law wants"):
        issue(seller, "1")
    assert seller.rows("SELECT * FROM invoicing_series") == []
