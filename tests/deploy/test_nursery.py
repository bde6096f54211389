"""Processes forked by the nursery: told apart, ended for certain, and never left behind."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhichuang.nursery import Child, Nursery, _adopting

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such handles")
# What a fork becomes: says what it was told, then does as it was told.
WORK = """
import os, random, sys, time
print(__name__, sys.argv[1:], os.environ.get("TOLD"), os.getcwd(), os.getsid(0) == os.getpid())
print("drawn", random.random(), flush=True)
if sys.argv[1] == "wait":
    time.sleep(600)
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("nursery")
    (made / "told_work.py").write_text(WORK)
    return made


@pytest.fixture(scope="module")
def nursery(folder: Path) -> Iterator[Nursery]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "TOLD": "the nursery"}
    made = Nursery(folder / "nursery.log", environment)
    yield made
    made.stop()


def run(nursery: Nursery, folder: Path, name: str, what: str, **environment: str) -> Child:
    log = folder / f"{name}.log"
    log.unlink(missing_ok=True)
    return nursery.run(name, "told_work", [what], environment, folder, log)


def wait_for(log: Path, words: str) -> str:
    deadline = time.monotonic() + 60
    while words not in (text := log.read_text() if log.exists() else ""):
        assert time.monotonic() < deadline, text
        time.sleep(0.01)
    return text


def test_each_fork_is_told_its_own_and_gives_its_own_status(nursery: Nursery, folder: Path) -> None:
    children = [run(nursery, folder, f"one{n}", str(n), TOLD=f"word {n}") for n in range(3)]
    assert [child.wait(60) for child in children] == [0, 1, 2]
    assert [child.poll() for child in children] == [0, 1, 2]
    told = [(folder / f"one{n}.log").read_text().splitlines() for n in range(3)]
    for number, lines in enumerate(told):
        assert lines[0] == f"__main__ ['{number}'] word {number} {folder} True"
    assert len({lines[1] for lines in told}) == 3, "forks draw numbers of their own"


def test_a_fork_ends_when_it_is_asked_to_or_killed(nursery: Nursery, folder: Path) -> None:
    for end, status in ((Child.terminate, -signal.SIGTERM), (Child.kill, -signal.SIGKILL)):
        child = run(nursery, folder, "long", "wait")
        wait_for(folder / "long.log", "drawn")
        assert child.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.01)
        end(child)
        assert child.wait(60) == status
        end(child)  # Nobody else's process is meant by its number now.


def test_what_it_forked_outlives_it_and_the_next_one_takes_orders(
    nursery: Nursery, folder: Path
) -> None:
    living = [run(nursery, folder, f"living{number}", "wait") for number in range(2)]
    for number in range(2):
        wait_for(folder / f"living{number}.log", "drawn")
    assert nursery.pid is not None
    os.kill(nursery.pid, signal.SIGKILL)
    # One is ended, and started again by a new nursery; the other never notices.
    living[0].kill()
    assert living[0].wait(60) == -signal.SIGKILL
    again = run(nursery, folder, "again", "7")
    nursery.stop()
    assert again.wait(60) == 7
    assert living[1].poll() is None
    living[1].terminate()
    assert living[1].wait(60) == -signal.SIGTERM


# A nursery that is asked to end at the very moment at which it tells of a fork.
ENDED_AT_ONCE = """
import os, signal
from pathlib import Path
from zhichuang import nursery
write = os.write
def told(to, what):
    written = write(to, what)
    if to == 1:
        os.kill(os.getpid(), signal.SIGTERM)
    return written
os.write = told
Path(nursery._tend()["log"]).write_text("begun")
"""


def test_a_fork_begins_though_the_nursery_ends_as_it_tells_of_it(folder: Path) -> None:
    log = folder / "begun.log"
    command = [sys.executable, "-c", ENDED_AT_ONCE]
    with _adopting():
        nursery = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said, _ = nursery.communicate(json.dumps({"log": str(log)}).encode() + b"\n", 60)
        child = Child(json.loads(said)["pid"])
    assert nursery.returncode == -signal.SIGTERM
    assert child.wait(60) == 0
    assert log.read_text() == "begun"


RUNNER = """
import os, sys, time
from pathlib import Path
from zhichuang.nursery import Nursery
folder = Path(sys.argv[1])
nursery = Nursery(folder / "runner.log", dict(os.environ))
child = nursery.run("left", "told_work", ["wait"], dict(os.environ), folder, folder / "left.log")
nursery.stop()
print(child.pid, flush=True)
time.sleep(600)
"""


def test_what_it_forked_ends_with_whoever_ordered_it(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", RUNNER, str(folder)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout is not None
        handle = os.pidfd_open(int(runner.stdout.readline()))
        wait_for(folder / "left.log", "drawn")
        runner.kill()
    assert select.select([handle], [], [], 60)[0], "it is left behind"
    os.close(handle)
