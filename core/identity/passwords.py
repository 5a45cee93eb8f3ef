"""Passwords: hashed by scrypt, judged by a profile.

The profile `plain` follows OWASP ASVS 6.2: length and a list of known passwords, no rules of
composition, no forced change. `marketplace` asks for four kinds of characters beside the length, as
Amazon's data protection policy 1.4 does; the yearly change of that policy is not enforced.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from base64 import b64decode
from base64 import b64encode
from dataclasses import dataclass

from core.errors import InputError

# One of the settings of OWASP's password storage cheat sheet; it takes 32 MB for a moment.
COST, BLOCK, PARALLEL = 2**15, 8, 3
MEMORY = 64 * 1024 * 1024
MAX_LENGTH = 1024

COMMON = frozenset(
    "password passwort 12345678 123456789 1234567890 qwertyuiop qwerty123 iloveyou letmein1"
    " administrator admin123 welcome1 entrepot changeme sunshine princess football baseball"
    " superman trustno1 passw0rd 11111111 00000000 88888888 66666666 1qaz2wsx q1w2e3r4".split()
)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a password must be."""

    name: str
    min_length: int
    classes: int


PROFILES = {
    "plain": Profile("plain", 12, 0),
    "marketplace": Profile("marketplace", 12, 4),
}


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    salt = secrets.token_bytes(16)
    parts = (str(COST), str(BLOCK), str(PARALLEL), _b64(salt), _b64(_derive(password, salt)))
    return "scrypt$" + "$".join(parts)


def is_password(password: str, kept: str | None) -> bool:
    """Say whether it is the password; where nothing is kept it takes as long to say no."""
    if kept is None:
        _derive(password[:MAX_LENGTH], b"nobody's salt...")
        return False
    _, cost, block, parallel, salt, digest = kept.split("$")
    found = _derive(password[:MAX_LENGTH], b64decode(salt), (int(cost), int(block), int(parallel)))
    return hmac.compare_digest(found, b64decode(digest))


def require_good(password: str, user: str, profile: Profile) -> None:
    """Refuse a password that the profile does not allow.

    Raises: InputError saying what to change.
    """
    wrong = _weakness(password, user, profile)
    if wrong:
        raise InputError(wrong, where="password", hint="A sentence of four or more words is good.")


def _weakness(password: str, user: str, profile: Profile) -> str:
    if len(password) < profile.min_length:
        return f"It needs at least {profile.min_length} characters."
    if len(password) > MAX_LENGTH:
        return f"It may have at most {MAX_LENGTH} characters."
    plain = password.lower()
    if any(word in plain and len(word) * 2 > len(plain) for word in (*COMMON, user.lower())):
        return "It is too easy to guess."
    if len(set(plain)) < 5:
        return "It repeats too few characters."
    if _classes(password) < profile.classes:
        return "It needs lower case, upper case, a digit and a sign."
    return ""


def _classes(password: str) -> int:
    kinds = (str.islower, str.isupper, str.isdigit, lambda sign: sign in string.punctuation)
    return sum(any(kind(sign) for sign in password) for kind in kinds)


def _derive(
    password: str, salt: bytes, costs: tuple[int, int, int] = (COST, BLOCK, PARALLEL)
) -> bytes:
    cost, block, parallel = costs
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=MEMORY, dklen=32
    )


def _b64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
