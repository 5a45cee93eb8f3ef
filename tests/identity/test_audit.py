"""The audit trail: written with the act, sealed after it, and no tampering stays unseen."""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.identity.actor import Actor
from core.identity.actor import acting
from core.identity.audit import audit
from core.identity.models import AuditEntry
from core.identity.models import Seal
from core.identity.sealing import HEADS_FILE
from core.identity.sealing import Head
from core.identity.sealing import keep_head
from core.identity.sealing import kept_heads
from core.identity.sealing import seal
from core.identity.verifying import Verdict
from core.identity.verifying import verify_trail
from core.kernel.kernel import Kernel
from tests.identity.tampering import ACTS
from tests.identity.tampering import Act
from tests.identity.tampering import cut_the_end
from tests.identity.tampering import tamper

ENTRIES = 40
ROUNDS = 50
FULL_ROUNDS = 1000
ANN = Actor("user", "ann", 7, 3, frozenset(), "192.0.2.1", "abc123")


def write(kernel: Kernel, count: int, companies: int = 2) -> None:
    """Write entries of several companies."""
    with kernel.db.write() as session:
        for number in range(count):
            audit(
                session,
                f"thing.changed{number % 3}",
                f"thing:{number}",
                before={"n": number},
                after={"n": number + 1, "名": "值"},
                company_id=number % companies,
            )


def verdict(kernel: Kernel, *known: Head) -> Verdict:
    """Verify the trail."""
    with kernel.db.read() as session:
        return verify_trail(session, kernel.config.instance, known)


def test_entry_tells_who_did_what_from_where(kernel: Kernel) -> None:
    with kernel.db.write() as session, acting(ANN):
        entry_id = audit(session, "order.held", "order:5", before={"held": False}, after={"x": 1})

    with kernel.db.read() as session:
        row = session.get_one(AuditEntry, entry_id)
        told = (row.actor, row.user_id, row.company_id, row.origin, row.request_id, row.subject)
        assert told == ("ann", 7, 3, "192.0.2.1", "abc123", "order:5")
        assert (row.before, row.after) == ('{"held": false}', '{"x": 1}')


def test_entry_goes_with_the_transaction(kernel: Kernel) -> None:
    def act() -> None:
        with kernel.db.write() as session:
            audit(session, "order.held", "order:5")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()

    with kernel.db.read() as session:
        query = sa.select(AuditEntry.id).where(AuditEntry.action == "order.held")
        assert session.scalars(query).all() == []


@pytest.mark.parametrize("name", ["password", "client_secret", "api_key", "Authorization"])
def test_secret_is_refused_by_its_name(kernel: Kernel, name: str) -> None:
    with pytest.raises(ValueError, match=name), kernel.db.write() as session:
        audit(session, "x", "y", after={name: "z"})


def test_sealed_trail_holds_and_sealing_again_adds_nothing(kernel: Kernel) -> None:
    before = verdict(kernel).entries
    write(kernel, ENTRIES)

    first, second = seal(kernel.db), seal(kernel.db)

    found = verdict(kernel)
    assert (first, second) == (ENTRIES, 0)
    assert (found.holds, found.entries, found.waiting) == (True, before + ENTRIES, 0)
    assert {(head.company_id, head.position) for head in found.heads} == {
        (head.company_id, head.position) for head in kept_heads(kernel.config.instance)
    }


def test_waiting_entries_are_counted_and_no_flaw(kernel: Kernel) -> None:
    before = verdict(kernel).entries
    write(kernel, 3)

    found = verdict(kernel)

    assert (found.holds, found.entries, found.waiting) == (True, before, 3)


@pytest.mark.parametrize("table", ["identity_audit", "identity_seal"])
@pytest.mark.parametrize("act", ["UPDATE {} SET company_id = 9", "DELETE FROM {}"])
def test_database_refuses_changes(kernel: Kernel, table: str, act: str) -> None:
    seal(kernel.db)

    with pytest.raises(DBAPIError, match="append-only"), kernel.db.write() as session:
        session.execute(sa.text(act.format(table)))


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_each_kind_of_tampering_is_found(kernel: Kernel, act: Act) -> None:
    write(kernel, ENTRIES)
    seal(kernel.db)

    tamper(kernel.db, act, Random(5))

    found = verdict(kernel)
    assert not found.holds
    assert all(flaw.position or flaw.entry_id for flaw in found.flaws)


def test_first_bad_entry_is_named(kernel: Kernel) -> None:
    write(kernel, ENTRIES, companies=1)
    seal(kernel.db)
    with kernel.db.read() as session:
        bad = session.scalars(sa.select(Seal.audit_id).where(Seal.position.in_([9, 20]))).all()

    def change_two(connection: sa.Connection, _dice: Random) -> None:
        for entry_id in bad:
            connection.execute(
                sa.text("UPDATE identity_audit SET actor = 'x' WHERE id = :i"), {"i": entry_id}
            )

    tamper(kernel.db, change_two, Random(1))

    (flaw,) = verdict(kernel).flaws
    assert (flaw.position, flaw.entry_id) == (9, min(bad))
    assert "was changed" in flaw.reason


