"""Commands for the keys and secrets of the installation."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import click
import sqlalchemy as sa

from core.identity.actor import HOUSE
from core.identity.audit import audit
from core.kernel import connection_states
from core.kernel import keys
from core.kernel import resealing
from core.kernel import secrets
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.kernel.models import Connection
from core.kernel.secrets import Lost


def register(group: click.Group) -> None:
    """Add the commands."""
    kept = subgroup(group, "secrets", "Keys, and the secrets that they encrypt.")
    kept.add_command(rotate)
    kept.add_command(doctor)


@dataclass(frozen=True)
class Rotation:
    """What a rotation did."""

    key: str
    encrypted: int
    sealed: int
    keys: list[str]
    forgotten: list[str]


@click.command()
@click.option("--forget", is_flag=True, help="Drop the keys that no stored secret needs any more.")
@json_option
@pass_kernel
def rotate(kernel: Kernel, forget: bool, as_json: bool) -> None:
    """Make a new key and encrypt every secret with it; old keys stay, for older backups.

    With keys in ENTREPOT_SECRET_KEYS, put a new one in front there first.
    """
    done = rotate_keys(kernel, forget=forget)
    if as_json:
        print_json(vars(done))
        return
    click.echo(f"Key {done.key}: {done.encrypted} secrets encrypted anew.")
    if done.sealed:
        click.echo(f"Personal data of {done.sealed} rows encrypted anew.")
    if done.forgotten:
        click.echo(f"Forgotten: {', '.join(done.forgotten)}.")


@click.command()
@json_option
@pass_kernel
def doctor(kernel: Kernel, as_json: bool) -> None:
    """Try to read every secret; ends with 1 when one cannot be read.

    The connections that need such a secret are marked `needs_credentials`; all others go on.
    """
    with kernel.db.write() as session:
        lost = connection_states.mark_lost(session)
        rows = session.execute(sa.select(Connection.id, Connection.label))
        labels = {row.id: row.label for row in rows}
        needed = secrets.used_keys(session)
    held = keys.load_keys(kernel.config).ids
    if as_json:
        print_json(
            {
                "keys": list(held),
                "missing_keys": sorted(needed - set(held)),
                "lost": [_document(each, labels) for each in lost],
            }
        )
    else:
        click.echo(f"Keys: {', '.join(held) or 'none'}.")
        for each in lost:
            where = labels.get(each.scope.connection_id, "whole installation")
            click.echo(f"{each.scope.addon}, {where}, {each.field}: {each.reason}")
        click.echo(f"{len(lost)} secrets cannot be read." if lost else "Every secret can be read.")
    if lost:
        sys.exit(1)


def rotate_keys(kernel: Kernel, *, forget: bool = False) -> Rotation:
    """Make a new key, encrypt every readable secret with it and say what was done."""
    keyring = keys.load_keys(kernel.config)
    if not kernel.config.secret_keys:
        # On disk before anything is encrypted with it, so that a crash leaves all readable.
        keyring = keys.replace_keys(kernel.config, [keys.new_key(), *keyring.keys])
    with kernel.db.write() as session:
        encrypted = secrets.encrypt_anew(session, kernel.config)
        after = {"encrypted": encrypted, "key": keyring.newest}
        audit(session, "secrets.rotated", "installation", after=after, company_id=HOUSE)
    sealed = resealing.seal_all_anew(kernel.db, keys.load_keys(kernel.config))
    forgotten = _forget(kernel) if forget and not kernel.config.secret_keys else []
    held = keys.load_keys(kernel.config).ids
    return Rotation(keyring.newest, encrypted, sealed, list(held), forgotten)


def _forget(kernel: Kernel) -> list[str]:
    keyring = keys.load_keys(kernel.config)
    # Held while the file changes: a secret stored meanwhile would need a key that is going.
    with kernel.db.write() as session:
        needed = {*secrets.used_keys(session), keyring.newest}
        left = [key for key in keyring.keys if keys.key_id(key) in needed]
        keys.replace_keys(kernel.config, left)
    return [held for held in keyring.ids if held not in needed]


def _document(lost: Lost, labels: dict[int, str]) -> dict[str, object]:
    return {
        "addon": lost.scope.addon,
        "connection": labels.get(lost.scope.connection_id),
        "field": lost.field,
        "reason": lost.reason,
    }
