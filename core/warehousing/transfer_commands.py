"""Commands of transfers: `entrepot stock transfer …`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from core.banking.profiles import get_profile
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_sheet
from core.kernel.console import say
from core.kernel.kernel import Kernel
from core.money import parse_decimal
from core.money import to_minor
from core.money import to_text
from core.warehousing import transferring
from core.warehousing.claiming import Claim
from core.warehousing.claiming import accept_claim
from core.warehousing.claiming import receive_claim
from core.warehousing.console import condition_option
from core.warehousing.console import note_option
from core.warehousing.console import quantities_of
from core.warehousing.showing import transfer_sheet


@click.command()
@click.argument("origin")
@click.argument("target")
@click.argument("lines", nargs=-1, required=True, metavar="SKU=QUANTITY...")
@click.option("--reference", default="", help="A name for it; default: one is made.")
@note_option
@company_option
@json_option
@pass_kernel
def plan(
    kernel: Kernel,
    origin: str,
    target: str,
    lines: Sequence[str],
    reference: str,
    note: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Write down what is to be sent; nothing moves yet."""
    with kernel.db.write() as session:
        made = transferring.plan_transfer(
            session,
            chosen_company(session, company_code).id,
            origin,
            target,
            quantities_of(lines),
            reference=reference,
            text=note,
            actor=acting_user(),
        )
        say(transfer_sheet(session, made), f"Transfer {made.reference} is planned.", as_json)


@click.command()
@click.argument("reference")
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, reference: str, company_code: str | None, as_json: bool) -> None:
    """Show a transfer: what left, arrived and was lost."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        found = transferring.find_transfer(session, company_id, reference)
        print_sheet(transfer_sheet(session, found), as_json)


@click.command()
@click.argument("reference")
@click.argument("lines", nargs=-1, metavar="[SKU=QUANTITY...]")
@company_option
@json_option
@pass_kernel
def ship(
    kernel: Kernel,
    reference: str,
    lines: Sequence[str],
    company_code: str | None,
    as_json: bool,
) -> None:
    """Send a transfer off: all of it, or the quantities named."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        done = transferring.ship_transfer(
            session, company_id, reference, quantities_of(lines) or None, actor=acting_user()
        )
        say(transfer_sheet(session, done), f"Transfer {reference} is on its way.", as_json)


@click.command()
@click.argument("reference")
@click.argument("lines", nargs=-1, metavar="[SKU=QUANTITY...]")
@condition_option
@company_option
@json_option
@pass_kernel
def receive(
    kernel: Kernel,
    reference: str,
    lines: Sequence[str],
    condition: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Take in what arrived: all that is on its way, or the quantities named."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        done = transferring.receive_transfer(
            session,
            company_id,
            reference,
            quantities_of(lines) or None,
            condition=condition,
            actor=acting_user(),
        )
        say(transfer_sheet(session, done), f"Transfer {reference} is {done.state}.", as_json)


@click.command()
@click.argument("reference")
@click.argument("lines", nargs=-1, metavar="[SKU=QUANTITY...]")
@note_option
@company_option
@json_option
@pass_kernel
def lose(
    kernel: Kernel,
    reference: str,
    lines: Sequence[str],
    note: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Write off what did not arrive: all that is on its way, or the quantities named."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        done = transferring.lose_transfer(
            session,
            company_id,
            reference,
            quantities_of(lines) or None,
            text=note,
            actor=acting_user(),
        )
        say(transfer_sheet(session, done), f"Transfer {reference} is {done.state}.", as_json)


@click.command()
@click.argument("reference")
@note_option
@company_option
@json_option
@pass_kernel
def cancel(
    kernel: Kernel, reference: str, note: str, company_code: str | None, as_json: bool
) -> None:
    """Drop a transfer that has not been sent."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        done = transferring.cancel_transfer(
            session, company_id, reference, text=note, actor=acting_user()
        )
        say(transfer_sheet(session, done), f"Transfer {reference} is cancelled.", as_json)


@click.command()
@click.argument("reference")
@click.argument("amount")
@click.option("--claim", "name", required=True, help="What names the claim.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True)
@company_option
@json_option
@pass_kernel
def claim(
    kernel: Kernel,
    reference: str,
    amount: str,
    name: str,
    day: datetime,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Book that somebody will pay AMOUNT for goods that were lost on a transfer."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        minor = to_minor(parse_decimal(amount, where="amount"), company.currency)
        told = Claim(name, reference, minor, day.date())
        back = accept_claim(session, company.id, told, actor=acting_user())
        document = {"claim": name, "taken_back": to_text(back, company.currency)}
    say(document, f"Claim {name} is booked.", as_json)


@click.command()
@click.argument("name", metavar="CLAIM")
@click.argument("amount")
@click.option("--bank", "bank_name", required=True, help="The bank to which it was paid.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True)
@company_option
@json_option
@pass_kernel
def claim_paid(
    kernel: Kernel,
    name: str,
    amount: str,
    bank_name: str,
    day: datetime,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Book that a claim was paid, all of it or a part."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        minor = to_minor(parse_decimal(amount, where="amount"), company.currency)
        bank = get_profile(session, company.id, bank_name)
        left = receive_claim(session, bank, name, minor, day.date())
        document = {"claim": name, "open": to_text(left, company.currency)}
    say(document, f"Claim {name}: {document['open']} is still owed.", as_json)


COMMANDS = (plan, show, ship, receive, lose, cancel, claim, claim_paid)
