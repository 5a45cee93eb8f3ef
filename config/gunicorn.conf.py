"""gunicorn's settings: `gunicorn -c config/gunicorn.conf.py`; the command line overrides them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

wsgi_app = "wsgi:app"
bind = os.environ.get("ENTREPOT_BIND", "127.0.0.1:8000")
# Threads, since a request mostly waits for the database; a process more for every further core.
worker_class = "gthread"
workers = int(os.environ.get("ENTREPOT_WEB_PROCESSES", "2"))
threads = int(os.environ.get("ENTREPOT_WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 30
# A worker that leaks goes in time; the spread keeps them from going together.
max_requests = 10_000
max_requests_jitter = 1_000
# A worker that starts anew must import the code anew.
preload_app = False
# The heartbeat file must not lie on a disk that can stall.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
# The control socket is shared by all servers of a user: two of them would quarrel over it.
control_socket_disable = True
accesslog = None
errorlog = "-"


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """Take the gauges of a worker that has ended out of /metrics."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(worker.pid)


def post_request(
    worker: Worker, _request: object, environ: dict[str, Any], _answer: object
) -> None:
    """Let a worker go whose addons are older than the installed ones: the next one imports them."""
    if environ.get("entrepot.code_is_old"):
        worker.alive = False
