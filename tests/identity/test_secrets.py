"""Passwords and codes of the second factor."""

from __future__ import annotations

import base64
from datetime import UTC
from datetime import datetime

import pytest

from core.errors import InputError
from core.identity import totp
from core.identity.passwords import PROFILES
from core.identity.passwords import hash_password
from core.identity.passwords import is_password
from core.identity.passwords import require_good

# RFC 6238, appendix B: the last six of its eight digits.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_CODES = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, seconds // 30) == code


def test_code_counts_a_step_before_and_after_but_once() -> None:
    moment = datetime.fromtimestamp(1111111109, UTC)
    now = totp.step_of(moment)
    codes = {step: totp.code_at(RFC_SECRET, step) for step in range(now - 2, now + 3)}

    found = {s: totp.matching_step(RFC_SECRET, code, moment, 0) for s, code in codes.items()}

    assert found == {now - 2: None, now - 1: now - 1, now: now, now + 1: now + 1, now + 2: None}
    assert totp.matching_step(RFC_SECRET, codes[now], moment, now) is None


def test_recovery_codes_differ() -> None:
    codes = totp.new_recovery_codes()

    assert len(set(codes)) == totp.RECOVERY_CODES
    assert all(len(code) == 17 for code in codes)


def test_password_is_known_by_its_hash_and_by_no_other() -> None:
    one, two = hash_password("four plain words here"), hash_password("four plain words here")

    assert one != two, "each has a salt of its own"
    assert "four" not in one
    assert is_password("four plain words here", one)
    assert not is_password("four plain words hare", one)
    assert not is_password("four plain words here", None)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "at least 12"),
        ("x" * 1025, "at most 1024"),
        ("password1234", "easy to guess"),
        ("anna.example1", "easy to guess"),
        ("ababababababab", "too few characters"),
    ],
)
def test_weak_password_is_refused_with_the_reason(password: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        require_good(password, "anna.example", PROFILES["plain"])


def test_profiles_differ_in_the_kinds_of_characters() -> None:
    require_good("four plain words here", "anna", PROFILES["plain"])
    require_good("Four plain words, 4 here", "anna", PROFILES["marketplace"])

    with pytest.raises(InputError, match="upper case"):
        require_good("four plain words here", "anna", PROFILES["marketplace"])
