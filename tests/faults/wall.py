"""A wall clock that can be moved under a running process, where a C compiler is at hand.

What the process asks of the real time goes through a preloaded library, which adds the seconds
that a shared file holds; monotonic time is left alone, as it is when a machine's clock is set.
"""

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static volatile long *seconds;
__attribute__((constructor)) static void look(void) {
    const char *path = getenv("WALL_SECONDS");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) seconds = page;
    close(file);
}
int clock_gettime(clockid_t id, struct timespec *at) {
    int status = syscall(SYS_clock_gettime, id, at);
    if (!status && seconds && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        at->tv_sec += *seconds;
    return status;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


class Wall:
    """The real time as some processes see it."""

    def __init__(self, folder: Path) -> None:
        """Build the library in `folder`; `possible` tells whether it could be built."""
        self._seconds = folder / "wall-seconds"
        self._seconds.write_bytes(struct.pack("l", 0))
        self._library = folder / "wall.so"
        self.possible = self._built()

    @property
    def environment(self) -> dict[str, str]:
        """What a process has to be told so that its clock follows."""
        if not self.possible:
            return {}
        return {"LD_PRELOAD": str(self._library), "WALL_SECONDS": str(self._seconds)}

    def jump(self, seconds: int) -> None:
        """Put the clock so far from the real time."""
        with self._seconds.open("r+b") as file:
            file.write(struct.pack("l", seconds))

    def _built(self) -> bool:
        compiler = shutil.which("cc")
        if compiler is None:
            return False
        source = self._library.with_suffix(".c")
        source.write_text(SOURCE)
        command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(self._library), str(source)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
