"""Start one program so that it ends with its parent and, for PostgreSQL, without root's rights.

Run as a script of its own (`python -I -S launch.py …`), because both are things that a process
can only do to itself, between being forked and becoming the other program; doing them in the
forked copy of a larger Python program is where threads and locks bite.

    launch.py --parent PID --death-signal NAME [--as namespace | --as UID:GID] -- PROGRAM ARGUMENTS
"""

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Final

CANNOT_CHANGE_USER: Final = 77
"""Exit status when the machine does not allow the wanted user; nothing was started."""

_CLONE_NEWUSER: Final = 0x10000000
_PR_SET_PDEATHSIG: Final = 1
_UNPRIVILEGED: Final = 65534


def main() -> None:
    """Become the program named on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", default="SIGTERM")
    parser.add_argument("--as", dest="user")
    parser.add_argument("program", nargs="+")
    arguments = parser.parse_args()
    try:
        _change_user(arguments.user)
    except OSError as error:
        print(f"cannot run as {arguments.user}: {error}", file=sys.stderr)
        sys.exit(CANNOT_CHANGE_USER)
    # After the change of user, which clears the death signal.
    _die_with_parent(arguments.parent, signal.Signals[arguments.death_signal])
    os.execv(arguments.program[0], arguments.program)  # noqa: S606 - a shell is not wanted


def _change_user(user: str | None) -> None:
    if user is None:
        return
    if user == "namespace":
        _enter_user_namespace()
        return
    uid, gid = (int(part) for part in user.split(":"))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _enter_user_namespace() -> None:
    """Be `nobody` by number in a namespace of our own, and still the same user for every file."""
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_UNPRIVILEGED} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{_UNPRIVILEGED} {gid} 1")


def _die_with_parent(parent: int, death_signal: signal.Signals) -> None:
    """Ask the kernel for the signal when the parent ends; only Linux can (elsewhere: no-op)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    # The parent may have ended before the request: then nobody would ever send the signal.
    if os.getppid() != parent:
        sys.exit(0)


if __name__ == "__main__":
    main()
