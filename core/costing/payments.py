"""Commands about paying suppliers: `entrepot cost deposit`, `pay`, `owed` and `payments`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from core.costing.paying import Payment
from core.costing.paying import paid_document
from core.costing.paying import pay_deposit
from core.costing.paying import pay_supplier
from core.costing.suppliers import charge_key
from core.costing.suppliers import receipt_key
from core.costing.suppliers import vat_key
from core.errors import InputError
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_rows
from core.kernel.console import say
from core.kernel.kernel import Kernel
from core.money import parse_decimal
from core.money import to_minor
from core.payables.owing import balance_document
from core.payables.owing import balances_of
from core.payables.owing import list_payments
from core.payables.owing import open_document
from core.payables.owing import open_documents
from core.payables.owing import payment_document

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("reference")
@click.argument("amount")
@click.option("--currency", help="The supplier's; the company's own if left out.")
@click.option("--supplier", default="", help="Who gets it; it names his balance.")
@click.option("--on", "day", type=DAY, required=True, help="The day on which it was paid.")
@click.option("--bank", help="The bank or wallet that it left, by the name of its profile.")
@click.option("--taken", help="What a bank in the company's currency took; else the day's rate.")
@click.option("--preview", is_flag=True, help="Say what would be booked, and book nothing.")
@company_option
@json_option
@pass_kernel
def deposit(
    kernel: Kernel,
    /,
    reference: str,
    amount: str,
    currency: str | None,
    supplier: str,
    preview: bool,
    company_code: str | None,
    as_json: bool,
    **told: Any,
) -> None:
    """Pay a supplier before the goods come; a receipt or payment uses the deposit by REFERENCE."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        code = currency.upper() if currency else company.currency
        payment = _payment(reference, company.currency, **told)
        minor = to_minor(parse_decimal(amount, where="amount"), code)
        paid = pay_deposit(
            session,
            company.id,
            payment,
            minor,
            code,
            supplier=supplier,
            preview=preview,
        )
    said = "Nothing is booked yet." if preview else f"Deposit {reference} is booked."
    say(paid_document(paid, company.currency), said, as_json)


@click.command()
@click.argument("reference")
@click.argument("amount", required=False)
@click.option("--receipt", help="Pay the supplier's invoice for this receipt.")
@click.option("--charge", help="Pay the invoice of this landed cost.")
@click.option("--customs", help="Pay the import VAT of this declaration.")
@click.option("--deposit", "prepaid", help="A deposit that pays first.")
@click.option("--currency", help="Of AMOUNT, as the invoice is in; the company's if left out.")
@click.option("--on", "day", type=DAY, required=True, help="The day on which it was paid.")
@click.option("--bank", help="The bank or wallet that it left, by the name of its profile.")
@click.option("--taken", help="What a bank in the company's currency took; else the day's rate.")
@click.option("--preview", is_flag=True, help="Say what would be booked, and book nothing.")
@company_option
@json_option
@pass_kernel
def pay(
    kernel: Kernel,
    /,
    reference: str,
    amount: str | None,
    prepaid: str | None,
    currency: str | None,
    preview: bool,
    company_code: str | None,
    as_json: bool,
    **told: Any,
) -> None:
    """Pay an invoice, all that is open or AMOUNT; REFERENCE is the payment's and booked once.

    What it costs more or less than the books carry is a gain or loss of exchange, never of goods.
    """
    bill = _bill(told.pop("receipt"), told.pop("charge"), told.pop("customs"))
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        payment = _payment(reference, company.currency, **told)
        code = currency.upper() if currency else company.currency
        paid = pay_supplier(
            session,
            company.id,
            payment,
            bill,
            to_minor(parse_decimal(amount, where="amount"), code) if amount else None,
            currency=code if amount else None,
            deposit=prepaid,
            preview=preview,
        )
    said = "Nothing is booked yet." if preview else f"Payment {reference} is booked."
    say(paid_document(paid, company.currency), said, as_json)


@click.command()
@click.option("--documents", is_flag=True, help="Document by document.")
@company_option
@json_option
@pass_kernel
def owed(kernel: Kernel, documents: bool, company_code: str | None, as_json: bool) -> None:
    """Show what is open with each supplier in each currency, and what it is worth in the books."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = open_documents(session, company.id)
    if documents:
        rows = [open_document(each, company.currency) for each in found]
    else:
        rows = [balance_document(each, company.currency) for each in balances_of(found)]
    print_rows(rows, as_json)


@click.command()
@company_option
@json_option
@pass_kernel
def payments(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the latest payments to suppliers, with what each gained or lost by exchange."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = list_payments(session, company.id).rows
    print_rows([payment_document(row, company.currency) for row in found], as_json)


def _bill(receipt: str | None, charge: str | None, customs: str | None) -> str:
    named = [
        key_of(reference)
        for key_of, reference in ((receipt_key, receipt), (charge_key, charge), (vat_key, customs))
        if reference is not None
    ]
    if len(named) != 1:
        raise InputError("name one of --receipt, --charge and --customs.", where="invoice")
    return named[0]


def _payment(
    reference: str, currency: str, *, day: datetime, bank: str | None, taken: str | None
) -> Payment:
    minor = to_minor(parse_decimal(taken, where="taken"), currency) if taken else None
    return Payment(reference, day.date(), bank, minor, acting_user())
