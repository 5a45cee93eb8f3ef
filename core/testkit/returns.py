"""Books sales as orders are booked, so that tests of a regime can fill its returns."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from decimal import Decimal
from itertools import count

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.ids import next_id
from core.kernel.companies import create_company
from core.kernel.kernel import Kernel
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.setup import prepare_company
from core.tax.deciding import decide
from core.tax.decision import Levy
from core.tax.forms import period_of
from core.tax.models import BookedLevy
from core.tax.returns import boxes
from core.tax.returns import form_of
from core.tax.sale import Sale

_numbers = count(1)


def filled(
    kernel: Kernel,
    form_code: str,
    period: str,
    sales: Sequence[Sale],
    input_tax: int = 0,
    rates: Mapping[str, Decimal] | None = None,
) -> dict[tuple[str, ...], int | None]:
    """Return the boxes of a return, by code and key, after a new company made some sales.

    `input_tax` stands on account 1500 for the country of the form; all in minor units.
    """
    with kernel.db.write() as session:
        form = form_of(session, form_code)
        name = f"seller{next(_numbers)}"
        company = create_company(
            session, name, country=form.jurisdiction[:2], currency=form.currency, timezone="UTC",
            code=name,
        )  # fmt: skip
        prepare_company(session, company)
        book_sales(session, company.id, form.currency, sales)
        if input_tax:
            _book_input(session, company.id, form.currency, form.jurisdiction, input_tax, sales[0])
    with kernel.db.read() as session:
        found = boxes(session, company.id, form, period_of(period), rates or {})
    return {(box.code, *box.key): box.amount for box in found}


def book_sales(session: Session, company_id: int, currency: str, sales: Sequence[Sale]) -> None:
    """Decide sales and book each as one entry: revenue and tax of a line bear its decisions.

    Raises: AssertionError with the reasons if a line has not exactly one sound answer.
    """
    journal = Journal(session, company_id, currency)
    for number, sale in enumerate(sales):
        facts = sale.facts()
        decided = decide(session, company_id, facts)
        assert not decided.unresolved, list(decided.unresolved.values())
        entry = journal.entry(next_id(session), f"sale:{number}", "sale", sale.taxed_on)
        shop = Dimensions(None, sale.ship_to)
        owed = 0
        for line, fact in zip(sale.lines, facts, strict=True):
            one_id, one = decided.decisions[fact]
            for levy_id, levy in decided.levies.get(fact) or ((one_id, Levy(one)),):
                owed += _book(session, company_id, currency, entry, shop, line.net, levy_id, levy)
        entry.add("1210", owed, shop)
    journal.post()


def _book(  # noqa: PLR0913, PLR0917 - what a row of the books says
    session: Session,
    company_id: int,
    currency: str,
    entry: EntryDraft,
    shop: Dimensions,
    line_net: int,
    levy_id: int,
    levy: Levy,
) -> int:
    base, tax = levy.taxed(line_net)
    net = 0 if levy.further else line_net if levy.net is None else levy.net
    charged = tax if levy.decision.is_charged else 0
    entry.add("4000", -net, shop, decision_id=levy_id)
    entry.add(levy.decision.account, -charged, shop, decision_id=levy_id)
    if levy.further:
        row = {"entry_id": entry.id, "seq": levy_id, "booked_on": entry.booked_on, "net": 0}
        row |= {"decision_id": levy_id, "currency": currency, "base": base, "tax": tax}
        row |= {"company_id": company_id, "id": next_id(session), "line_id": None, "further": 1}
        session.execute(sa.insert(BookedLevy), [row])
    return net + charged


def _book_input(  # noqa: PLR0913, PLR0917 - what a row of the books says
    session: Session, company_id: int, currency: str, country: str, amount: int, like: Sale
) -> None:
    journal = Journal(session, company_id, currency)
    entry = journal.entry(next_id(session), "input tax", "bill", like.taxed_on)
    entry.add("1500", amount, Dimensions(None, country))
    entry.add("2100", -amount, Dimensions(None, country))
    journal.post()
