"""The topology of several machines as plain processes on one.

Two of each service, two gateways behind a balancer, counts in a Redis-protocol server, events on a
NATS server, PostgreSQL as a primary with a synchronous streaming replica. Every address that a
process gets names both.
"""

import itertools
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.faults.bus import Bus
from tests.faults.replicas import follow
from zhichuang.demo.client import Caller
from zhichuang.postgres import SERVICES, PostgreSQL
from zhichuang.processes import (
    HOST,
    Service,
    free_ports,
    spawn,
    stop_all,
    wait_until_ready,
)
from zhichuang.stack import Stack

READY_SECONDS = 240.0
REDIS = Path(os.path.realpath(shutil.which("redis-server") or "redis-server"))


class Balancer:
    """Gives each connection to the next gateway that takes one; it knows nothing of HTTP."""

    def __init__(self, ports: list[int]) -> None:
        self._turns = itertools.cycle(range(len(ports)))
        self._ports = ports
        self._listening = socket.create_server((HOST, 0), backlog=512)
        self.url = f"http://{HOST}:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        first = next(self._turns)
        for step in range(len(self._ports)):
            try:
                port = self._ports[(first + step) % len(self._ports)]
                backend = socket.create_connection((HOST, port), 2)
                break
            except OSError:
                continue
        else:
            client.close()
            return
        backend.settimeout(None)
        threading.Thread(target=_copy, args=(client, backend), daemon=True).start()
        _copy(backend, client)

    def close(self) -> None:
        self._listening.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for one in (source, target):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


class Town(Stack):
    """A stack whose parts are all there twice."""

    def __init__(self, home: Path) -> None:
        ports = free_ports(len(SERVICES))
        self._second = dict(zip(SERVICES, ports, strict=True))
        self._redis_port = free_ports(1)[0]
        self._redis: subprocess.Popen[bytes] | None = None
        self.bus = Bus()
        self.replica = PostgreSQL(home.resolve() / "replica", throwaway=True)
        super().__init__(home, demo=False, throwaway=True)

    def start(self) -> None:
        super().start()
        self.balancer = Balancer([self.services[name].port for name in ("gateway", "gateway-2")])

    def stop(self) -> None:
        if hasattr(self, "balancer"):
            self.balancer.close()
        super().stop()
        self.bus.stop()
        self.replica.stop()
        if self._redis is not None:
            stop_all([self._redis])

    def bookkeeper(self) -> Caller:
        """Register one, through the balancer."""
        admin = Caller(self.balancer.url, "admin", self.credentials["admin"])
        made = admin.post(
            "/v1/identity/clients",
            {"name": "bookkeeper", "person": {"name": "记账"}, "roles": ["official"],
             "duties": ["bookkeeper"]},
        )  # fmt: skip
        return Caller(self.balancer.url, "bookkeeper", made)

    def fail_over(self) -> float:
        """Kill the primary as a power cut would, and promote the replica; give when that was."""
        process = self.postgres.process
        assert process is not None
        process.kill()
        process.wait()
        killed = time.monotonic()
        self.replica.execute("SELECT pg_promote(true, 60)")
        return killed

    def _environment(self) -> dict[str, str]:
        told = super()._environment()
        both = {
            f"ZHICHUANG_{name.upper()}_URL": f"http://{HOST}:{self._ports[name]},http://{HOST}:{port}"
            for name, port in self._second.items()
            if name in self._ports
        }
        return (
            told
            | both
            | {
                "ZHICHUANG_LIMIT_STORE": f"redis://{HOST}:{self._redis_port}/0",
                "ZHICHUANG_NATS_URL": self.bus.url,
            }
        )

    def _environment_of(self, name: str, common: Mapping[str, str]) -> dict[str, str]:
        told = super()._environment_of(name, common)
        hosts = f"host={self.postgres.socket_folder},{self.replica.socket_folder}&port=5432,5432"
        address = told["ZHICHUANG_DATABASE_URL"].partition("?")[0]
        told["ZHICHUANG_DATABASE_URL"] = f"{address}?{hosts}&target_session_attrs=read-write"
        told["ZHICHUANG_DATABASE_REPLICA_URL"] = f"{address}?{hosts}&target_session_attrs=standby"
        return told

    def _describe_services(self) -> None:
        super()._describe_services()
        for name in SERVICES:
            first = self.services[name]
            self.services[f"{name}-2"] = Service(
                name=f"{first.name}-2",
                package=first.package,
                port=self._second[name],
                environment=first.environment,
                home=self.home,
                log=self.home / "logs" / f"{name}-2.log",
                http=first.http,
            )

    def _start_services(self) -> None:
        follow(self.postgres, self.replica)
        log = self.home / "logs" / "redis.log"
        command = [str(REDIS), "--port", str(self._redis_port), "--bind", HOST, "--save", ""]
        self._redis = spawn(command, {"LC_ALL": "C"}, self.home, log)
        self.bus.start(self.home)
        for service in self.services.values():
            service.start()
        wait_until_ready(list(self.services.values()), READY_SECONDS)


def processes_of(town: Town) -> list[str]:
    """Name every process that is restarted in turn, services before the doors."""
    names: list[Any] = [*(n for n in SERVICES if n != "gateway"), "gateway"]
    return [name for service in names for name in (service, f"{service}-2")]
