"""Commands of true cost: `entrepot cost …`, and `entrepot stock receive`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import click
import sqlalchemy as sa

from core.costing import charging
from core.costing import receiving
from core.costing import replaying
from core.costing.charging import ChargeDraft
from core.costing.models import Charge
from core.costing.payments import deposit
from core.costing.payments import owed
from core.costing.payments import pay
from core.costing.payments import payments
from core.costing.receipts import moment_in
from core.costing.showing import charge_document
from core.costing.showing import effect_document
from core.costing.showing import list_receipts
from core.costing.showing import replayed_document
from core.costing.splitting import RULE_NAMES
from core.costing.tracing import COMPONENTS
from core.costing.writing_down import write_down
from core.errors import InputError
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_rows
from core.kernel.console import print_sheet
from core.kernel.console import say
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import parse_decimal
from core.money import to_micro
from core.money import to_minor
from core.money import to_text
from core.stock.costing import BACKDATINGS
from core.stock.costing import METHODS
from core.stock.costing import backdating_of
from core.stock.costing import choose_backdating
from core.stock.costing import choose_method
from core.stock.costing import method_of
from core.warehousing.handling import Act


def register(group: click.Group) -> None:
    """Add the commands."""
    subgroup(
        group, "stock", "What lies where, and the work in and between warehouses."
    ).add_command(receive)
    costs = subgroup(group, "cost", "What goods truly cost: receipts, freight, duty, invoices.")
    for command in (
        method,
        backdated,
        replay,
        receipts,
        invoice,
        estimate,
        settle,
        show,
        charges,
        write_goods_down,
        deposit,
        pay,
        owed,
        payments,
    ):
        costs.add_command(command)


@click.command()
@click.argument("warehouse")
@click.argument("reference")
@click.argument("lines", nargs=-1, required=True, metavar="SKU=QUANTITY@VALUE...")
@click.option("--currency", help="Of the values; the company's own if left out.")
@click.option("--deposit", "prepaid", help="A deposit that paid a part, by its reference.")
@click.option("--supplier", default="", help="Who supplies; it names his balance.")
@click.option("--at", metavar="MOMENT", help="When they came, if not now: 2026-09-30T14:00.")
@company_option
@json_option
@pass_kernel
def receive(  # noqa: PLR0913, PLR0917 - one argument for each option
    kernel: Kernel,
    /,
    warehouse: str,
    reference: str,
    lines: Sequence[str],
    currency: str | None,
    prepaid: str | None,
    supplier: str,
    at: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Take goods in from a supplier; VALUE is what the line costs in all, not yet invoiced."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        terms = receiving.Terms(currency and currency.upper(), prepaid, supplier)
        document_id = receiving.receive_goods(
            session,
            company.id,
            warehouse,
            reference,
            [_receipt_line(line, terms.currency or company.currency) for line in lines],
            terms=terms,
            actor=acting_user(),
            at=moment_in(company.timezone, at) if at else None,
        )
    say({"document": document_id}, f"Receipt {reference} is in {warehouse}.", as_json)


@click.command()
@click.argument("way", type=click.Choice(METHODS), required=False)
@company_option
@json_option
@pass_kernel
def method(kernel: Kernel, way: str | None, company_code: str | None, as_json: bool) -> None:
    """Say or choose how goods are costed; the choice stands once goods have come in."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        if way is not None:
            choose_method(session, company.id, way)
        chosen = method_of(session, company.id)
    say({"method": chosen}, chosen, as_json)


@click.command()
@click.argument("way", type=click.Choice(BACKDATINGS), required=False)
@company_option
@json_option
@pass_kernel
def backdated(kernel: Kernel, way: str | None, company_code: str | None, as_json: bool) -> None:
    """Say or choose what a receipt told of late does: freeze what was issued, or replay it."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        if way is not None:
            choose_backdating(session, company.id, way)
        chosen = backdating_of(session, company.id)
    say({"backdated": chosen}, chosen, as_json)


@click.command()
@click.argument("receipt")
@click.option("--preview", is_flag=True, help="Say what would cost otherwise, and book nothing.")
@company_option
@json_option
@pass_kernel
def replay(
    kernel: Kernel, receipt: str, preview: bool, company_code: str | None, as_json: bool
) -> None:
    """Work out again what left since a RECEIPT that was told of late, and book what differs."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        act = replaying.preview_replay if preview else replaying.replay
        found = act(session, company.id, receipt)
        rows = [replayed_document(each, company.currency) for each in found]
    print_rows(rows, as_json)


