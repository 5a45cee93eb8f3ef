"""`entrepot worker`: runs jobs in child processes and is the clock of schedules."""

from __future__ import annotations

import logging
import signal
from types import FrameType

from core.kernel.jobs.node import Node
from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)


def work(kernel: Kernel, processes: int) -> int:
    """Run until SIGTERM or SIGINT, or until new addon code asks for a fresh process."""
    node = Node(kernel, processes)

    def stop(_number: int, _frame: FrameType | None) -> None:
        node.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    log.info("worker %s runs with %s processes", node.name, processes)
    node.run()
    return 0
