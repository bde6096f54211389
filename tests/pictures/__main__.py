"""`make pictures`: draw every sample into `build/pictures`."""

import pkgutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

from tests.pictures import samples
from tests.pictures.drawing import Sample, browser, draw

ROOT: Final = Path(__file__).resolve().parents[2]


def every_sample() -> list[Sample]:
    """Collect what the modules of `samples` name."""
    found: list[Sample] = []
    for module in pkgutil.iter_modules(samples.__path__):
        found += import_module(f"{samples.__name__}.{module.name}").SAMPLES
    return found


def main() -> int:
    """Draw, and tell where; pages stay HTML on a machine without a browser."""
    drawn = draw(every_sample(), ROOT / "build" / "pictures")
    for path in drawn:
        print(path.relative_to(ROOT))
    if browser() is None:
        print(
            "✗ No browser: pages were written as HTML (`make pictures-tools` installs one).",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
