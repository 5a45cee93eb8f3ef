"""Commands of publishing: what each platform is told of stock, and why."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from typing import TypeVar

import click
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_rows
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.publishing.price_commands import price
from core.publishing.pushing import latency
from core.publishing.pushing import publish_changes
from core.publishing.reckoning import TERMS
from core.publishing.reckoning import Terms
from core.publishing.rules import Scope
from core.publishing.rules import list_rules
from core.publishing.rules import make_pool
from core.publishing.rules import pools_of
from core.publishing.rules import set_rule
from core.publishing.showing import preview
from core.publishing.showing import rule_row
from core.publishing.showing import target_rows
from core.warehousing.floor import skus_named

Command = TypeVar("Command", bound=Callable[..., Any])

scope_options = (
    click.option("--platform", default="", help="Only on this platform."),
    click.option("--account", default="", help="Only in this shop of the platform."),
    click.option("--sku", default="", help="Only for this SKU."),
)
term_options = (
    click.option("--pool", help="The pool of warehouses that is sold from."),
    click.option("--buffer", type=int, help="Units that are not shown."),
    click.option("--share", type=int, metavar="PERCENT", help="At most this share is shown."),
    click.option("--cap", type=int, help="At most so many are shown."),
    click.option("--floor", type=int, help="Nothing is shown while fewer than this remain."),
    click.option("--minimum", type=int, help="A smaller number is shown as nothing."),
    click.option("--last-units", type=int, help="From here on only shops with priority show any."),
    click.option("--priority/--no-priority", default=None, help="May sell the last units."),
    click.option("--fast-minutes", type=int, help="Hold back what was sold within so long."),
    click.option("--paused/--not-paused", default=None, help="Show nothing."),
)


def register(group: click.Group) -> None:
    """Add the commands."""
    publish = subgroup(group, "publish", "What each platform is told of stock, and why.")
    for command in (show, explain, rules, set_terms, pool, run, delay, price):
        publish.add_command(command)


def with_options(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Return a decorator that adds several options."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.command()
@click.argument("skus", nargs=-1)
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, skus: Sequence[str], company_code: str | None, as_json: bool) -> None:
    """Show what is desired, sent, confirmed and seen of some SKUs, or of all."""
    with kernel.db.read() as session:
        rows = target_rows(session, chosen_company(session, company_code).id, skus)
    print_rows(rows, as_json)


@click.command()
@click.argument("sku")
@with_options(*scope_options[:2], *term_options)
@company_option
@json_option
@pass_kernel
def explain(
    kernel: Kernel, /, sku: str, company_code: str | None, as_json: bool, **given: Any
) -> None:
    """Say what would be published of a SKU, and why; terms given here are tried, not kept."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        scope = _scope(session, company_id, given | {"sku": sku})
        found = preview(session, company_id, scope, _terms(session, company_id, given))
    if as_json:
        steps = [step._asdict() for step in found.steps]
        print_json({"quantity": found.quantity, "steps": steps, "text": found.text()})
    else:
        click.echo(found.text())


@click.command()
@click.option("--history", is_flag=True, help="Every version, not only those that hold.")
@company_option
@json_option
@pass_kernel
def rules(kernel: Kernel, history: bool, company_code: str | None, as_json: bool) -> None:
    """List the rules, the widest first: the narrower one prevails, term by term."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        found = list_rules(session, company_id, history=history)
        print_rows([rule_row(session, rule) for rule in found], as_json)


@click.command("set")
@with_options(*scope_options, *term_options)
@click.option("--note", default="", help="Why; kept with the version.")
@company_option
@json_option
@pass_kernel
def set_terms(
    kernel: Kernel, /, note: str, company_code: str | None, as_json: bool, **given: Any
) -> None:
    """Let new terms hold for all, a platform, a shop or a SKU: they replace the earlier ones."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        rule = set_rule(
            session,
            company_id,
            _scope(session, company_id, given),
            _terms(session, company_id, given),
            note=note,
            actor=acting_user(),
        )
        row = rule_row(session, rule)
    publish_changes(kernel, rule.company_id, full=True)
    if as_json:
        print_json(row)
    else:
        click.echo(f"Version {rule.version} holds from now on.")


@click.command()
@click.argument("code")
@click.argument("warehouses", nargs=-1, required=True)
@company_option
@json_option
@pass_kernel
def pool(
    kernel: Kernel,
    code: str,
    warehouses: Sequence[str],
    company_code: str | None,
    as_json: bool,
) -> None:
    """Make a pool: warehouses whose goods are sold together."""
    with kernel.db.write() as session:
        make_pool(session, chosen_company(session, company_code).id, code, warehouses)
    if as_json:
        print_json({"pool": code, "warehouses": list(warehouses)})
    else:
        click.echo(f"Pool {code} is there; name it in a rule.")


@click.command()
@click.option("--full", is_flag=True, help="Look at everything, not only at what changed.")
@company_option
@json_option
@pass_kernel
def run(kernel: Kernel, full: bool, company_code: str | None, as_json: bool) -> None:
    """Tell the platforms what changed; the worker does this every few seconds."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
    done = publish_changes(kernel, company_id, full=full)
    if as_json:
        print_json(asdict(done))
    else:
        click.echo(f"{done.changes} changes, {done.told} quantities put into the outbox.")


@click.command()
@company_option
@json_option
@pass_kernel
def delay(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Say how long the last pushes took from the change of stock, in milliseconds."""
    with kernel.db.read() as session:
        figures = latency(session, chosen_company(session, company_code).id)
    if as_json:
        print_json(figures)
    else:
        click.echo(", ".join(f"{name} {value}" for name, value in figures.items()))


def _scope(session: Session, company_id: int, given: dict[str, Any]) -> Scope:
    sku = given.get("sku", "")
    sku_id = skus_named(session, company_id, [sku])[sku] if sku else 0
    return Scope(given["platform"], given["account"], sku_id)


def _terms(session: Session, company_id: int, given: dict[str, Any]) -> Terms:
    values: dict[str, int] = {
        name: int(given[name]) for name in TERMS if given.get(name) is not None
    }
    if (code := given.get("pool")) is not None:
        pools = pools_of(session, company_id)
        if code not in pools:
            raise NotFound(f"There is no pool {code!r}.", hint=f"Known: {', '.join(pools)}.")
        values["pool_id"] = pools[code]
    return Terms(**values)
