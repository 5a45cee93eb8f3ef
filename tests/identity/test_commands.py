"""The commands about users, tokens and the audit trail."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from click.testing import CliRunner

from core.cli import build
from core.identity.actor import OPERATOR
from core.identity.actor import current_actor
from core.kernel.kernel import Kernel
from tests.identity.tampering import change_entry
from tests.identity.tampering import tamper


def run(kernel: Kernel, *arguments: str, code: int = 0) -> str:
    """Run a command and return what it printed."""
    result = CliRunner().invoke(build(), [*arguments], obj=kernel.config)
    assert result.exit_code == code, result.output
    return result.output


def answer(kernel: Kernel, *arguments: str) -> Any:
    """Run a command with --json and return its document."""
    return json.loads(run(kernel, *arguments, "--json"))


def test_user_from_the_first_link_to_the_end(kernel: Kernel) -> None:
    made = answer(kernel, "users", "add", "Ann@example.com", "--role", "finance")
    role = ("users", "role", "ann@example.com", "support")

    assert "/invitation/" in made["link"]
    assert [answer(kernel, *role)["changed"] for _ in range(2)] == [True, False]
    assert answer(kernel, *role, "--take")["changed"] is True
    assert answer(kernel, "users", "disable", "ann@example.com")["changed"] is True
    found = {each["name"]: each for each in answer(kernel, "users", "list")}
    assert found["ann@example.com"]["state"] == "disabled"
    assert found["ann@example.com"]["roles"] == {"shop": ["finance"]}
    assert found["admin"]["roles"] == {"*": ["owner"]}
    assert answer(kernel, "users", "enable", "ann@example.com")["changed"] is True
    assert answer(kernel, "users", "reset", "ann@example.com")["link"] != made["link"]


def test_bad_input_is_refused_in_words(kernel: Kernel) -> None:
    assert "not a role" in run(kernel, "users", "add", "ann", "--role", "boss", code=2)
    assert "cannot be a user's name" in run(
        kernel, "users", "add", "a b", "--role", "owner", code=2
    )
    assert "no user 'nobody'" in run(kernel, "users", "disable", "nobody", code=2)
    assert "Nobody else owns" in run(kernel, "users", "disable", "admin", code=2)


def test_token_is_printed_once_and_revoked(kernel: Kernel) -> None:
    made = answer(kernel, "tokens", "make", "admin", "robot", "--scope", "orders.view")["token"]

    (listed,) = answer(kernel, "tokens", "list")
    assert made.startswith(listed["prefix"])
    assert made not in json.dumps(listed)
    number = str(listed["id"])
    assert [answer(kernel, "tokens", "revoke", number)["changed"] for _ in range(2)] == [
        True,
        False,
    ]
    beyond = ("tokens", "make", "admin", "more", "--scope", "kernel.all")
    assert "not among its owner's" in run(kernel, *beyond, code=2)


def test_trail_is_listed_exported_and_verified(kernel: Kernel) -> None:
    run(kernel, "users", "add", "ann", "--role", "finance")

    listed = answer(kernel, "audit", "list", "--action", "user.")
    exported = [json.loads(line) for line in run(kernel, "audit", "export").splitlines()]
    verdict = answer(kernel, "audit", "verify")

    assert [each["action"] for each in listed][:3] == [
        "user.invited",
        "user.role_given",
        "user.added",
    ]
    assert {each["origin"] for each in listed[:3]} == {"command line"}
    assert verdict["holds"] is True
    assert len(exported) == verdict["entries"]
    assert current_actor() is OPERATOR


def test_verify_ends_with_one_and_names_the_entry(kernel: Kernel) -> None:
    tamper(kernel.db, change_entry, Random(2))

    said = run(kernel, "audit", "verify", code=1)

    assert "was changed" in said
    assert "entry" in said
    assert "is not a head" in run(kernel, "audit", "verify", "--head", "x", code=2)
