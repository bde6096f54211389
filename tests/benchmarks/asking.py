"""One caller that asks a service again and again, and what each answer took."""

import time
from collections.abc import Callable

import httpx

from tests.benchmarks.house import House
from tests.benchmarks.measuring import Meter, Sample
from tests.benchmarks.tools import BenchmarkError


def asking(
    house: House, client: httpx.Client, address: Callable[[], str]
) -> Callable[[float], Sample]:
    """Ask the ip-ledger one by one for so many seconds, each time at another address."""

    def run(seconds: float) -> Sample:
        headers = {"Authorization": f"Bearer {house.token('auditor', 'auditor')}"}
        times: list[float] = []
        with Meter(service=house.pid("ip_ledger"), database=house.database_pid) as meter:
            until = time.perf_counter() + seconds
            while (began := time.perf_counter()) < until:
                answer = client.get(address(), headers=headers)
                times.append((time.perf_counter() - began) * 1e3)
                if answer.status_code != 200:
                    raise BenchmarkError(f"answered with {answer.status_code} {answer.text}")
        times.sort()
        p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
        return Sample(len(times), meter.seconds, meter.cpu, meter.memory, p50, p99)

    return run
