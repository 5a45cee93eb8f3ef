"""Commands of disputes: `entrepot disputes …`."""

from __future__ import annotations

from pathlib import Path

import click

from core.channels.disputes import DisputeStep
from core.channels.disputes import Evidence
from core.disputes import pulling
from core.disputes.answering import Proposal
from core.disputes.answering import answer_dispute
from core.disputes.reading import TABS
from core.disputes.reading import dispute_by_name
from core.disputes.reading import list_disputes
from core.errors import InputError
from core.kernel.connections import get_connection
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import to_text

MOST = 500


def register(group: click.Group) -> None:
    """Add the commands."""
    disputes = subgroup(group, "disputes", "Buyers who ask for the money of an order back.")
    for command in (pull, list_, answer):
        disputes.add_command(command)


@click.command()
@click.argument("label")
@company_option
@json_option
@pass_kernel
def pull(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Fetch how disputes stand; told again they change nothing."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    found = pulling.pull_disputes(kernel, connection).as_json()
    if as_json:
        print_json(found)
    else:
        print_table(tuple(found), [list(found.values())])


@click.command("list")
@click.option("--tab", type=click.Choice(TABS), default=TABS[0], show_default=True)
@company_option
@json_option
@pass_kernel
def list_(kernel: Kernel, tab: str, company_code: str | None, as_json: bool) -> None:
    """List disputes, the latest first."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        rows = list_disputes(session, company_id, tab, limit=MOST).rows
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    print_table(
        ("Dispute", "Kind", "Order", "Amount", "State", "Answer until", "Reason"),
        [
            (
                row.external_ref,
                row.kind,
                row.order_ref,
                "" if row.amount is None else f"{to_text(row.amount, row.currency)} {row.currency}",
                row.state,
                f"{row.answer_by:%Y-%m-%d %H:%M}" if row.answer_by else "",
                row.reason,
            )
            for row in rows
        ],
    )


@click.command()
@click.argument("dispute")
@click.option("--accept/--contest", "accept", default=None, help="Give in, or say why not.")
@click.option("--note", default="", help="What the bank or the platform is told.")
@click.option("--evidence", multiple=True, metavar="KIND=FILE", help="A file that proves it.")
@click.option("--parcel", nargs=2, default=("", ""), metavar="CARRIER NUMBER", help="What left.")
@click.option("--send", is_flag=True, help="Send it: it is final. Without, only look.")
@company_option
@pass_kernel
def answer(
    kernel: Kernel,
    dispute: str,
    accept: bool | None,
    note: str,
    evidence: tuple[str, ...],
    parcel: tuple[str, str],
    send: bool,
    company_code: str | None,
) -> None:
    """Give in to a dispute, or contest it; without --send it is only said what would be sent."""
    if accept is None:
        raise InputError("Say --accept or --contest.")
    step = DisputeStep.ACCEPT if accept else DisputeStep.CONTEST
    files = tuple(_evidence(each) for each in evidence)
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        dispute_id = dispute_by_name(session, company_id, dispute)
    proposal = Proposal(step, note, files, *parcel)
    by = acting_user() or "command line"
    told = answer_dispute(kernel, company_id, dispute_id, proposal, by, preview=not send)
    for line in (*told.sends, *told.issues):
        click.echo(line)
    if not send and told.taken:
        click.echo("Nothing was sent. With --send it is, and that is final.")


def _evidence(text: str) -> Evidence:
    """Read a file of evidence.

    Raises: InputError.
    """
    kind, mark, name = text.partition("=")
    path = Path(name)
    if not mark or not path.is_file():
        raise InputError(f"{text!r} names no file.", hint="Write KIND=FILE.")
    return Evidence(kind, path.name, path.read_bytes())
