"""Sending a file: it is kept, and a job looks at it or imports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from sqlalchemy.orm import Session

from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import say
from core.kernel.connections import connection_by_id
from core.kernel.jobs import enqueue
from core.kernel.jobs import managing
from core.kernel.jobs.managing import JobInfo
from core.kernel.kernel import Kernel
from core.uploads import keeping
from core.uploads.jobs import LOOK
from core.uploads.jobs import TAKE

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it comes in."""

    name: str
    stream: IO[bytes]


def send_file(
    kernel: Kernel,
    company_id: int,
    kind: str,
    file: SentFile,
    *,
    connection_id: int | None = None,
    mapping: SentFile | None = None,
    preview: bool = False,
) -> int | None:
    """Keep a file for a job that imports it, or only looks at it; return the job.

    Raises: InputError without the connection that orders and settlements need, NotFound for one
    of another company.
    """
    name = file.name[:LONGEST_NAME]
    args: dict[str, object] = {"kind": kind, "company_id": company_id, "file": name}
    if kind != "stock":
        args["connection_id"] = _connection(kernel, company_id, connection_id)
    # Before the transaction: a large file would keep everybody else from writing.
    args["upload"] = keep_file(kernel, file)
    if kind == "orders" and mapping is not None:
        args["mapping"] = keep_file(kernel, mapping)
    with kernel.db.write() as session:
        say(session, company_id, "file.sent", f"{kind} {name}")
        return enqueue(session, LOOK if preview else TAKE, args, company_id=company_id)


def keep_file(kernel: Kernel, file: SentFile) -> str:
    """Keep a file until a job has read it; return its key."""
    return keeping.keep(kernel.config.instance, file.stream, file.name or "file")


def find_preview(session: Session, company_id: int, job_id: int) -> JobInfo:
    """Return the job that looks at a file.

    Raises: NotFound.
    """
    job = managing.find_job(session, job_id, company_id=company_id)
    if job.task != LOOK:
        raise NotFound("There is no such preview.")
    return job


def take_preview(session: Session, company_id: int, job: JobInfo) -> int | None:
    """Import a file whose preview was seen; return the job, None where it is at work already."""
    say(session, company_id, "file.sent", f"{job.args['kind']} {job.args['file']}")
    unique = f"upload {job.args['upload']}"
    return enqueue(session, TAKE, job.args, company_id=company_id, unique=unique)


def _connection(kernel: Kernel, company_id: int, chosen: int | None) -> int:
    if chosen is None:
        raise InputError("choose the connection whose file it is.", where="connection")
    with kernel.db.read() as session:
        return connection_by_id(session, chosen, company_id=company_id).id
