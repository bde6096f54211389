"""A stand-in for the services, so that the runner is tested by itself and in seconds."""

import inspect
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from shared import services, telemetry
from shared.http import serving

APP = """
import json, os, sys

if os.environ.get("FAKE_BROKEN") == os.environ["ZHICHUANG_CLIENT_ID"]:
    sys.exit("cannot start: the test says so")

def create_app():
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        names = ["ZHICHUANG_CLIENT_ID", "ZHICHUANG_REGISTRY_URL", "ZHICHUANG_SANDBOX"]
        body = {name: os.environ[name] for name in names}
        body |= {"pid": os.getpid(), "told_key": "ZHICHUANG_KEY_SECRET" in os.environ}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})
    return app
"""
MIGRATE = """
import os, sys
assert "_owner:" in os.environ["ZHICHUANG_DATABASE_URL"]
with open(os.path.join(os.environ["ZHICHUANG_HOME"], "migrations-run"), "a") as log:
    log.write(sys.argv[1] + "\\n")
if os.environ.get("FAKE_BROKEN") == "migration":
    sys.exit("relation does not exist")
"""
BOOTSTRAP = """
import json, os
assert set(json.loads(os.environ["ZHICHUANG_SERVICE_SECRETS"])) >= {"registry", "gateway"}
with open(os.environ["ZHICHUANG_CREDENTIALS"], "w") as file:
    json.dump({"m01": {"client_id": "m01", "client_secret": "s"}}, file)
"""
DOOR = "from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as DoorProtocol\n"


def write_packages(folder: Path) -> None:
    """Write packages with the services' names, to be found before the real ones."""
    files = {"shared/database/migrate.py": MIGRATE, "gateway/bootstrap.py": BOOTSTRAP}
    files["gateway/proxy/wire.py"] = DOOR
    for real in (services, telemetry, serving):
        files[f"{real.__name__.replace('.', '/')}.py"] = inspect.getsource(real)
    for name in services.PACKAGES:
        files[f"{name}/app.py"] = APP
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for parent in path.relative_to(folder).parents[:-1]:
            (folder / parent / "__init__.py").touch()


class Runner:
    """`zhichuang up` in a process of its own, over the stand-ins."""

    def __init__(self, packages: Path, home: Path, port: int, **settings: str) -> None:
        self.home = home
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.output = home.parent / f"output-{time.monotonic_ns()}"
        environment = os.environ | {
            "PYTHONPATH": str(packages),
            "ZHICHUANG_HOME": str(home),
            "ZHICHUANG_PORT": str(port),
            "ZHICHUANG_DEMO": "0",
            "COLUMNS": "200",
            **settings,
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "zhichuang.cli", "up"],
                env=environment,
                stdout=output,
                stderr=output,
            )

    @property
    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, words: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.text:
            assert self.process.poll() is None or words in self.text, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def left_over(self) -> list[str]:
        """Commands of processes that still run and that were told this data folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
                told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            except OSError:
                continue
            if (
                state != "Z"
                and str(self.home).encode() in told
                and process.name != str(os.getpid())
            ):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found
