"""Commands for rules: list them, try them on past orders, let them go live, ask them again."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from core.errors import InputError
from core.errors import NotFound
from core.kernel.companies import CompanyInfo
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.orders.record import Actor
from core.orders.ruled import apply_rules
from core.rules import files
from core.rules import simulating
from core.rules import storing
from core.rules.evaluating import LiveRule
from core.rules.evaluating import RuleRef
from core.rules.finding import find_orders
from core.rules.storing import StoredRule
from core.rules.words import vocabulary

FILE = click.Path(path_type=Path)


def register(group: click.Group) -> None:
    """Add the commands."""
    rules = subgroup(group, "rules", "Rules that route, tag, hold and approve orders.")
    for command in (show, simulate, live, switch, apply, export, bring_in):
        rules.add_command(command)


@click.command("list")
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the rules in the order in which they are asked."""
    with kernel.db.read() as session:
        rules = storing.list_rules(session, chosen_company(session, company_code).id)
    if as_json:
        print_json([_document(rule) for rule in rules])
        return
    rows = [
        (place, rule.id, rule.newest.name, _state(rule), rule.live_version, rule.version)
        for place, rule in enumerate(rules, 1)
    ]
    print_table(("#", "Id", "Name", "State", "Live", "Newest"), rows)


@click.command()
@click.option("--rule", "name", help="Only this rule's draft; default: all drafts.")
@click.option("--file", "path", type=FILE, help="The rules of a file instead of the stored ones.")
@click.option("--orders", default=1000, help="How many of the latest orders; at most 10,000.")
@click.option("--since", help="Only orders since this day, such as 2026-01-31.")
@company_option
@json_option
@pass_kernel
def simulate(
    kernel: Kernel,
    name: str | None,
    path: Path | None,
    orders: int,
    since: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Try rules on past orders and show what would differ; it changes nothing."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        rules = storing.list_rules(session, company.id)
        now = [rule.as_live() for rule in rules if rule.decides]
        draft = _draft(session, rules, name, path)
        result = simulating.simulate(
            session, company.id, now, draft, orders=orders, since=_moment(since)
        )
    if as_json:
        print_json(result.as_json())
        return
    click.echo(f"{result.changed} of {result.looked_at} orders would be treated otherwise.")
    for (what, before, after), count in result.kinds.most_common():
        click.echo(f"  {what}: {before or 'nothing'} -> {after or 'nothing'}: {count}")
    for why in result.broken.values():
        click.echo(f"Not asked: {why}", err=True)


@click.command()
@click.argument("name")
@company_option
@json_option
@pass_kernel
def live(kernel: Kernel, name: str, company_code: str | None, as_json: bool) -> None:
    """Let the newest version of a rule decide from now on."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        rule = _named(storing.list_rules(session, company.id), name)
        storing.go_live(session, company.id, rule.id, rule.version)
    _print_rule(kernel, company, name, as_json)


@click.command()
@click.argument("name")
@click.argument("state", type=click.Choice(["on", "off"]))
@company_option
@json_option
@pass_kernel
def switch(kernel: Kernel, name: str, state: str, company_code: str | None, as_json: bool) -> None:
    """Switch a rule on or off."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        rule = _named(storing.list_rules(session, company.id), name)
        storing.switch_rule(session, company.id, rule.id, on=state == "on")
    _print_rule(kernel, company, name, as_json)


@click.command()
@click.argument("orders", nargs=-1, required=True)
@company_option
@json_option
@pass_kernel
def apply(kernel: Kernel, orders: tuple[str, ...], company_code: str | None, as_json: bool) -> None:
    """Ask the live rules about orders again, by their numbers, and do what they say."""
    actor = Actor(acting_user() or "command line", "rules applied again")
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        found = find_orders(session, company.id, orders)
        done = apply_rules(session, company.id, found, actor)
    if as_json:
        print_json([asdict(each) for each in done])
        return
    print_table(("Order", "State"), [(each.order, each.state) for each in done])


@click.command()
@company_option
@pass_kernel
def export(kernel: Kernel, company_code: str | None) -> None:
    """Print the rules as one JSON document that `rules import` reads."""
    with kernel.db.read() as session:
        rules = storing.list_rules(session, chosen_company(session, company_code).id)
    click.echo(json.dumps(files.export_rules(rules), ensure_ascii=False, indent=2))


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--live", "at_once", is_flag=True, help="Let them decide at once, without a try.")
@company_option
@json_option
@pass_kernel
def bring_in(
    kernel: Kernel, file: Path, at_once: bool, company_code: str | None, as_json: bool
) -> None:
    """Store the rules of a file as drafts, in its order; a known name gets a new version."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        result = files.import_rules(
            session, company.id, file, acting_user() or "command line", live=at_once
        )
    if as_json:
        print_json(result)
        return
    click.echo(", ".join(f"{len(names)} {outcome}" for outcome, names in result.items()))


def _draft(
    session: Session, rules: list[StoredRule], name: str | None, path: Path | None
) -> list[LiveRule]:
    if path is not None:
        read = files.read_rules(path, vocabulary(session))
        by_name = {rule.newest.name: rule.id for rule in rules}
        return [
            LiveRule(RuleRef(by_name.get(text.name, -place), 0, text.name), text)
            for place, (text, enabled) in enumerate(read, 1)
            if enabled
        ]
    return simulating.draft_rules(rules, _named(rules, name).id if name else None)


def _named(rules: list[StoredRule], name: str) -> StoredRule:
    for rule in rules:
        if name in (rule.newest.name, str(rule.id)):
            return rule
    raise NotFound(f"There is no rule {name!r}.", hint="`entrepot rules list` shows all of them.")


def _print_rule(kernel: Kernel, company: CompanyInfo, name: str, as_json: bool) -> None:
    with kernel.db.read() as session:
        rule = _named(storing.list_rules(session, company.id), name)
    if as_json:
        print_json(_document(rule))
    else:
        click.echo(f"{rule.newest.name}: {_state(rule)}")


def _state(rule: StoredRule) -> str:
    if not rule.enabled:
        return "off"
    if rule.live is None:
        return "draft"
    return f"live, draft {rule.version}" if rule.is_draft else "live"


def _document(rule: StoredRule) -> dict[str, object]:
    return {
        "id": rule.id,
        "enabled": rule.enabled,
        "version": rule.version,
        "live_version": rule.live_version,
        **rule.newest.document(),
    }


def _moment(day: str | None) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError as error:
        raise InputError(f"{day!r} is not a day such as 2026-01-31.", where="--since") from error
