"""A whole Zhichuang on one machine: PostgreSQL, three services, the gateway, sample data.

    with Stack(home) as stack:
        stack.url, stack.credentials["m01"]

`make up` runs one and watches it; tests run one per worker. All state lies in `home`; the second
start finds it there.
"""

import hashlib
import importlib.util
import json
import os
import secrets
import select
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from zhichuang import sandboxing
from zhichuang.data_keys import with_new_data_key
from zhichuang.nursery import Nursery
from zhichuang.postgres import SERVICES, PostgreSQL, write_private
from zhichuang.processes import (
    HOST,
    ProcessError,
    Running,
    Service,
    free_ports,
    is_free,
    protocol_of,
    run_all,
    spawn,
    stop_all,
    tail,
    wait_until_ready,
)

_READY_SECONDS: Final = 90.0
# So long after the last fork there may be another one; the next takes its imports' time longer.
_NURSERY_SECONDS: Final = 10.0
# How often everything is looked at: while all processes live, and while one has to be started.
_REST_SECONDS: Final = 1.0
_WATCH_SECONDS: Final = 0.2
_GATEWAY: Final = "gateway"
_SANDBOX_START: Final = "2026-01-05T01:00:00Z"


class Report:
    """Where a stack tells what it does; this one says nothing, `up.Terminal` shows it."""

    def step(self, title: str) -> AbstractContextManager[Callable[[str], None]]:
        """Enter a step; the function given back shows how far it has come."""
        del title
        return nullcontext(lambda _line: None)

    def line(self, text: str) -> None:
        """Tell something that belongs to no step."""


