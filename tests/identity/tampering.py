"""Ways in which somebody with all rights on the database could change the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.db import Database
from core.identity.guards import APPEND_ONLY
from core.identity.guards import create_guards
from core.identity.guards import missing_guards

Act = Callable[[Connection, Random], None]


def tamper(db: Database, act: Act, dice: Random) -> None:
    """Do it past the triggers, and leave these as they were."""
    with db.engine.begin() as connection:
        # They all lack once their tables do not; asked of an empty database they are all missing.
        for table in APPEND_ONLY:
            for kind in ("update", "delete", "truncate"):
                on = f" ON {table}" if db.dialect == "postgresql" else ""
                if f"{table}_no_{kind}" not in missing_guards(connection):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{kind}{on}")
        act(connection, dice)
        create_guards(connection)


def _run(connection: Connection, statement: str, **values: object) -> int:
    return connection.execute(sa.text(statement), values).rowcount


def _some_entry(connection: Connection, dice: Random) -> int:
    ids = connection.execute(sa.text("SELECT id FROM identity_audit ORDER BY id")).scalars().all()
    return int(dice.choice(ids))


def _positions(connection: Connection) -> tuple[int, int]:
    """Return the company with the longest chain, and its length."""
    row = connection.execute(
        sa.text(
            "SELECT company_id, max(position) FROM identity_seal GROUP BY company_id"
            " ORDER BY 2 DESC, 1 LIMIT 1"
        )
    ).one()
    return int(row[0]), int(row[1])


def change_entry(connection: Connection, dice: Random) -> None:
    """Change one column of one entry."""
    column = dice.choice(["actor", "action", "subject", "origin", "after", "request_id", "mac"])
    changed = _run(
        connection,
        f"UPDATE identity_audit SET {column} = coalesce({column}, '') || 'x' WHERE id = :id",
        id=_some_entry(connection, dice),
    )
    assert changed == 1


def move_to_another_company(connection: Connection, dice: Random) -> None:
    """Say that an act happened in another company."""
    _run(
        connection,
        "UPDATE identity_audit SET company_id = company_id + 77 WHERE id = :id",
        id=_some_entry(connection, dice),
    )


def delete_entry(connection: Connection, dice: Random) -> None:
    """Delete an entry, its seal stays."""
    _run(connection, "DELETE FROM identity_audit WHERE id = :id", id=_some_entry(connection, dice))


def delete_entry_and_seal(connection: Connection, dice: Random) -> None:
    """Delete an entry with its seal."""
    entry = _some_entry(connection, dice)
    _run(connection, "DELETE FROM identity_seal WHERE audit_id = :id", id=entry)
    _run(connection, "DELETE FROM identity_audit WHERE id = :id", id=entry)


def delete_and_close_the_gap(connection: Connection, dice: Random) -> None:
    """Delete an entry with its seal and number the later ones anew."""
    company, last = _positions(connection)
    place = dice.randint(1, last)
    entry = connection.execute(
        sa.text("SELECT audit_id FROM identity_seal WHERE company_id = :c AND position = :p"),
        {"c": company, "p": place},
    ).scalar_one()
    _run(connection, "DELETE FROM identity_seal WHERE audit_id = :id", id=entry)
    _run(connection, "DELETE FROM identity_audit WHERE id = :id", id=entry)
    for each in range(place + 1, last + 1):
        _run(
            connection,
            "UPDATE identity_seal SET position = position - 1"
            " WHERE company_id = :c AND position = :p",
            c=company,
            p=each,
        )


def insert_entry(connection: Connection, dice: Random) -> None:
    """Copy an entry under another id, as if it had happened twice."""
    columns = "company_id, at, actor_kind, actor, user_id, origin, request_id, action, subject"
    _run(
        connection,
        f"INSERT INTO identity_audit (id, {columns}, before, after, mac)"
        f" SELECT (SELECT max(id) + 1 FROM identity_audit), {columns}, before, after, mac"
        " FROM identity_audit WHERE id = :id",
        id=_some_entry(connection, dice),
    )


def insert_entry_to_be_sealed(connection: Connection, dice: Random) -> None:
    """Copy an entry and queue it, so that the sealer takes it for one of ours."""
    insert_entry(connection, dice)
    _run(
        connection,
        "INSERT INTO identity_unsealed (audit_id, company_id)"
        " SELECT id, company_id FROM identity_audit ORDER BY id DESC LIMIT 1",
    )


def exchange_entries(connection: Connection, dice: Random) -> None:
    """Exchange two entries in the chain."""
    company, last = _positions(connection)
    one, two = dice.sample(range(1, last + 1), 2)
    ids = [
        connection.execute(
            sa.text("SELECT audit_id FROM identity_seal WHERE company_id = :c AND position = :p"),
            {"c": company, "p": place},
        ).scalar_one()
        for place in (one, two)
    ]
    for place, audit_id in ((one, -1), (two, ids[0]), (one, ids[1])):
        _run(
            connection,
            "UPDATE identity_seal SET audit_id = :a WHERE company_id = :c AND position = :p",
            a=audit_id,
            c=company,
            p=place,
        )


def exchange_contents(connection: Connection, dice: Random) -> None:
    """Let two entries exchange who did it, with their proofs."""
    company, last = _positions(connection)
    rows = connection.execute(
        sa.text(
            "SELECT a.id, a.action, a.subject, a.mac FROM identity_audit a JOIN identity_seal s"
            " ON s.audit_id = a.id WHERE s.company_id = :c ORDER BY s.position"
        ),
        {"c": company},
    ).all()
    one, two = dice.sample(rows, 2)
    for target, source in ((one, two), (two, one)):
        _run(
            connection,
            "UPDATE identity_audit SET action = :a, subject = :s, mac = :m WHERE id = :id",
            a=source.action,
            s=source.subject,
            m=source.mac,
            id=target.id,
        )


def cut_the_end(connection: Connection, dice: Random) -> None:
    """Take away the latest entries with their seals, as if they had never been."""
    company, last = _positions(connection)
    place = dice.randint(1, last)
    ids = connection.execute(
        sa.text("SELECT audit_id FROM identity_seal WHERE company_id = :c AND position >= :p"),
        {"c": company, "p": place},
    ).scalars()
    for audit_id in list(ids):
        _run(connection, "DELETE FROM identity_seal WHERE audit_id = :id", id=audit_id)
        _run(connection, "DELETE FROM identity_audit WHERE id = :id", id=audit_id)


def change_seal(connection: Connection, dice: Random) -> None:
    """Write another digest into a seal."""
    company, last = _positions(connection)
    _run(
        connection,
        "UPDATE identity_seal SET digest = :d WHERE company_id = :c AND position = :p",
        d=f"{dice.getrandbits(256):064x}",
        c=company,
        p=dice.randint(1, last),
    )


def delete_everything(connection: Connection, dice: Random) -> None:
    """Empty the trail."""
    for table in ("identity_seal", "identity_unsealed", "identity_audit"):
        _run(connection, f"DELETE FROM {table}")


ACTS: tuple[Act, ...] = (
    change_entry,
    move_to_another_company,
    delete_entry,
    delete_entry_and_seal,
    delete_and_close_the_gap,
    insert_entry,
    insert_entry_to_be_sealed,
    exchange_entries,
    exchange_contents,
    cut_the_end,
    change_seal,
    delete_everything,
)
