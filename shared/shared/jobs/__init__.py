"""Long work: a queue in the same database, entered with the change that it belongs to."""

from shared.jobs.holding import alone, while_held
from shared.jobs.queue import JobHandler, enqueue, job_worker
from shared.jobs.repeating import repeated

__all__ = ["JobHandler", "alone", "enqueue", "job_worker", "repeated", "while_held"]
