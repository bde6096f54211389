"""Counters of the door, for `/metrics`."""

from functools import lru_cache
from typing import Final

from prometheus_client import Counter, Histogram

REQUESTS: Final = Counter(
    "gateway_requests_total",
    "Requests answered, by upstream, method and class of status.",
    ("upstream", "method", "status"),
)
SECONDS: Final = Histogram(
    "gateway_request_seconds",
    "Time from a request's head to the end of its answer.",
    ("upstream",),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


@lru_cache(maxsize=512)
def _count(upstream: str, method: str, status: str) -> Counter:
    return REQUESTS.labels(upstream, method, status)


@lru_cache(maxsize=16)
def _seconds(upstream: str) -> Histogram:
    return SECONDS.labels(upstream)


class Measures:
    """Counts requests; labels are bounded, so that no caller can fill the memory with them."""

    def observe(self, upstream: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        _count(upstream, method, f"{status // 100}xx").inc()
        _seconds(upstream).observe(seconds)
