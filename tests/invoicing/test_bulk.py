"""Invoices of many orders at once: from a list, by REST and by command, with a row for each."""

from __future__ import annotations

import threading

from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from core.invoicing.bulk import issue_some
from core.invoicing.issuing import cancel_invoice
from core.invoicing.models import Invoice
from core.invoicing.numbering import gaps_in
from tests.invoicing.test_issuing import issue
from tests.invoicing.test_issuing import order_id
from tests.world import World


def test_each_order_says_what_came_of_it(seller: World) -> None:
    seller.orders(
        "1 MUG 1 @ 5.00 on 2011-02-01 from ann to GB",
        "2 MUG 1 @ 5.00 on 2011-02-01 from bob to GB",
        "C3 MUG -1 @ 5.00 on 2011-02-03 from ann to GB",
    )
    issue(seller, "2")
    asked = [order_id(seller, ref) for ref in ("C3", "2", "1")]

    found = issue_some(seller.kernel, seller.company.id, [*asked, 0, asked[0]], by="ann")

    # In the order asked for, though the sale came first: its credit note names its invoice.
    assert [each.order for each in found] == ["C3", "2", "1", ""]
    assert [bool(each.invoice_id) for each in found] == [True, False, True, False]
    assert "has its invoice already" in found[1].problem
    assert found[3].problem == "There is no such order."
    with seller.kernel.db.read() as session:
        assert gaps_in(session, seller.company.id) == []


def test_those_who_issue_the_same_orders_at_once_leave_no_gap_and_no_double(seller: World) -> None:
    seller.orders(*(f"{n} MUG 1 @ 5.00 on 2011-02-01 from ann to GB" for n in range(1, 7)))
    asked = [order_id(seller, str(n)) for n in range(1, 7)]
    barrier, found, failures = threading.Barrier(3), [], []

    def work(turned: list[int]) -> None:
        try:
            barrier.wait(timeout=20)
            found.extend(issue_some(seller.kernel, seller.company.id, turned, by="x"))
        except Exception as error:
            failures.append(error)

    orders = (asked, asked[::-1], asked[3:] + asked[:3])
    threads = [threading.Thread(target=work, args=(each,)) for each in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert failures == []
    assert sorted(each.order for each in found if each.invoice_id) == [str(n) for n in range(1, 7)]
    numbers = seller.rows("SELECT number FROM invoicing_invoice ORDER BY number")
    assert [row[0] for row in numbers] == list(range(1, 7))


LINES = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 99_999)), min_size=1, max_size=4)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=LINES)
def test_a_credit_note_mirrors_its_invoice_to_the_cent(
    seller: World, lines: list[tuple[int, int]]
) -> None:
    ref = f"H{len(seller.rows('SELECT id FROM invoicing_invoice'))}"
    seller.orders(
        *(
            f"{ref} MUG {quantity} @ {price / 100:.2f} on 2011-02-01 from ann to GB called M{place}"
            for place, (quantity, price) in enumerate(lines)
        )
    )
    first = issue(seller, ref)
    with seller.kernel.db.write() as session:
        back = cancel_invoice(session, seller.company.id, first.id, by="ann")
        session.flush()
        session.expunge(back)

    assert (back.net_amount, back.tax_amount) == (-first.net_amount, -first.tax_amount)
    assert _amounts(back) == [(-quantity, -net, -tax) for quantity, net, tax in _amounts(first)]
    assert sum(tax for _, _, tax in _amounts(first)) == first.tax_amount
    assert back.document["credits"] == first.code


def _amounts(invoice: Invoice) -> list[tuple[int, int, int]]:
    lines: list[dict[str, int]] = invoice.document["lines"]  # type: ignore[assignment]
    return [(line["quantity"], line["net"], line["tax"]) for line in lines]
