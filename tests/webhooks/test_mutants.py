"""Webhooks that were tampered with: not one is accepted.

Each mutant comes from a message that is accepted as it is. In the suite some hundreds, at full
count more than ten thousand on each engine (`-m soak`).
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import random
import time
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from core.webhooks.declaring import Webhooks
from core.webhooks.refusals import refusals
from core.webhooks.signatures import BodySignature
from core.webhooks.signatures import StampedSignature
from core.webhooks.signatures import hmac_text
from tests.webhooks.conftest import OURS
from tests.webhooks.conftest import THEIRS
from tests.webhooks.conftest import Post

Delivery = tuple[bytes, dict[str, str]]
Sign = Callable[[bytes, str, int], dict[str, str]]


def body_base64(body: bytes, secret: str, _now: int) -> dict[str, str]:
    return {"X-Sig": hmac_text(secret, body, "base64")}


def body_hex(body: bytes, secret: str, _now: int) -> dict[str, str]:
    return {"X-Sig": "sha256=" + hmac_text(secret, body, "hex")}


def stamped(body: bytes, secret: str, now: int) -> dict[str, str]:
    signature = hmac_text(secret, f"{now}.".encode() + body, "hex")
    return {"X-Sig": f"t={now},v1={signature}"}


def stamped_apart(body: bytes, secret: str, now: int) -> dict[str, str]:
    signature = hmac_text(secret, f"{now}".encode() + body, "base64")
    return {"X-Sig": signature, "X-Time": str(now)}


SCHEMES: dict[str, tuple[object, Sign]] = {
    "base64": (BodySignature("X-Sig"), body_base64),
    "hex": (BodySignature("X-Sig", "hex", "sha256="), body_hex),
    "stamped": (StampedSignature("X-Sig"), stamped),
    "stamped_apart": (StampedSignature("X-Sig", "X-Time", "base64", ""), stamped_apart),
}


def bodies(rng: random.Random, count: int) -> list[bytes]:
    """Return bodies as platforms send them."""
    made = []
    for number in range(count):
        size = rng.choice((1, 20, 200))
        text = "".join(rng.choice('aé中 "\\/<0\n') for _ in range(size))
        made.append(json.dumps({"event": f"M{number}", "note": text}).encode())
    return made


def flipped(data: bytes, bit: int) -> bytes:
    """Return the bytes with one bit turned."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def body_mutants(body: bytes, bits: list[int]) -> Iterator[bytes]:
    """Yield the body with single bits flipped, and in other forms."""
    for bit in bits:
        yield flipped(body, bit)
    yield body + b"\n"
    yield b" " + body
    yield body[:-1]
    yield b""
    yield body * 2
    yield b"\xef\xbb\xbf" + body
    yield body.decode().encode("utf-16")
    yield gzip.compress(body, mtime=0)
    yield json.dumps(json.loads(body), indent=1).encode()
    yield body.replace(b'"event"', b'"Event"')


def header_mutants(
    headers: dict[str, str], sign: Sign, body: bytes, now: int, rng: random.Random
) -> Iterator[dict[str, str]]:
    """Yield headers that do not sign the body as it is, or not so."""
    value = headers["X-Sig"]
    start = value.index("=") + 1 if value.startswith(("sha256=", "t=")) else 0
    yield {}
    for other in ("", "null", "sha256=", "t=", ",", "v1=", "=" * 44, "0" * 64, "A" * 5000):
        yield {**headers, "X-Sig": other}
    yield {**headers, "X-Sig": value[:-1]}
    yield {**headers, "X-Sig": value + "A"}
    yield {**headers, "X-Sig": value.swapcase()}
    yield {**headers, "X-Sig": value[:start] + " " + value[start:]}
    yield {**headers, "X-Sig": f"{value}, {value}" if start != 2 else f"{value},t={now}"}
    yield {"X-Signature": value}
    places = rng.sample(range(start, len(value)), 6)
    for place in places:
        wrong = "b" if value[place] != "b" else "c"
        yield {**headers, "X-Sig": value[:place] + wrong + value[place + 1 :]}
    yield sign(body, THEIRS, now)
    yield sign(body, "", now)
    yield sign(body, OURS + " ", now)
    yield sign(body + b" ", OURS, now)
    digest = hmac_text(OURS, body, "hex", algorithm="sha1")
    yield {**headers, "X-Sig": digest}
    yield {**headers, "X-Sig": base64.b64encode(value.encode()).decode()}


def stamp_mutants(sign: Sign, body: bytes, now: int) -> Iterator[dict[str, str]]:
    """Yield signatures of another moment, and moments that are not the signed one."""
    for seconds in (-86400, -600, -330, 600, 900, 86400, -now, 10**11):
        yield sign(body, OURS, now + seconds)
    good = sign(body, OURS, now)
    for text in (str(now + 1), f"+{now}", f"{now}.0", f"0{now}", f"{now} ", "", "now", "１７"):
        if "X-Time" in good:
            yield {**good, "X-Time": text.encode().decode("latin-1")}
        else:
            changed = good["X-Sig"].replace(f"t={now}", f"t={text}")
            yield {**good, "X-Sig": changed.encode().decode("latin-1")}