@click.command()
@company_option
@json_option
@pass_kernel
def receipts(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the latest receipts."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        rows = list_receipts(session, company.id).rows
    print_rows([dict(row._mapping) for row in rows], as_json)


@click.command()
@click.argument("receipt")
@click.argument("values", nargs=-1, required=True, metavar="SKU=VALUE...")
@click.option("--number", required=True, help="The number of the supplier's invoice.")
@company_option
@json_option
@pass_kernel
def invoice(
    kernel: Kernel,
    receipt: str,
    values: Sequence[str],
    number: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Book a supplier's invoice, in the receipt's currency; its difference reaches every unit."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        code, _ = receiving.price_of(session, company.id, receipt)
        amounts = _amounts(values, code or company.currency)
        difference = receiving.invoice_goods(session, company.id, receipt, amounts, invoice=number)
    said = to_text(difference, company.currency)
    say({"difference": said}, f"Invoice {number} differs by {said} {company.currency}.", as_json)


@click.command()
@click.argument("reference")
@click.argument("amount", metavar="AMOUNT")
@click.option("--component", type=click.Choice(COMPONENTS), required=True)
@click.option("--rule", type=click.Choice(RULE_NAMES), required=True, help="How it is split.")
@click.option("--receipt", "receipts", multiple=True, required=True, help="Goods that it was for.")
@click.option("--sku", "skus", multiple=True, help="Only these of the receipts' goods.")
@click.option("--direct", multiple=True, metavar="SKU=AMOUNT", help="With --rule direct.")
@click.option("--currency", help="Of the amounts; the company's own if left out.")
@click.option("--supplier", default="", help="Who charges it; it names his balance.")
@click.option("--note", default="", help="What it is, in a few words.")
@click.option("--preview", is_flag=True, help="Say where each cent would go, and book nothing.")
@company_option
@json_option
@pass_kernel
def estimate(
    kernel: Kernel,
    /,
    reference: str,
    amount: str,
    direct: Sequence[str],
    currency: str | None,
    preview: bool,
    company_code: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Book a landed cost before its invoice; a credit is negative and stands after `--`."""
    session_of = kernel.db.read if preview else kernel.db.write
    with session_of() as session:
        company = chosen_company(session, company_code)
        code = currency.upper() if currency else company.currency
        draft = ChargeDraft(
            reference,
            amount=_amount(amount, code),
            amounts=_amounts(direct, code),
            currency=code,
            **options,
        )
        if preview:
            effect = charging.preview(session, company.id, draft)
            _print_effect(effect_document(session, company, effect), as_json)
            return
        charge = charging.estimate(session, company.id, draft, actor=acting_user())
        document = charge_document(session, company, charge)
    print_sheet(document, as_json)


@click.command()
@click.argument("reference")
@click.argument("amount", metavar="AMOUNT")
@click.option("--number", default="", help="The number of the invoice.")
@click.option("--currency", help="Of the amount; the company's own if left out.")
@click.option("--preview", is_flag=True, help="Say where each cent would go, and book nothing.")
@company_option
@json_option
@pass_kernel
def settle(
    kernel: Kernel,
    reference: str,
    amount: str,
    number: str,
    currency: str | None,
    preview: bool,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Book the invoice of a landed cost; its difference reaches every unit, sold ones too."""
    session_of = kernel.db.read if preview else kernel.db.write
    with session_of() as session:
        company = chosen_company(session, company_code)
        code = currency.upper() if currency else company.currency
        minor = _amount(amount, code)
        if preview:
            effect = charging.preview_actual(session, company.id, reference, minor, code)
            _print_effect(effect_document(session, company, effect), as_json)
            return
        charge = charging.settle(
            session, company.id, reference, minor, invoice=number, currency=code
        )
        document = charge_document(session, company, charge)
    print_sheet(document, as_json)


@click.command()
@click.argument("reference")
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, reference: str, company_code: str | None, as_json: bool) -> None:
    """Show a landed cost and what of it falls to which goods."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        charge = charging.find_charge(session, company.id, reference)
        document = charge_document(session, company, charge)
    print_sheet(document, as_json)


@click.command("list")
@company_option
@json_option
@pass_kernel
def charges(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the latest landed costs."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        query = sa.select(Charge).where(Charge.company_id == company.id)
        found = session.scalars(query.order_by(Charge.id.desc()).limit(100)).all()
        rows = [charge_document(session, company, charge, lines=False) for charge in found]
    print_rows(rows, as_json)


@click.command("write-down")
@click.argument("sku")
@click.argument("unit_value", metavar="UNIT_VALUE")
@click.option("--note", default="", help="Why, in a few words.")
@company_option
@json_option
@pass_kernel
def write_goods_down(
    kernel: Kernel, sku: str, unit_value: str, note: str, company_code: str | None, as_json: bool
) -> None:
    """Lower what goods on hand are worth to what a unit can still be sold for, less its costs."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        lowered = write_down(
            session,
            company.id,
            sku,
            to_micro(parse_decimal(unit_value, where="unit value")),
            Act(acting_user(), note),
        )
    said = to_text(lowered.value, company.currency)
    document = {"document": lowered.document_id, "quantity": lowered.quantity, "value": said}
    say(document, f"{lowered.quantity} of {sku} are worth {said} {company.currency} less.", as_json)


def _receipt_line(text: str, currency: str) -> receiving.ReceiptLine:
    sku, equals, rest = text.rpartition("=")
    number, at, value = rest.partition("@")
    if not equals or not at or not number.isdecimal():
        raise InputError(
            f"{text!r} cannot be read.", hint="Write SKU=QUANTITY@VALUE, as in MUG=12@30.00."
        )
    return receiving.ReceiptLine(sku, int(number), _amount(value, currency))


def _amounts(lines: Sequence[str], currency: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        sku, equals, amount = line.rpartition("=")
        if not equals or sku in found:
            raise InputError(
                f"{line!r} cannot be read.", hint="Write SKU=AMOUNT, each SKU once: MUG=30.00."
            )
        found[sku] = _amount(amount, currency)
    return found


def _amount(text: str, currency: str) -> int:
    amount: Decimal = parse_decimal(text, where="amount")
    return to_minor(amount, currency)


def _print_effect(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    for part in ("goods", "places"):
        print_rows(document[part], as_json=False)
