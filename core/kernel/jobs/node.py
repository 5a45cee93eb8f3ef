"""A worker: it brings jobs to its child processes, renews their leases, and keeps the house."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from core.identity.sealing import seal
from core.kernel import faults
from core.kernel import leases
from core.kernel.job_models import DEAD
from core.kernel.job_models import Job
from core.kernel.jobs import claiming
from core.kernel.jobs import health
from core.kernel.jobs import keeping
from core.kernel.jobs import ticking
from core.kernel.jobs import vitals
from core.kernel.jobs.claiming import RENEW_SECONDS
from core.kernel.jobs.claiming import Claim
from core.kernel.jobs.ending import Outcome
from core.kernel.jobs.ending import conclude
from core.kernel.jobs.pool import Attempt
from core.kernel.jobs.pool import Pool
from core.kernel.jobs.ticking import Ticker
from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)

GRACE_SECONDS = 25.0
IDLE_SECONDS = 0.5
LOOK_SECONDS = 1.0
RECOVER_SECONDS = 2.0
KEEP_SECONDS = 5.0
SEAL_SECONDS = 5.0
FORGET_SECONDS = 3600.0
POLL_SECONDS = 5.0
PAUSE_SECONDS = 2.0


class KilledJob(Exception):
    """A job that took its process down, or took too long; raised nowhere, only recorded."""


class Node:
    """One `entrepot worker` with its children."""

    def __init__(self, kernel: Kernel, processes: int) -> None:
        self.kernel = kernel
        self.processes = processes
        self.name = leases.new_holder()
        self._presence = health.Presence(self.name, socket.gethostname(), os.getpid(), processes)
        self.stopping = threading.Event()
        self._proof = vitals.hold(kernel.config.instance, self.name)
        held = [self._proof] if self._proof is not None else []
        self.pool = Pool(_environment(kernel), held)
        self.ticker = Ticker(kernel)
        self._steady = keeping.Steady()
        self._lock = threading.Lock()
        self._attempts: dict[int, Attempt] = {}
        self._chores = (
            Chore(LOOK_SECONDS, self._look),
            Chore(RECOVER_SECONDS, self._recover),
            Chore(KEEP_SECONDS, lambda: keeping.bring_back(kernel.db, kernel.enabled)),
            Chore(ticking.LOOK_SECONDS, self.ticker.look),
            Chore(SEAL_SECONDS, lambda: seal(kernel.db)),
            Chore(FORGET_SECONDS, lambda: keeping.forget_old(kernel.db)),
            Chore(FORGET_SECONDS, lambda: vitals.sweep(kernel.config.instance)),
        )
        self._heart = Chore(RENEW_SECONDS, self._renew)

    def run(self) -> None:
        """Work until told to stop, or until new addon code asks for a fresh process."""
        serve = self._serve_sqlite if self.kernel.db.dialect == "sqlite" else self._serve_postgres
        with self.kernel.db.write() as session:
            health.arrive(session, self._presence)
        ended = threading.Event()
        servant = threading.Thread(target=serve, name="jobs")
        # Leases have a thread of their own: another chore that takes long must not cost us a job.
        heart = threading.Thread(target=self._beat, args=(ended,), name="leases")
        servant.start()
        heart.start()
        self.ticker.start()
        try:
            while not self.stopping.wait(0.2):
                self._do_chores()
            # Jobs that still run are looked after meanwhile.
            while servant.is_alive():
                servant.join(0.2)
                self._do_chores()
        finally:
            self.stopping.set()
            self.ticker.stop()
            servant.join(GRACE_SECONDS + 10)
            ended.set()
            heart.join()
            self._leave()

    def _leave(self) -> None:
        self.pool.close()
        with contextlib.suppress(SQLAlchemyError):
            health.leave(self.kernel.db, self.name)
        vitals.let_go(self.kernel.config.instance, self.name, self._proof)

    def _beat(self, ended: threading.Event) -> None:
        """Renew the leases of the jobs in hand until there are none any more."""
        while not ended.wait(0.2):
            self._heart.do()

    def attempt(self, claim: Claim) -> None:
        """Run a claimed job in a child and write how that ended."""
        self.kernel.tally.called(*filter(None, [claim.addon]))
        task = self.kernel.registry.tasks.get(claim.task)
        attempt = Attempt(claim, float(task.timeout if task else 60))
        with self._lock:
            self._attempts[claim.id] = attempt
        try:
            outcome = self._in_child(attempt)
        finally:
            with self._lock:
                self._attempts.pop(claim.id, None)
        if outcome is not None:
            self._conclude(claim, attempt, outcome)
        self.pool.replace_spent(self.stopping)

    def _in_child(self, attempt: Attempt) -> Outcome | None:
        try:
            child = self.pool.take()
        except OSError:
            log.exception("no process could be started")
            self.stopping.wait(PAUSE_SECONDS)
            return Outcome("released")
        try:
            return child.run(attempt, self.stopping, GRACE_SECONDS)
        finally:
            self.pool.give_back(child)

    def _conclude(self, claim: Claim, attempt: Attempt, outcome: Outcome) -> None:
        """Write the end of an attempt; a database that is away comes back within the lease."""
        for _ in range(5):
            try:
                with self.kernel.db.write() as session:
                    if attempt.progress is not None:
                        claiming.tell_progress(session, claim, *attempt.progress)
                    mine = conclude(session, claim.id, claim.token, outcome)
                    dead = mine and session.get_one(Job, claim.id).state == DEAD
            except SQLAlchemyError:
                log.exception("could not write the end of job %s", claim.id)
                time.sleep(PAUSE_SECONDS)
                continue
            if not mine:
                log.warning("job %s belongs to another worker by now", claim.id)
            elif outcome.overdue or (outcome.kind == "lost" and dead):
                self._blame(claim, outcome)
            return

    def _blame(self, claim: Claim, outcome: Outcome) -> None:
        """Record the fault of an addon whose child was killed and could not say so itself.

        A single loss may be the machine's fault; those of a job that is dead now are its own.
        """
        if claim.addon:
            place = f"job:{claim.task.partition('.')[2]}"
            faults.record(self.kernel, claim.addon, place, KilledJob(outcome.error))

    def _serve_sqlite(self) -> None:
        threads = [threading.Thread(target=self._work) for _ in range(self.processes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        """Take the jobs that are due, one after the other."""
        self.pool.add(self.stopping)
        while not self.stopping.is_set():
            try:
                claim = self._next()
                if claim is not None:
                    self.attempt(claim)
                    continue
            except Exception:  # this thread must outlive it: nobody starts another
                log.exception("no job this time")
            self.stopping.wait(IDLE_SECONDS)

    def _next(self) -> Claim | None:
        enabled = self.kernel.enabled
        with self.kernel.db.read() as session:
            if claiming.next_due(session, enabled) is None:
                return None
        with self.kernel.db.write() as session:
            job_id = claiming.next_due(session, enabled)
            return claiming.claim(session, job_id, self.name, enabled) if job_id else None

    def _serve_postgres(self) -> None:
        starts = [
            threading.Thread(target=self.pool.add, args=(self.stopping,))
            for _ in range(self.processes)
        ]
        for start in starts:
            start.start()
        for start in starts:
            start.join()
        while not self.stopping.is_set():
            try:
                asyncio.run(self._transport())
            except Exception:  # a lost connection, say: the jobs are still there
                log.exception("Procrastinate ended; it is started again")
                self.stopping.wait(PAUSE_SECONDS)

    async def _transport(self) -> None:
        from core.kernel.jobs import transport

        url = self.kernel.db.url.set(drivername="postgresql")
        app = transport.worker_app(
            url.render_as_string(hide_password=False), self._bring, connections=4
        )
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(self.processes + 2))
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[transport.QUEUE],
                    concurrency=self.processes,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=POLL_SECONDS,
                )
            )
            while not self.stopping.is_set() and not worker.done():
                await asyncio.sleep(0.2)
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker

    def _bring(self, job_id: int) -> None:
        """Take the job of a ticket; it may be held, done or gone by now, and then nothing is."""
        if self.stopping.is_set():
            return
        with self.kernel.db.write() as session:
            claim = claiming.claim(session, job_id, self.name, self.kernel.enabled)
        if claim is not None:
            self.attempt(claim)

    def _do_chores(self) -> None:
        for chore in self._chores:
            chore.do()

    def _in_hand(self) -> list[Attempt]:
        with self._lock:
            return list(self._attempts.values())

    def _look(self) -> None:
        """Write progress, and see what persons and other workers have done."""
        self.kernel.refresh()
        if self.kernel.code_is_old and not self.stopping.is_set():
            log.info("an addon was installed or upgraded: the worker ends, to start with its code")
            self.stopping.set()
        attempts = self._in_hand()
        told = [each for each in attempts if each.progress is not None]
        if told:
            with self.kernel.db.write() as session:
                for each in told:
                    if each.progress is not None:
                        claiming.tell_progress(session, each.claim, *each.progress)
        with self.kernel.db.read() as session:
            self._apply(attempts, claiming.look(session, [each.claim for each in attempts]))

    def _renew(self) -> None:
        attempts = self._in_hand()
        with self.kernel.db.write() as session:
            renewal = claiming.renew(session, [each.claim for each in attempts])
            health.alive(session, self._presence, scheduler=self.ticker.alive())
        self._apply(attempts, renewal)
        for each in attempts:
            if each.claim.id not in renewal.lost:
                each.renewed.set()

    def _apply(self, attempts: list[Attempt], renewal: claiming.Renewal) -> None:
        held = {each.claim.id for each in self._in_hand()}
        for each in attempts:
            if each.claim.id in renewal.cancelled:
                each.cancelled.set()
            if each.claim.id in renewal.lost & held and not self._done_by_itself(each.claim):
                each.lost.set()

    def _done_by_itself(self, claim: Claim) -> bool:
        """Say whether the task ended the job with its own transaction: its child is on its way."""
        with self.kernel.db.read() as session:
            return claiming.finished(session, claim)

    def _recover(self) -> None:
        keeping.recover(self.kernel.db, self._steady, self.kernel.config.instance)


class Chore:
    """Something that is done every so often."""

    def __init__(self, seconds: float, act: Callable[[], object]) -> None:
        self._seconds = seconds
        self._act = act
        self._due_at = 0.0

    def do(self) -> None:
        """Do it if it is time."""
        now = time.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + self._seconds
        try:
            self._act()
        except Exception:  # a full disk, say: the leases of running jobs need the others
            log.exception("a chore failed; it is tried again soon")


def _environment(kernel: Kernel) -> dict[str, str]:
    """Hand the children the same instance, database and addons as ours."""
    config = kernel.config
    return {
        "ENTREPOT_INSTANCE": str(config.instance),
        "ENTREPOT_DATABASE_URL": config.database_url,
        "ENTREPOT_ADDONS_PATH": os.pathsep.join(str(path) for path in config.addon_paths),
        "ENTREPOT_SAFE_MODE": "1" if config.safe_mode else "0",
    }
