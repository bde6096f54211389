"""Make both locks anew: `requirements.lock` for what runs, `requirements-dev.lock` with the tools.

`--check` only looks whether they are clean and fit what the members ask for. The resolver's own
file (`uv.lock`) names package indexes and is therefore not kept.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parent.parent
EXPORT: Final = (
    *("export", "--frozen", "--all-packages", "--no-emit-workspace", "--no-header"),
    *("--format", "requirements.txt"),
)
LOCKS: Final = {
    "requirements.lock": ("--no-default-groups",),
    "requirements-dev.lock": ("--no-default-groups", "--group", "test", "--group", "check"),
}
MEMBERS: Final = (
    "shared",
    *sorted(str(path.parent.relative_to(ROOT)) for path in ROOT.glob("services/*/pyproject.toml")),
    *("gateway", "deploy"),
)
# A line of a lock is a package, a remark or, set in, a hash: an option is where from to take one.
_ADDRESS: Final = re.compile(r"://|\bfile:|^\s*-(?!-hash=)", re.MULTILINE)
_PINNED: Final = re.compile(r"^[a-z0-9][a-z0-9._-]*==", re.MULTILINE)


def main() -> None:
    """Resolve, export and look through what comes out; write nothing when it is not clean."""
    if sys.argv[1:] == ["--check"]:
        faults = [fault for name in LOCKS for fault in check(name)]
        sys.exit("\n".join(faults) or None)
    # The environment's own uv where there is one: it is in the lock like every other tool.
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        sys.exit("✗ uv is not installed; `make install-dev` installs it.")
    _run(uv, "lock")
    texts = {name: _run(uv, *EXPORT, *groups) for name, groups in LOCKS.items()}
    for name, text in texts.items():
        faults = faults_of(text)
        if faults:
            sys.exit(f"✗ {name} was not written: " + "; ".join(faults))
    for name, text in texts.items():
        (ROOT / name).write_text(text)
        print(f"{name}: {len(_PINNED.findall(text))} packages")


def check(name: str) -> list[str]:
    """Tell what is wrong with a lock as it lies there, without asking any index."""
    text = (ROOT / name).read_text()
    pins = dict(re.findall(r"^([a-z0-9][\w.-]*)==(\S+)", text, re.MULTILINE))
    wanted = [word for member in MEMBERS for word in _dependencies(member)]
    if name == "requirements-dev.lock":
        groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
        wanted += [word for group in ("test", "check") for word in groups[group]]
    faults = [f"{name}: {fault}" for fault in faults_of(text)]
    for word in map(Requirement, wanted):
        pinned = pins.get(canonicalize_name(word.name))
        if pinned is None or not word.specifier.contains(pinned, prereleases=True):
            faults.append(f"{name}: {word} is not met ({pinned}); run `make lock`")
    return faults


def _dependencies(member: str) -> list[str]:
    project = tomllib.loads((ROOT / member / "pyproject.toml").read_text())["project"]
    return [word for word in project["dependencies"] if not word.startswith("zhichuang-")]


def faults_of(text: str) -> list[str]:
    """Tell what must not be in a lock: an address of an index, a package without its hash."""
    faults = [f"an address in {line!r}" for line in text.splitlines() if _ADDRESS.search(line)]
    blocks = [block for block in re.split(r"\n(?=\S)", text) if _PINNED.match(block)]
    faults += [f"no hash for {block.split()[0]}" for block in blocks if "--hash=" not in block]
    if not blocks:
        faults.append("it pins nothing")
    return faults


def _run(uv: str, *words: str) -> str:
    done = subprocess.run([uv, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"✗ uv {words[0]} failed:\n{done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    main()
