"""Jobs: work that is done later, by other processes, at least once.

`enqueue` puts a job into the caller's transaction; `task` (in the core) and `job` (in an addon's
`jobs.py`) declare what can be enqueued.
"""

from core.kernel.jobs.context import JobContext
from core.kernel.jobs.enqueueing import enqueue
from core.kernel.jobs.enqueueing import enqueue_many
from core.kernel.jobs.tasks import job
from core.kernel.jobs.tasks import task

__all__ = ["JobContext", "enqueue", "enqueue_many", "job", "task"]
