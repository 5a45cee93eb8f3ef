"""The process that runs tasks; its parent may kill it at any time.

It speaks with its parent through a pipe, in JSON: what is to be run comes in, progress and the end
of an attempt go out. It ends when the pipe does, and when its parent has not renewed the lease of
the job in hand for so long that another worker may have it.
"""

from __future__ import annotations

import json
import logging
import logging.config
import os
import queue
import signal
import sys
import threading
import time
import tomllib
import traceback
from multiprocessing.connection import Connection
from typing import Any

from core.collector import leave_loaded_alone
from core.config import ROOT
from core.config import load_config
from core.db import json_text
from core.errors import AuthFailed
from core.errors import ConnectorError
from core.errors import EntrepotError
from core.errors import LeaseLost
from core.errors import RateLimited
from core.identity.actor import HOUSE
from core.identity.actor import Actor
from core.identity.actor import acting
from core.kernel import connection_states
from core.kernel import faults
from core.kernel.connections import connection_by_id
from core.kernel.context import frozen_enabled
from core.kernel.context import running_addon
from core.kernel.jobs.claiming import LEASE_SECONDS
from core.kernel.jobs.context import JobContext
from core.kernel.jobs.tasks import find_task
from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)

# Before the lease ends, so that no other worker has the job yet.
GIVE_UP_SECONDS = LEASE_SECONDS - 3
ALIVE_SECONDS = 5.0
PROGRESS_SECONDS = 1.0
MAX_RESULT = 64_000
MAX_TEXT = 8000


class Link:
    """The child's end of the pipe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self.renewed_at = time.monotonic()
        self.job: int | None = None
        self.stop_asked = False
        self._told_at = float("-inf")

    def say(self, **message: Any) -> None:
        """Send a message to the parent."""
        with self._lock:
            self._connection.send_bytes(json.dumps(message).encode())

    def tell(self, done: int, total: int | None, message: str) -> None:
        """Pass on a job's progress, not too often; the last step always."""
        now = time.monotonic()
        if now - self._told_at >= PROGRESS_SECONDS or done == total:
            self._told_at = now
            self.say(progress=[done, total, message])

    def listen(self) -> None:
        """Take what the parent says, and end the process when nobody can want its work."""
        said_at = time.monotonic()
        try:
            while True:
                if self._connection.poll(1.0):
                    self._take(json.loads(self._connection.recv_bytes()))
                now = time.monotonic()
                if self.job is not None and now - self.renewed_at > GIVE_UP_SECONDS:
                    os._exit(4)
                if now - said_at > ALIVE_SECONDS:
                    self.say(alive=True)
                    said_at = now
        except (EOFError, OSError):
            os._exit(3)

    def _take(self, message: dict[str, Any]) -> None:
        if "run" in message:
            self.stop_asked = False
            self.renewed_at = time.monotonic()
            self.job = message["run"]["id"]
            self.orders.put(message["run"])
        elif "renewed" in message:
            self.renewed_at = time.monotonic()
        elif "stop" in message and message["stop"] == self.job:
            self.stop_asked = True


def serve(kernel: Kernel, link: Link) -> None:
    """Run jobs until the parent goes away."""
    link.say(ready=True)
    while True:
        order = link.orders.get()
        ended = attempt(kernel, link, order)
        link.job = None
        # A session that was left open may hold the one right to write: such a process must end.
        pool: Any = kernel.db.engine.pool
        link.say(ended=ended, spent=pool.checkedout() > 0 or kernel.code_is_old)


def attempt(kernel: Kernel, link: Link, order: dict[str, Any]) -> dict[str, Any]:
    """Run one attempt of a job and say how it ended."""
    kernel.refresh()
    addon, connection_id = order["addon"], order["connection_id"]
    if kernel.code_is_old or (addon and addon not in kernel.enabled):
        return {"kind": "released"}
    context = JobContext(
        kernel=kernel,
        id=order["id"],
        task=order["task"],
        args=order["args"],
        attempt=order["attempt"],
        company_id=order["company_id"],
        connection_id=connection_id,
        token=order["token"],
        tell=link.tell,
        asked_to_stop=lambda: link.stop_asked,
    )
    try:
        result = _run(kernel, context, addon)
    except LeaseLost as error:
        return {"kind": "released", "error": str(error)}
    except faults.BOUNDARY as error:
        return _failed(kernel, context, addon, error)
    if connection_id is not None:
        _note(kernel, context, None)
    return {"kind": "cancelled" if link.stop_asked else "done", "result": result}


def _run(kernel: Kernel, context: JobContext, addon: str) -> Any:
    task = find_task(kernel.registry.tasks, context.task)
    job = Actor(
        "job",
        context.task,
        company_id=context.company_id or HOUSE,
        permissions=None,
        origin=f"job:{context.id}",
    )
    with frozen_enabled(kernel.enabled), acting(job):
        if not addon:
            return _checked(task.run(context))
        kernel.tally.called(addon)
        with running_addon(addon):
            return _checked(task.run(context))


def _checked(result: Any) -> Any:
    text = json_text(result)
    if len(text) > MAX_RESULT:
        raise ValueError("the result of a job must be small; store what is large")
    return json.loads(text)


def _failed(
    kernel: Kernel, context: JobContext, addon: str, error: BaseException
) -> dict[str, Any]:
    """Say how a failed attempt ended; what is not for a person to read is the addon's fault."""
    if isinstance(error, ConnectorError) and context.connection_id is not None:
        _note(kernel, context, error)
    if addon and not isinstance(error, EntrepotError):
        faults.record(kernel, addon, f"job:{context.task.partition('.')[2]}", error)
    ended = {
        "kind": "failed",
        "error": f"{type(error).__name__}: {error}"[:MAX_TEXT],
        "traceback": "".join(traceback.format_exception(error))[-MAX_TEXT:],
    }
    if isinstance(error, RateLimited):
        return {**ended, "kind": "rate_limited", "retry_after": float(error.retry_after)}
    if isinstance(error, AuthFailed) and context.connection_id is not None:
        return {**ended, "kind": "parked"}
    return ended


def _note(kernel: Kernel, context: JobContext, error: EntrepotError | None) -> None:
    """Write how the job's connection fares."""
    if context.connection_id is None or context.company_id is None:
        return
    try:
        with kernel.db.write() as session:
            connection = connection_by_id(
                session, context.connection_id, company_id=context.company_id
            )
            if error is None:
                connection_states.note_success(session, connection)
            else:
                connection_states.note_failure(session, connection, error)
    except EntrepotError:
        log.exception("could not note how connection %s fares", context.connection_id)


def main(descriptor: int) -> None:
    """Boot the addons and serve the parent at the other end of the descriptor."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # The parent decides when we end; a terminal or a service manager would tell us all.
        signal.signal(number, signal.SIG_IGN)
    settings = tomllib.loads((ROOT / "config" / "logging.toml").read_text(encoding="utf-8"))
    logging.config.dictConfig(settings)
    link = Link(Connection(descriptor))
    threading.Thread(target=link.listen, daemon=True).start()
    kernel = Kernel.boot(load_config())
    leave_loaded_alone()
    serve(kernel, link)


if __name__ == "__main__":
    main(int(sys.argv[1]))
