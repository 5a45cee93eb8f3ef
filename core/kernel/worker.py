"""The background worker: it keeps a heartbeat and notices changes of addons.

Jobs of addons are not run yet; what is here is the clock that they will run on.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
from datetime import timedelta
from types import FrameType

from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core import clock
from core.kernel.kernel import Kernel
from core.kernel.models import Lease

log = logging.getLogger(__name__)

BEAT_SECONDS = 5
# After three missed beats a worker counts as gone.
ALIVE_SECONDS = 3 * BEAT_SECONDS


def work(kernel: Kernel) -> int:
    """Run until SIGTERM or SIGINT, or until new addon code asks for a fresh process."""
    name = f"worker:{socket.gethostname()}:{os.getpid()}"
    scheduler = BlockingScheduler(timezone="UTC")

    def stop(_number: int, _frame: FrameType | None) -> None:
        scheduler.shutdown(wait=False)

    def beat() -> None:
        _beat(kernel, name)
        if kernel.code_is_old:
            log.info("an addon was installed or upgraded: the worker ends, to start with its code")
            scheduler.shutdown(wait=False)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    beat()
    scheduler.add_job(beat, "interval", seconds=BEAT_SECONDS, coalesce=True, max_instances=1)
    log.info("%s runs", name)
    scheduler.start()
    with kernel.db.write() as session:
        session.execute(delete(Lease).where(Lease.name == name))
    return 0


def _beat(kernel: Kernel, name: str) -> None:
    """Write the heartbeat and see what other processes have changed."""
    try:
        kernel.refresh()
        with kernel.db.write() as session:
            _keep_lease(session, name)
    except DBAPIError:
        log.exception("no heartbeat this time")


def _keep_lease(session: Session, name: str) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    expires = clock.now() + timedelta(seconds=ALIVE_SECONDS)
    statement = insert(Lease).values(name=name, holder=name, expires_at=expires)
    session.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"expires_at": expires})
    )
