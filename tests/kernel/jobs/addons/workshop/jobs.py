"""Jobs that succeed, fail, hang, and take their process down."""

from __future__ import annotations

import os
import signal
import time

import sqlalchemy as sa

from core.api import AuthFailed
from core.api import JobContext
from core.api import RateLimited
from core.api import job


def count(session, key: int) -> None:
    """Count an effect; nothing here keeps it from being counted twice."""
    session.execute(
        sa.text("UPDATE workshop__effect SET times = times + 1 WHERE id = :id"), {"id": key}
    )


@job(timeout="30s")
def effect(context: JobContext) -> None:
    """Count once, whatever happens: the effect and the end of the job are one transaction."""
    time.sleep(context.args.get("seconds", 0))
    with context.kernel.db.write() as session:
        count(session, context.args["key"])
        context.finish(session)


@job(timeout="2m")
def slow_effect(context: JobContext) -> None:
    """Count what was begun, then wait for a sign, then write only if the job is still ours."""
    with context.kernel.db.write() as session:
        count(session, context.args["begun"])
    deadline = time.monotonic() + context.args["seconds"]
    while time.monotonic() < deadline:
        time.sleep(0.05)
    with context.kernel.db.write() as session:
        context.fence(session)
        count(session, context.args["ended"])


@job()
def answer(context: JobContext) -> dict:
    """Return what it was asked."""
    return {"attempt": context.attempt, **context.args}


@job(max_attempts=3)
def fail(context: JobContext) -> None:
    """Fail always."""
    raise ValueError(f"no luck with {context.args.get('what', 'this')}")


@job()
def leave(context: JobContext) -> None:
    """Raise what ends a program."""
    raise SystemExit(3)


@job()
def poison(context: JobContext) -> None:
    """Take the process down, as a fault in a C library would."""
    os.kill(os.getpid(), signal.SIGKILL)


@job(timeout="1s", max_attempts=1)
def hang(context: JobContext) -> None:
    """Never come back."""
    while True:
        pass


@job()
def stubborn(context: JobContext) -> None:
    """Go on although asked to stop."""
    while True:
        time.sleep(0.05)


@job()
def polite(context: JobContext) -> str:
    """Work until asked to stop."""
    done = 0
    while not context.cancelled():
        done += 1
        context.progress(done, 1000, "at it")
        time.sleep(0.05)
    return "stopped"


@job(lock="bench:{connection}")
def locked(context: JobContext) -> dict:
    """Work for a while, alone."""
    began = time.time()
    time.sleep(0.3)
    return {"began": began, "ended": time.time()}


@job()
def throttled(context: JobContext) -> None:
    """Be told to wait."""
    raise RateLimited("Too many calls.", retry_after=120)


@job()
def refused(context: JobContext) -> None:
    """Be refused by the platform."""
    raise AuthFailed("The token was revoked.")


@job(every="15m", per_connection=True, unique_while="running")
def poll(context: JobContext) -> dict:
    """What is done for each connection by itself."""
    return {"connection": context.connection_id}


@job(cron="0 6 * * *")
def daily(context: JobContext) -> None:
    """What is done once a day."""


@job(priority=-1)
def urgent(context: JobContext) -> None:
    """Go before the others."""