def mutants(
    scheme: str, sign: Sign, count: int, bits_each: int | None, rng: random.Random
) -> Iterator[Delivery]:
    """Yield everything that is done to some messages."""
    for body in bodies(rng, count):
        now = int(time.time())
        headers = sign(body, OURS, now)
        every = range(len(body) * 8)
        bits = list(every) if bits_each is None else rng.sample(every, min(bits_each, len(every)))
        for changed in body_mutants(body, bits):
            if changed != body:
                yield changed, headers
        for changed_headers in header_mutants(headers, sign, body, now, rng):
            yield body, changed_headers
        if scheme.startswith("stamped"):
            for changed_headers in stamp_mutants(sign, body, now):
                yield body, changed_headers


def attack(post: Post, count: int, bits_each: int | None) -> int:
    """Deliver every mutant of every scheme and return how many there were."""
    addon, rng, tried = post.kernel.addon("vendor"), random.Random(4711), 0
    declared: Webhooks = type(addon).webhooks
    client = post.client
    address = f"/hooks/vendor/{post.ours.id}"
    for scheme, (verifier, sign) in SCHEMES.items():
        addon.webhooks = dataclasses.replace(declared, verifier=verifier)
        for body, headers in mutants(scheme, sign, count, bits_each, rng):
            status = client.post(address, data=body, headers=headers).status_code
            assert status == 401, (scheme, body, headers)
            tried += 1
        assert post.count("webhooks_message") == post.count("kernel_job") == 0
        # The very same message, untouched, is accepted: it was the change that was refused.
        good = bodies(rng, 1)[0]
        for body, headers in [(good, sign(good, OURS, int(time.time())))] * 2:
            assert client.post(address, data=body, headers=headers).status_code == 200
        elsewhere = f"/hooks/vendor/{post.theirs.id}"
        headers = sign(good, OURS, int(time.time()))
        assert client.post(elsewhere, data=good, headers=headers).status_code == 401
        with post.kernel.db.write() as session:
            for table in ("webhooks_message", "kernel_job"):
                from sqlalchemy import text

                session.execute(text(f"DELETE FROM {table}"))
    refusals.flush(post.kernel.db)
    return tried


def test_no_mutant_is_accepted(post: Post) -> None:
    assert attack(post, count=1, bits_each=12) > 200


@pytest.mark.soak
def test_no_mutant_of_ten_thousand_is_accepted(post: Post) -> None:
    tried = attack(post, count=50, bits_each=30)

    print(f"{tried} mutants, 0 accepted")
    assert tried >= 10_000


def test_a_replay_of_an_old_message_is_refused_by_its_stamp(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core import clock

    addon = post.kernel.addon("vendor")
    addon.webhooks = dataclasses.replace(type(addon).webhooks, verifier=StampedSignature("X-Sig"))
    body = b'{"event": "E1"}'
    headers = stamped(body, OURS, int(time.time()))
    address = f"/hooks/vendor/{post.ours.id}"

    statuses = [post.client.post(address, data=body, headers=headers).status_code]
    statuses += [post.client.post(address, data=body, headers=headers).status_code]
    from datetime import timedelta

    later = clock.now() + timedelta(seconds=302)
    monkeypatch.setattr(clock, "now", lambda: later)
    statuses += [post.client.post(address, data=body, headers=headers).status_code]

    assert statuses == [200, 200, 401]
    assert post.count("webhooks_message") == 1


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "text/plain",
    ],
)
def test_the_raw_bytes_are_what_is_signed_whatever_they_are_called(post: Post, kind: str) -> None:
    addon = post.kernel.addon("vendor")
    addon.webhooks = dataclasses.replace(type(addon).webhooks, verifier=BodySignature("X-Sig"))
    for number, body in enumerate((b"a=1&b=%00", b"\x00\xff\xfe", b'{"event": "E1"}')):
        headers = {**body_base64(body, OURS, 0), "Content-Type": kind}
        for prefix, expected in ((b"", 200), (b"\x00", 401)):
            answer = post.client.post(
                f"/hooks/vendor/{post.ours.id}", data=prefix + body, headers=headers
            )
            assert answer.status_code == expected, (number, prefix)


def test_a_packed_body_is_not_unpacked(post: Post) -> None:
    addon = post.kernel.addon("vendor")
    addon.webhooks = dataclasses.replace(type(addon).webhooks, verifier=BodySignature("X-Sig"))
    body = b'{"event": "E1"}'
    headers = {**body_base64(body, OURS, 0), "Content-Encoding": "gzip"}

    answer = post.client.post(
        f"/hooks/vendor/{post.ours.id}", data=gzip.compress(body), headers=headers
    )

    assert answer.status_code == 401
