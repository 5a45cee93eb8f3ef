"""A sender that is killed at any moment: nothing is missing, and nothing harmful is done twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter

import pytest

from core.outbox.declaring import OutboxItem
from core.outbox.sending import send_waiting
from tests.outbox.conftest import Outbox

TARGETS = 5


def dawdle(_item: OutboxItem) -> None:
    """Take a moment, so that kills hit on both sides of the effect."""
    time.sleep(0.002)


def send_until_killed(outbox: Outbox, moment: float) -> bool:
    """Let a child process send, kill it after some time, and say whether that hit it at work."""
    outbox.kernel.db.dispose()
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ready)
        try:
            outbox.kernel.db.engine.dispose(close=False)
            outbox.states()
            os.write(told, b".")
            while True:
                send_waiting(outbox.kernel, outbox.connection)
                time.sleep(0.001)
        finally:
            os._exit(1)
    os.close(told)  # so that a child which dies before it is ready is heard
    assert os.read(ready, 1) == b"."
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    # As if the lease had run out meanwhile.
    outbox.change("UPDATE kernel_lease SET holder = NULL, expires_at = NULL, renewed_at = NULL")
    return "sending" in outbox.states()


def ordeal(outbox: Outbox, kills: int) -> int:
    """Kill a sender again and again while effects are put; return how often it was at work."""
    rng = random.Random(815)
    outbox.platform.before = outbox.platform.after = dawdle
    hits, labels = 0, 0
    versions: Counter[str] = Counter()
    longest = 0.0
    for _ in range(kills + 1):
        for _ in range(3):
            target = f"SKU-{rng.randrange(TARGETS)}"
            versions[target] += 1
            outbox.put("stock.push", target, versions[target])
        for _ in range(2):
            labels += 1
            outbox.put("label.buy", f"P-{labels}", 1)
        if longest:
            hits += send_until_killed(outbox, rng.uniform(0, longest))
        else:
            # How long it takes undisturbed, on this machine and beside whatever else runs there.
            began = time.monotonic()
            send_waiting(outbox.kernel, outbox.connection)
            longest = 1.5 * (time.monotonic() - began)
    outbox.change("UPDATE outbox_effect SET due_at = created_at")
    send_waiting(outbox.kernel, outbox.connection)

    assert set(outbox.states()) <= {"sent", "confirmed", "superseded"}
    lines = outbox.platform.lines()
    bought = Counter(key for operation, _t, _v, key in lines if operation == "label.buy")
    assert (len(bought), set(bought.values())) == (labels, {1})
    for target, newest in versions.items():
        told = [int(version) for _o, each, version, _k in lines if each == target]
        assert told == sorted(told)
        assert told[-1] == newest
    return hits


def test_kills_leave_nothing_missing_and_nothing_doubled(outbox: Outbox) -> None:
    assert ordeal(outbox, kills=25) > 0


@pytest.mark.soak
def test_a_thousand_kills_leave_nothing_missing_and_nothing_doubled(outbox: Outbox) -> None:
    hits = ordeal(outbox, kills=1000)

    print(f"1000 kills, {hits} in the midst of an effect: 0 missing, 0 doubled")
    assert hits > 100