def test_cut_end_is_still_found_after_more_was_sealed(
    kernel: Kernel, caplog: pytest.LogCaptureFixture
) -> None:
    write(kernel, ENTRIES, companies=1)
    seal(kernel.db)
    tamper(kernel.db, cut_the_end, Random(3))

    write(kernel, 1, companies=1)
    seal(kernel.db)

    assert not verdict(kernel).holds
    assert "it had reached" in caplog.text


def test_cut_end_is_still_found_after_more_was_sealed_than_was_cut(kernel: Kernel) -> None:
    write(kernel, ENTRIES, companies=1)
    seal(kernel.db)
    tamper(kernel.db, cut_the_end, Random(3))

    write(kernel, 2 * ENTRIES, companies=1)
    seal(kernel.db)

    assert not verdict(kernel).holds


def test_a_sealer_that_was_overtaken_changes_nothing(
    kernel: Kernel, caplog: pytest.LogCaptureFixture
) -> None:
    write(kernel, ENTRIES, companies=1)
    seal(kernel.db)
    kept = kept_heads(kernel.config.instance)
    with kernel.db.read() as session:
        earlier = session.get_one(Seal, (0, kept[-1].position - 1))

    keep_head(kernel.db, Head(0, earlier.position, earlier.digest, kept[-1].day))

    assert kept_heads(kernel.config.instance) == kept
    assert "it had reached" not in caplog.text


def test_sealers_of_several_processes_keep_every_head(kernel: Kernel) -> None:
    def work(company_id: int) -> None:
        for _ in range(5):
            with kernel.db.write() as session:
                audit(session, "thing.made", "thing:1", company_id=company_id)
            seal(kernel.db)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, (101, 102, 103)))

    heads = {each.company_id: each.position for each in kept_heads(kernel.config.instance)}
    assert [heads.get(company_id) for company_id in (101, 102, 103)] == [5, 5, 5]
    assert verdict(kernel).holds


def test_head_from_the_log_finds_what_the_lost_file_would_have(kernel: Kernel) -> None:
    write(kernel, ENTRIES, companies=1)
    seal(kernel.db)
    heads = kept_heads(kernel.config.instance)
    (kernel.config.instance / HEADS_FILE).unlink()
    tamper(kernel.db, cut_the_end, Random(3))

    assert verdict(kernel).holds
    assert not verdict(kernel, *heads).holds


def test_daily_head_is_told_to_the_log_once(
    kernel: Kernel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with kernel.db.write() as session:
        audit(session, "thing.made", "thing:1", company_id=5)
    for _ in range(3):
        seal(kernel.db)
        with kernel.db.write() as session:
            audit(session, "thing.changed", "thing:1", company_id=5)

    told = re.findall(r"audit head (\{.*\})", caplog.text)
    kept = [head for head in kept_heads(kernel.config.instance) if head.company_id == 5]
    assert [json.loads(each)["company_id"] for each in told] == [5]
    assert [head.position for head in kept] == [3]


def test_random_tamperings_are_all_found(kernel: Kernel) -> None:
    _find_all(kernel, ROUNDS)


@pytest.mark.soak
def test_a_thousand_tamperings_are_all_found(kernel: Kernel) -> None:
    _find_all(kernel, FULL_ROUNDS)


def _find_all(kernel: Kernel, rounds: int) -> None:
    """Tamper in random ways, each on the untouched trail, and count what was found."""
    write(kernel, ENTRIES)
    seal(kernel.db)
    saved, heads = _contents(kernel), (kernel.config.instance / HEADS_FILE).read_text()
    dice = Random(20261122)
    found: Counter[str] = Counter()
    for _ in range(rounds):
        act = dice.choice(ACTS)
        tamper(kernel.db, act, dice)
        if dice.random() < 0.3:
            seal(kernel.db)
        found[act.__name__] += not verdict(kernel).holds
        _put_back(kernel, saved, heads)
    assert found.total() == rounds
    assert verdict(kernel).holds


TABLES = ("identity_audit", "identity_seal", "identity_unsealed")


def _contents(kernel: Kernel) -> dict[str, list[dict[str, object]]]:
    with kernel.db.read() as session:
        return {table: _rows(session, table) for table in TABLES}


def _rows(session: Session, table: str) -> list[dict[str, object]]:
    return [dict(row) for row in session.execute(sa.text(f"SELECT * FROM {table}")).mappings()]


def _put_back(kernel: Kernel, saved: dict[str, list[dict[str, object]]], heads: str) -> None:
    def put(connection: sa.Connection, _dice: Random) -> None:
        for table, rows in saved.items():
            connection.execute(sa.text(f"DELETE FROM {table}"))
            if rows:
                names = list(rows[0])
                marks = ", ".join(f":{name}" for name in names)
                connection.execute(
                    sa.text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"), rows
                )

    tamper(kernel.db, put, Random(0))
    (kernel.config.instance / HEADS_FILE).write_text(heads)
