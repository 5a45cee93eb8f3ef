"""Commands about the web application's first sign-in."""

from __future__ import annotations

import click

from core.identity import first_run
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.kernel import Kernel


def register(group: click.Group) -> None:
    """Add the commands."""
    group.add_command(admin_token)


@click.command("admin-token")
@json_option
@pass_kernel
def admin_token(kernel: Kernel, as_json: bool) -> None:
    """Give the administrator a new token; the old one and his sessions end."""
    with kernel.db.write() as session:
        token = first_run.renew_admin_token(session, kernel.config.instance)
    if as_json:
        print_json({"token": token})
    else:
        click.echo(f"Sign in with this token: {token}")
