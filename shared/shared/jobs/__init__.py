"""Long work: a queue in the same database, entered with the change that it belongs to."""

from shared.jobs.queue import JobHandler, enqueue, job_worker

__all__ = ["JobHandler", "enqueue", "job_worker"]
