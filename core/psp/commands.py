"""The command that brings a provider's payments in: `entrepot import payments`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from core.errors import NotFound
from core.kernel import hooks
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import get_connection
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import say
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.psp.reading import read_payments
from core.psp.recording import record_payments


def register(group: click.Group) -> None:
    """Add the command."""
    imports = subgroup(group, "import", "Bring files in; the same file twice changes nothing.")
    imports.add_command(payments)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--provider", required=True, help="Who was paid: paypal, stripe, klarna.")
@click.option("--connection", "label", required=True, help="Of the shop whose orders were paid.")
@company_option
@json_option
@pass_kernel
def payments(
    kernel: Kernel, file: Path, provider: str, label: str, company_code: str | None, as_json: bool
) -> None:
    """Import what a payment provider tells: payments, refunds, disputes, payouts.

    The file is CSV with the columns reference, kind, date, currency and amount, and may have order,
    fee and import_charges. Kinds are payment, refund, dispute_opened, dispute_won, dispute_lost,
    fee, fee_returned, reserve, reserve_released and payout. What buyers pay before their goods
    leave is a deposit until then.
    """
    drafts = read_payments(file)
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    platform = _platform(kernel, connection)
    with kernel.db.write() as session:
        house = (platform, connection.account)
        done = record_payments(session, company.id, provider, house, drafts)
    said = f"{done.added} are booked, {done.unchanged} were there already."
    say(asdict(done), said, as_json)


def _platform(kernel: Kernel, connection: ConnectionInfo) -> str:
    for addon, connector in hooks.collect(kernel, "connectors"):
        if addon == connection.addon:
            return str(connector.platform)
    raise NotFound(
        f"Nothing is sold through the connection {connection.label!r}.",
        hint="Name the connection whose orders were paid, and see that its addon is enabled.",
    )
