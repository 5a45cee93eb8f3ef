"""Commands about users and tokens, for whoever runs the installation: they may do everything."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from core.identity import tokens as tokens_of
from core.identity import users as users_of
from core.identity.actor import HOUSE
from core.identity.rights import declared_permissions
from core.identity.rights import rights_of
from core.kernel.companies import find_company
from core.kernel.companies import list_companies
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel

everywhere_option = click.option(
    "--everywhere", is_flag=True, help="In every company, also those that are made later."
)


def register(group: click.Group) -> None:
    """Add the commands."""
    people = subgroup(group, "users", "Who may come in, with which roles.")
    for command in (list_users, add, role, disable, enable, reset):
        people.add_command(command)
    keys = subgroup(group, "tokens", "Tokens of programs.")
    for command in (list_tokens, make, revoke):
        keys.add_command(command)


@click.command("list")
@json_option
@pass_kernel
def list_users(kernel: Kernel, as_json: bool) -> None:
    """Show all users with their roles."""
    with kernel.db.read() as session:
        found = users_of.list_users(session)
        codes = {HOUSE: "*", **{each.id: each.code for each in list_companies(session)}}
    documents = [
        {
            "name": each.name,
            "state": each.state,
            "roles": {codes[company]: list(names) for company, names in each.roles.items()},
            "second_factor": each.has_totp,
            "signed_in_at": each.signed_in_at,
        }
        for each in found
    ]
    if as_json:
        print_json(documents)
        return
    print_table(
        ("User", "State", "Roles", "Second factor", "Last sign-in"),
        [
            (
                each["name"],
                each["state"],
                _roles_text(each["roles"]),
                "on" if each["second_factor"] else "off",
                each["signed_in_at"],
            )
            for each in documents
        ],
    )


@click.command()
@click.argument("name")
@click.option("--role", "role_name", required=True, help="Such as owner, operations or finance.")
@company_option
@everywhere_option
@json_option
@pass_kernel
def add(
    kernel: Kernel,
    name: str,
    role_name: str,
    company_code: str | None,
    everywhere: bool,
    as_json: bool,
) -> None:
    """Make a user and print the link by which he sets his password."""
    with kernel.db.write() as session:
        company_id = _company(session, company_code, everywhere)
        _user, secret = users_of.add_user(session, name, role_name, company_id)
    _print_link(kernel, name, secret, as_json)


@click.command()
@click.argument("name")
@click.argument("role_name", metavar="ROLE")
@click.option("--take", is_flag=True, help="Take the role away.")
@company_option
@everywhere_option
@json_option
@pass_kernel
def role(
    kernel: Kernel,
    name: str,
    role_name: str,
    take: bool,
    company_code: str | None,
    everywhere: bool,
    as_json: bool,
) -> None:
    """Give a user a role in a company, or take it away."""
    with kernel.db.write() as session:
        user = users_of.user_by_name(session, name)
        act = users_of.take_role if take else users_of.give_role
        changed = act(session, user, role_name, _company(session, company_code, everywhere))
    _done(as_json, changed)


@click.command()
@click.argument("name")
@json_option
@pass_kernel
def disable(kernel: Kernel, name: str, as_json: bool) -> None:
    """Let a user in no more; his sessions and tokens end at once."""
    with kernel.db.write() as session:
        changed = users_of.disable_user(session, users_of.user_by_name(session, name))
    _done(as_json, changed)


@click.command()
@click.argument("name")
@json_option
@pass_kernel
def enable(kernel: Kernel, name: str, as_json: bool) -> None:
    """Let a disabled user in again."""
    with kernel.db.write() as session:
        changed = users_of.enable_user(session, users_of.user_by_name(session, name))
    _done(as_json, changed)


@click.command()
@click.argument("name")
@json_option
@pass_kernel
def reset(kernel: Kernel, name: str, as_json: bool) -> None:
    """Take a user's password and second factor, and print a new link."""
    with kernel.db.write() as session:
        secret = users_of.reset_user(session, users_of.user_by_name(session, name))
    _print_link(kernel, name, secret, as_json)


@click.command("list")
@json_option
@pass_kernel
def list_tokens(kernel: Kernel, as_json: bool) -> None:
    """Show all tokens; never the tokens themselves."""
    with kernel.db.read() as session:
        documents = [
            {
                "id": token.id,
                "user": owner,
                "name": token.name,
                "prefix": f"{tokens_of.MARK}_{token.prefix}",
                "scopes": token.scopes,
                "expires_at": token.expires_at,
                "last_used_at": token.last_used_at,
                "revoked_at": token.revoked_at,
            }
            for token, owner in tokens_of.list_tokens(session)
        ]
    if as_json:
        print_json(documents)
        return
    names = ("id", "user", "name", "prefix", "expires_at", "last_used_at", "revoked_at")
    print_table(names, [[each[name] for name in names] for each in documents])


@click.command()
@click.argument("user")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="A permission of the user.")
@click.option("--days", type=int, default=tokens_of.DEFAULT_DAYS, show_default=True)
@company_option
@json_option
@pass_kernel
def make(
    kernel: Kernel,
    user: str,
    name: str,
    scopes: tuple[str, ...],
    days: int,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Make a token for a user and print it; it is never shown again."""
    with kernel.db.write() as session:
        owner = users_of.user_by_name(session, user)
        company = find_company(session, company_code)
        allowed = rights_of(session, owner.id).permissions(company.id, declared_permissions(kernel))
        token = tokens_of.make_token(
            session, owner, company.id, name, scopes, allowed=allowed, days=days
        )
    if as_json:
        print_json({"token": token})
    else:
        click.echo(token)


@click.command()
@click.argument("token_id", type=int)
@json_option
@pass_kernel
def revoke(kernel: Kernel, token_id: int, as_json: bool) -> None:
    """Revoke a token by its number."""
    with kernel.db.write() as session:
        changed = tokens_of.revoke_token(session, token_id)
    _done(as_json, changed)


def _company(session: Session, code: str | None, everywhere: bool) -> int:
    return HOUSE if everywhere else find_company(session, code).id


def _print_link(kernel: Kernel, name: str, secret: str, as_json: bool) -> None:
    config = kernel.config
    base = config.public_url or f"http://{config.host}:{config.port}"
    link = f"{base.rstrip('/')}/invitation/{secret}"
    if as_json:
        print_json({"user": name, "link": link})
    else:
        click.echo(f"{name} sets his password within three days at {link}")


def _done(as_json: bool, changed: bool) -> None:
    if as_json:
        print_json({"changed": changed})
    else:
        click.echo("Done." if changed else "It was so already.")


def _roles_text(roles: object) -> str:
    pairs = roles.items() if isinstance(roles, dict) else ()
    return ", ".join(f"{'/'.join(names)} in {code}" for code, names in pairs)
