"""Counters of the door, for `/metrics`.

Counted in plain dictionaries, since each counter of the library takes a lock: half of all requests'
counting was that. One thread counts, and whoever asks for the figures reads them.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

# In seconds.
BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(slots=True)
class _Times:
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0


class Measures(Collector):
    """Counts requests; labels are bounded, so that no caller can fill the memory with them."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._requests: dict[tuple[str, str, int], int] = {}
        self._times: dict[str, _Times] = {}

    def observe(self, upstream: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (upstream, method if method in METHODS else "other", status // 100)
        self._requests[key] = self._requests.get(key, 0) + 1
        times = self._times.get(upstream)
        if times is None:
            times = self._times[upstream] = _Times()
        times.buckets[bisect_left(BUCKETS, seconds)] += 1
        times.seconds += seconds

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
        """Give the figures of now."""
        requests = CounterMetricFamily(
            "gateway_requests",
            "Requests answered, by upstream, method and class of status.",
            labels=("upstream", "method", "status"),
        )
        for (upstream, method, kind), count in self._requests.copy().items():
            requests.add_metric((upstream, method, f"{kind}xx"), count)
        yield requests
        seconds = HistogramMetricFamily(
            "gateway_request_seconds",
            "Time from a request's head to the end of its answer.",
            labels=("upstream",),
        )
        for upstream, times in self._times.copy().items():
            seconds.add_metric((upstream,), _summed(times.buckets), times.seconds)
        yield seconds


def _summed(counts: list[int]) -> list[tuple[str, int]]:
    """Give each bound with how many were no longer than it."""
    bounds = [*(str(bound) for bound in BUCKETS), "+Inf"]
    return [(bound, sum(counts[: place + 1])) for place, bound in enumerate(bounds)]


# One for the process, whichever door counts.
MEASURES: Final = Measures()
REGISTRY.register(MEASURES)
