"""The way through the gateway beside nginx, which checks nothing, and beside FastAPI with httpx."""

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final

from gateway.binding.judging import Holders, shown
from gateway.settings import GatewaySettings
from shared.auth import TokenVerifier
from tests.benchmarks import tools
from tests.benchmarks.figures import Case, Figure, Size
from tests.benchmarks.house import ROOT, House, program_running, wait_for_port
from tests.benchmarks.measuring import Meter, Sample
from tests.benchmarks.tools import BenchmarkError
from tests.fixtures.service import ISSUER, Signer
from zhichuang.demo.client import Caller
from zhichuang.processes import HOST, free_ports

CONNECTIONS: Final = 32
PATH: Final = "/v1/registry/centers"
BODY_BYTES: Final = 1024

_NGINX: Final = """
daemon off;
worker_processes 1;
pid {folder}/{name}.pid;
error_log {folder}/{name}.error.log;
events {{ worker_connections 1024; }}
http {{
    log_format line '{{"time":"$time_iso8601","method":"$request_method","path":"$uri",'
                    '"status":$status,"s":$request_time}}';
    access_log {log};
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 100000000;
    {content}
}}
"""
_STATIC: Final = """
    server {{
        listen {host}:{port} backlog=1024;
        location / {{ default_type application/json; return 200 '{body}'; }}
    }}
"""
_PROXY: Final = """
    upstream static {{
        server {host}:{upstream};
        keepalive 64;
        keepalive_requests 100000000;
    }}
    server {{
        listen {host}:{port} backlog=1024;
        location / {{
            proxy_pass http://static;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
"""


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Start nginx twice (upstream and proxy) and a gateway, and measure them in turn."""
    del size  # Nothing here grows with it.
    made = Figure(
        name="gateway",
        title="Gateway beside nginx and beside FastAPI with httpx",
        unit="request",
        cases=[],
        comparisons=[],
        parts=("proxy",),
    )
    if absent := tools.missing("nginx", "wrk"):
        words = " and ".join(absent)
        made.skipped.append(
            f"Everything: {words} is not on this machine (`make bench-peers` installs it)."
        )
        yield made
        return
    with ExitStack() as stack:
        folder = house.stack.home / "peers"
        folder.mkdir()
        static, proxy = free_ports(2)
        content = _STATIC.format(host=HOST, port=static, body=_body())
        stack.enter_context(_nginx(folder, "static", content, log="off"))
        content = _PROXY.format(host=HOST, port=proxy, upstream=static)
        log = f"{folder}/access.log line buffer=64k flush=1s"
        nginx_pid = stack.enter_context(_nginx(folder, "proxy", content, log=log))
        gateway = house.second_gateway(
            ZHICHUANG_REGISTRY_URL=f"http://{HOST}:{static}",
            # Counted as always; a minute's worth for a caller is less than is asked here.
            ZHICHUANG_LIMIT_CLIENT="100000000",
            ZHICHUANG_LIMIT_PERSON="100000000",
        )
        assert gateway.process is not None
        stack.callback(gateway.process.wait, 15)
        stack.callback(gateway.process.terminate)
        ours = _Ours(house, gateway.port, gateway.process.pid, gateway.log)
        peer, peer_pid = stack.enter_context(_python(folder, static, "python_gateway"))
        bare, bare_pid = stack.enter_context(_python(folder, static, "bare_proxy"))
        made.cases = [
            Case("nginx", lambda seconds: _turn(proxy, seconds, nginx_pid)),
            Case("gateway", ours.turn),
            Case("gateway, asked by a member", ours.turn_of_a_member),
            Case("FastAPI and httpx", lambda seconds: _turn(peer, seconds, peer_pid)),
            Case("bare Python proxy", lambda seconds: _turn(bare, seconds, bare_pid)),
            Case("check of a kept token", _checking),
            Case("upstream alone", lambda seconds: _turn(static, seconds, None)),
        ]
        made.comparisons = [
            (ours, peer)
            for ours in ("gateway", "gateway, asked by a member")
            for peer in ("nginx", "FastAPI and httpx", "bare Python proxy")
        ]
        made.remarks = list(REMARKS)
        yield made


REMARKS: Final = (
    (
        f"{CONNECTIONS} kept connections, GET, an answer of {BODY_BYTES} bytes of JSON from a"
        " static nginx of its own; one worker each; the load generator (wrk) and the upstream"
        " share the cores and count in no figure."
    ),
    (
        "nginx: a bare proxy_pass with a pool of kept connections, and an access log written in"
        " blocks; it verifies nothing."
    ),
    (
        "gateway: the shipped process; it judges the head, verifies the token (its verdict is"
        " remembered for a minute), sets request id and traceparent, counts, and logs a line as"
        " JSON, and notes it in the callers' own lists; after every turn the lines are counted."
        " Its caller is an official, whose reads are kept in the door's trail too; a member's not."
    ),
    (
        "FastAPI and httpx: one route and one client, under uvicorn with uvloop and httptools, as"
        " a Python team would begin; it verifies, counts and logs nothing."
    ),
    (
        "bare Python proxy: uvicorn, one application and the gateway's own pool of connections; it"
        " judges, verifies, counts and logs nothing, so that it shows what any gateway in Python"
        " costs at least."
    ),
    (
        "check of a kept token: header, digest, verdict, revocations and how it is shown, in the"
        " process of the benchmark."
    ),
)


class _Ours:
    def __init__(self, house: House, port: int, pid: int, log: Path) -> None:
        self._house = house
        self._port = port
        self._pid = pid
        self._log = log

    def turn(self, seconds: float) -> Sample:
        """Measure with an official's token, whose reads the door's trail keeps one by one."""
        return self._asked(self._house.token("admin"), seconds)

    def turn_of_a_member(self, seconds: float) -> Sample:
        """Measure with the token of a company's program."""
        return self._asked(self._member._fresh(), seconds)

    @cached_property
    def _member(self) -> Caller:
        body = {"name": "ERP", "org_id": str(uuid.uuid4()), "person": {"name": "基准测试"}}
        made = self._house.admin.post("/v1/identity/clients", body)
        return Caller(self._house.stack.url, "member", made)

    def _asked(self, token: str, seconds: float) -> Sample:
        """Measure, and see that every request left its line: a figure without work is none."""
        lines = _lines(self._log)
        headers = {"Authorization": f"Bearer {token}"}
        sample = _turn(self._port, seconds, self._pid, headers)
        _wait_for(self._log, lines + sample.operations)
        return sample


