"""Commands for messages of buyers: fetch them, list them, answer them."""

from __future__ import annotations

import click

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
from core.messages import pulling
from core.messages import reading
from core.messages import replying


def register(group: click.Group) -> None:
    """Add the commands."""
    messages = subgroup(group, "messages", "What buyers write, and what they are answered.")
    for command in (pull, list_, reply):
        messages.add_command(command)


@click.command()
@click.argument("connection")
@company_option
@json_option
@pass_kernel
def pull(kernel: Kernel, connection: str, company_code: str | None, as_json: bool) -> None:
    """Fetch what buyers of a connection wrote since the last time."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        info = get_connection(session, connection, company_id=company.id)
    told = pulling.pull_messages(kernel, info).as_json()
    if as_json:
        print_json(told)
    else:
        click.echo(f"{told['new']} new of {told['told']} messages.")


@click.command(name="list")
@click.option("--tab", type=click.Choice(reading.TABS), default=reading.WAITING, show_default=True)
@click.option("--read", "talk", type=int, help="Show what is said in one conversation.")
@company_option
@json_option
@pass_kernel
def list_(
    kernel: Kernel, tab: str, talk: int | None, company_code: str | None, as_json: bool
) -> None:
    """List the latest conversations, or read one; without --read no text is shown."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        if talk is not None:
            replying.conversation(session, company.id, talk)
            said = reading.messages_of(session, company.id, talk, texts=True)
            rows = [
                (each.id, each.sent_at.isoformat(), each.direction, each.state, each.text or "")
                for each in said
            ]
            names = ("id", "sent_at", "direction", "state", "text")
        else:
            page = reading.list_talks(session, company.id, tab)
            rows = [
                (row.id, row.platform, row.order_ref or row.order or "", row.unread,
                 row.last_at.isoformat())
                for row in page.rows
            ]  # fmt: skip
            names = ("id", "platform", "order", "unread", "last_at")
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(tuple(name.replace("_", " ").capitalize() for name in names), rows)


@click.command()
@click.argument("conversation", type=int)
@click.argument("text")
@click.option("--kind", default="text", show_default=True, help="What the platform calls it.")
@company_option
@json_option
@pass_kernel
def reply(
    kernel: Kernel, conversation: int, text: str, kind: str, company_code: str | None, as_json: bool
) -> None:
    """Answer in a conversation; a worker sends it."""
    by = acting_user() or "command line"
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        made = replying.reply(session, company.id, conversation, text, kind=kind, by=by)
    if as_json:
        print_json({"message": made})
    else:
        click.echo("Written; a worker sends it.")