class Stack:
    """Starts, watches and stops everything that one data folder belongs to.

    Start it from the main thread: children die with the thread that started them, not only with
    the process.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        demo: bool = True,
        throwaway: bool = False,
        report: Report | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Describe a stack; nothing happens before `start`.

        `port` is the gateway's, a free one when None. `settings` are environment variables for
        all its processes. `throwaway` is for folders that are deleted afterwards.
        """
        self.home = home.resolve()
        self.postgres = PostgreSQL(self.home / "postgres", throwaway=throwaway)
        self.services: dict[str, Service] = {}
        self._port = port
        self._demo = demo
        self._ports: dict[str, int] = {}
        self._report = report or Report()
        self._settings = dict(settings or {})
        self._fresh = sandboxing.Fresh(self.home, self.postgres)
        self._nursery: Nursery | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The gateway's address, the only one that anybody else needs."""
        return self.services[_GATEWAY].url

    @property
    def credentials_file(self) -> Path:
        """Sample credentials for every kind of caller."""
        return self.home / "credentials.json"

    @property
    def credentials(self) -> dict[str, dict[str, str]]:
        """From a short name (`m01`, `handler`) to `{client_id, client_secret, sub, org_id}`."""
        loaded: dict[str, dict[str, str]] = json.loads(self.credentials_file.read_text())
        return loaded

    @property
    def processes(self) -> dict[str, Running]:
        """The running processes by service name, and `postgres`, to look at or to kill."""
        found: dict[str, Running | None] = {
            name: service.process for name, service in self.services.items()
        }
        found["postgres"] = self.postgres.process
        return {name: process for name, process in found.items() if process is not None}

    def start(self) -> None:
        """Bring everything up and ready; on failure stop what was started, and raise."""
        try:
            self._open_home()
            self._choose_ports()
            # It imports while PostgreSQL starts.
            self._nursery = self._open_nursery()
            with self._report.step("PostgreSQL 18"):
                self.postgres.start()
            self._describe_services()
            if self._fresh.is_wanted:
                self._restore()
            self._migrate()
            self._fresh.finish()
            self._start_services()
            self._load_demo()
            self._keep_fresh()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything; when this returns, no process of the stack is left."""
        gateway = self.services.get(_GATEWAY)
        # The door first, so that no request meets a house half dark.
        self._stop_services([gateway] if gateway is not None else [])
        self._stop_services(self.services.values())
        (self.home / "running.json").unlink(missing_ok=True)
        if self._nursery is not None:
            self._nursery.stop()
        self.postgres.stop()

    def restart(self, name: str) -> None:
        """End one process (or find it ended), start it again and wait until it is ready."""
        if name == "postgres":
            self.postgres.restart()
            return
        service = self.services[name]
        if service.process is not None:
            stop_all([service.process])
        service.start()
        wait_until_ready([service], _READY_SECONDS)

    def supervise(self) -> Iterator[str]:
        """Look once at every process, start again what died, and tell about it."""
        process = self.postgres.process
        if process is not None and process.poll() is not None:
            yield "PostgreSQL has ended; starting it again"
            self.postgres.restart()
            yield "PostgreSQL was started again"
        if self._fresh.is_wanted or self._fresh.is_due(self._wipe_hour, datetime.now(UTC)):
            yield "The sandbox is put back to its beginning"
            self.wipe()
            yield "The sandbox begins afresh"
        now = time.monotonic()
        for service in self.services.values():
            told = service.supervise(now)
            if told is not None:
                yield told
        if self._nursery is not None and now > self._nursery.used_at + _NURSERY_SECONDS:
            # Its pages that the services wrote over are nobody's but its own by now.
            self._nursery.stop()

    def rest(self) -> None:
        """Wait until a process ends, but no longer than until the next look at everything."""
        living = [process.pid for process in self.processes.values() if process.poll() is None]
        if sys.platform != "linux" or len(living) < len(SERVICES) + 1:
            time.sleep(_WATCH_SECONDS)
            return
        with ExitStack() as held:
            handles = [os.pidfd_open(pid) for pid in living]
            for handle in handles:
                held.callback(os.close, handle)
            select.select(handles, [], [], _REST_SECONDS)

    def wipe(self) -> None:
        """Put a running sandbox back to what the demo programme left; callers get 503 meanwhile."""
        self._fresh.want()
        gateway = self.services[_GATEWAY]
        self._stop_services([gateway])
        with sandboxing.standing_in(gateway.port):
            self._stop_services(self.services.values())
            self._restore()
            self._migrate()
            self._fresh.finish()
        self._start_services()

    @property
    def _wipe_hour(self) -> str:
        return self._environment().get(sandboxing.SETTING, "")

    def _restore(self) -> None:
        with self._report.step("The sandbox's beginning"):
            self._fresh.restore()

    def _keep_fresh(self) -> None:
        """Take the copies that a wipe goes back to, once, where wipes are wanted at all."""
        if not self._wipe_hour or self._fresh.is_taken:
            return
        sandboxing.last_hour(self._wipe_hour, datetime.now(UTC))  # Nonsense is told now.
        self._stop_services(self.services.values())
        with self._report.step("Copies to go back to"):
            self._fresh.take()
        self._start_services()

    @staticmethod
    def _stop_services(services: Iterable[Service]) -> None:
        stop_all(service.process for service in services if service.process is not None)

    def _open_home(self) -> None:
        # Others may pass through but not look around: without user namespaces PostgreSQL runs as
        # a user who has to reach its folder. What is secret is 0600 each.
        self.home.mkdir(parents=True, exist_ok=True, mode=0o711)
        self.postgres.lock()
        archive = self._environment().get("ZHICHUANG_WAL_ARCHIVE")
        self.postgres.archive_to(Path(archive) if archive else None)
        for folder in ("files", "logs"):
            (self.home / folder).mkdir(exist_ok=True, mode=0o700)

    def _choose_ports(self) -> None:
        """Settle every port: as set, or free; a set one that is taken is an error."""
        wanted = dict.fromkeys(SERVICES) | {_GATEWAY: self._port}
        for name in SERVICES:
            setting = os.environ.get(_port_setting(name), "")
            # A stack on a free port is one of several on this machine: settings are for one.
            if name != _GATEWAY and self._port is not None:
                wanted[name] = int(setting) if setting.isdigit() else None
        for name, port in wanted.items():
            if port is not None and not is_free(port):
                variable = (
                    "ZHICHUANG_PORT" if name == _GATEWAY else f"ZHICHUANG_{name.upper()}_PORT"
                )
                msg = (
                    f"Port {port} ({name}) is taken by another program."
                    f" Stop that program, or choose another port: {variable}={port + 100} make up"
                )
                raise ProcessError(msg)
        spare = iter(free_ports(len(wanted)))
        self._ports = {name: port or next(spare) for name, port in wanted.items()}

    def _describe_services(self) -> None:
        environment = self._environment()
        self.services = {
            name: Service(
                name=name.replace("_", "-"),
                package=name,
                port=self._ports[name],
                environment=self._environment_of(name, environment),
                home=self.home,
                log=self.home / "logs" / f"{name}.log",
                http=protocol_of(name),
                nursery=self._nursery,
            )
            for name in SERVICES
        }

    def _open_nursery(self) -> Nursery | None:
        """Let what all services share be imported once; only Linux can hold on to such forks."""
        if sys.platform != "linux":
            return None
        nursery = Nursery(self.home / "logs" / "nursery.log", self._environment())
        nursery.start()
        return nursery

    def _environment(self) -> dict[str, str]:
        """Return what all processes are told; the caller's own settings pass through."""
        addresses = {
            f"ZHICHUANG_{name.upper()}_URL": f"http://{HOST}:{port}"
            for name, port in self._ports.items()
        }
        return {
            # In a sandbox a developer's receiver listens on this machine.
            "ZHICHUANG_WEBHOOK_ALLOWED": "127.0.0.0/8,::1/128",
            **os.environ,
            **addresses,
            "ZHICHUANG_HOME": str(self.home),
            "ZHICHUANG_FILES": str(self.home / "files"),
            "ZHICHUANG_SANDBOX": "1",
            "ZHICHUANG_SECRET": self._secrets["secret"],
            "ZHICHUANG_CREDENTIALS": str(self.credentials_file),
            "PYTHONUTF8": "1",
            **self._settings,
        }

    def _environment_of(self, name: str, common: Mapping[str, str]) -> dict[str, str]:
        # The key that opens the gateway's signing keys is told to the gateway alone.
        key = {}
        if name == _GATEWAY:
            key = {
                "ZHICHUANG_KEY_SECRET": self._secrets["keys"],
                "ZHICHUANG_PID_FILE": str(self.home / "gateway.pid"),
            }
        return {
            **common,
            **key,
            "ZHICHUANG_DATA_KEYS": self._secrets["data_keys"],
            "ZHICHUANG_DATA_KEY": self._secrets["data_key"],
            "ZHICHUANG_DATABASE_URL": self.postgres.dsn(name, "app"),
            "ZHICHUANG_CLIENT_ID": name,
            "ZHICHUANG_CLIENT_SECRET": self._secrets[name],
        }

    def gateway_environment(self) -> dict[str, str]:
        """Return the gateway's environment on a data folder whose stack runs.

        Raises `ProcessError` where none does, or `PostgresError`.
        """
        running = self.home / "running.json"
        if not running.exists():
            msg = f"Nothing runs on {self.home}. Start it with `make up`, or set ZHICHUANG_HOME."
            raise ProcessError(msg)
        self.postgres.join()
        return self._environment_of(_GATEWAY, self._environment())

    @property
    def _secrets(self) -> dict[str, str]:
        """Secrets between the stack's own processes, each made once for a data folder.

        A service that is younger than the folder gets its own when it first comes up.
        """
        path = self.home / "secrets.json"
        loaded: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        missing = [name for name in ("secret", "keys", *SERVICES) if name not in loaded]
        if missing or "data_key" not in loaded:
            loaded |= {name: secrets.token_urlsafe(32) for name in missing}
            if "data_key" not in loaded:
                loaded = with_new_data_key(loaded)
            write_private(path, json.dumps(loaded, indent=2))
        return loaded

    def _migrate(self) -> None:
        """Bring the databases to this code's version, where they are not there already."""
        digest = _digest_of_migrations()
        marker = self.home / "migrated"
        if marker.exists() and marker.read_text() == digest and self.credentials_file.exists():
            return
        common = self._environment()
        with self._report.step("Migrations of every database"):
            run_all(
                {
                    f"migrating {name}": (
                        [sys.executable, "-m", "shared.database.migrate", name],
                        {**common, "ZHICHUANG_DATABASE_URL": self.postgres.dsn(name, "owner")},
                    )
                    for name in SERVICES
                },
                self.home,
                self._nursery,
            )
        with self._report.step("Signing keys and sample credentials"):
            service_secrets = {name: self._secrets[name] for name in SERVICES}
            environment = {
                **self._environment_of(_GATEWAY, common),
                "ZHICHUANG_SERVICE_SECRETS": json.dumps(service_secrets),
            }
            bootstrap = [sys.executable, "-m", "gateway.bootstrap"]
            run_all({"gateway.bootstrap": (bootstrap, environment)}, self.home, self._nursery)
            self._set_clock()
        marker.write_text(digest)

    def _set_clock(self) -> None:
        """Begin the programme's time on a fresh folder, the same in every database.

        The route that moves the clock only moves it forward, and the beginning lies in the past.
        """
        for name in SERVICES:
            self.postgres.execute(
                "SELECT 'INSERT INTO clock_offset (id, microseconds)"
                f" VALUES (1, {self._clock_offset}) ON CONFLICT DO NOTHING'"
                " WHERE to_regclass('clock_offset') IS NOT NULL \\gexec",
                database=name,
            )

    @property
    def _clock_offset(self) -> int:
        """Microseconds from real time to the programme's, settled once for a data folder."""
        path = self.home / "clock-offset"
        if not path.exists():
            start = self._environment().get("ZHICHUANG_SANDBOX_START") or _SANDBOX_START
            try:
                offset = datetime.fromisoformat(start).astimezone(UTC) - datetime.now(UTC)
            except ValueError:
                msg = f"ZHICHUANG_SANDBOX_START={start} is not an instant such as {_SANDBOX_START}."
                raise ProcessError(msg) from None
            path.write_text(str(offset // timedelta(microseconds=1)))
        return int(path.read_text())

    def _start_services(self) -> None:
        with self._report.step(", ".join(one.name for one in self.services.values())):
            for service in self.services.values():
                service.start()
            wait_until_ready(list(self.services.values()), _READY_SECONDS)
        (self.home / "running.json").write_text(json.dumps({"url": self.url, "pid": os.getpid()}))

    def _load_demo(self) -> None:
        """Load the demo programme once, through the gateway, as everybody else would."""
        marker = self.home / "demo-loaded"
        if not self._demo or marker.exists():
            return
        log = self.home / "logs" / "demo.log"
        log.unlink(missing_ok=True)
        environment = {**self._environment(), "PYTHONUNBUFFERED": "1"}
        with self._report.step("Demo programme") as show:
            loader = spawn(
                [sys.executable, "-m", "zhichuang.demo.load"], environment, self.home, log
            )
            try:
                while loader.poll() is None:
                    show(tail(log, 200).rpartition("\n")[2])
                    time.sleep(0.1)
            finally:
                stop_all([loader])
        if loader.returncode != 0:
            msg = f"Loading the demo programme failed. The end of {log}:\n{tail(log)}"
            raise ProcessError(msg)
        marker.touch()


# Migrations, and what they write into the tables.
_MIGRATING: Final = (
    "migrations/*.py",
    "migrations/versions/*.py",
    "seed.py",
    "reference*.py",
    "*_words.py",
)


def _digest_of_migrations() -> str:
    """Return a digest over all code that a migration or the bootstrap runs."""
    digest = hashlib.sha256()
    for name in (*SERVICES, "shared"):
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            msg = f"The package {name} is not installed. Run `make clean up` to install it again."
            raise ProcessError(msg)
        root = Path(spec.submodule_search_locations[0])
        # Migrations create what the models describe, and are written by the helpers in shared;
        # reading some hundred small files costs less than four needless interpreters.
        for path in sorted(root.rglob("*.py")):
            if name in {_GATEWAY, "shared"} or any(map(path.match, _MIGRATING)):
                digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _port_setting(name: str) -> str:
    return "ZHICHUANG_PORT" if name == _GATEWAY else f"ZHICHUANG_{name.upper()}_PORT"