def _turn(
    port: int, seconds: float, pid: int | None, headers: dict[str, str] | None = None
) -> Sample:
    with Meter(**({"proxy": pid} if pid else {})) as meter:
        load = tools.wrk(f"http://{HOST}:{port}{PATH}", seconds, CONNECTIONS, headers or {})
    return Sample(load.operations, load.seconds, meter.cpu, meter.memory, load.p50_ms, load.p99_ms)


def _checking(seconds: float) -> Sample:
    """Check one token again and again, as the door does for each request."""
    signer = Signer()
    header = f"Bearer {signer.token('member')}".encode()

    async def keys() -> dict[str, list[dict[str, str]]]:
        return signer.jwks

    async def checked() -> int:
        verifier, holders = TokenVerifier(ISSUER, keys), Holders(GatewaySettings())
        count, until = 0, time.perf_counter() + min(seconds, 1.0)
        while time.perf_counter() < until:
            for _ in range(1_000):
                token = shown(header)
                assert token is not None
                claims = await verifier.verify(token[1])
                await holders.judge(*token, claims, None, ("GET", b"d", PATH))
            count += 1_000
        return count

    before, started = time.process_time(), time.perf_counter()
    count = asyncio.run(checked())
    cpu = {"proxy": time.process_time() - before}
    return Sample(count, time.perf_counter() - started, cpu)


@contextmanager
def _python(folder: Path, upstream: int, name: str) -> Iterator[tuple[int, int]]:
    port = free_ports(1)[0]
    command = [
        *(sys.executable, "-m", "uvicorn", f"tests.benchmarks.{name}:app"),
        *("--host", HOST, "--port", str(port), "--loop", "uvloop", "--http", "httptools"),
        *("--no-access-log", "--log-level", "warning", "--ws", "none", "--no-proxy-headers"),
    ]
    there = {"BENCH_UPSTREAM": f"http://{HOST}:{upstream}", "PYTHONPATH": str(ROOT)}
    log = folder / f"{name}.log"
    with program_running(command, ROOT, log, {**os.environ, **there}) as pid:
        wait_for_port(HOST, port)
        yield port, pid


def _body() -> str:
    """Give a list of centres of exactly the size wanted."""
    body = json.dumps({"items": [{"code": "C01", "stage": "pilot", "name": ""}]})
    return body.replace('"name": ""', f'"name": "{"x" * (BODY_BYTES - len(body))}"')


def _lines(log: Path) -> int:
    with log.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _wait_for(log: Path, lines: int) -> None:
    for _ in range(20):
        if _lines(log) >= lines:
            return
        time.sleep(0.1)
    raise BenchmarkError(f"{lines - _lines(log)} requests left no line in the access log")


@contextmanager
def _nginx(folder: Path, name: str, content: str, *, log: str) -> Iterator[int]:
    file = folder / f"{name}.conf"
    file.write_text(_NGINX.format(folder=folder, name=name, content=content, log=log))
    command = [tools.find("nginx") or "nginx", "-p", str(folder), "-c", str(file)]
    with program_running(command, folder, folder / f"{name}.log") as pid:
        yield pid
