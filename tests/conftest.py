"""What tests share: real PostgreSQL, real stacks, and seeds that can be repeated."""

import gc
import os
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from tests.fixtures.memory import in_memory

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.service",
    "tests.fixtures.stack",
    "tests.fixtures.walks",
    "tests.requirements.plugin",
]

# `make test` runs few examples with a fixed seed; `make prove` asks for its counts by profile.
settings.register_profile(
    "test", max_examples=25, derandomize=True, deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
settings.register_profile(
    "prove", max_examples=int(os.environ.get("ZHICHUANG_EXAMPLES", "1000")), deadline=None,
    database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
PROFILE = os.environ.get("ZHICHUANG_PROFILE", "test")
settings.load_profile(PROFILE)

# Thousands of tests and all four services stay in a worker until it ends: whoever looks for garbage
# among them looks in vain, a fifth of the time.
gc.disable()


_FORM: Final = Path(__file__).parent / "form"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the code's form to `make check`, which asks it by name; no answer for all else."""
    if collection_path != _FORM:
        return None
    asked = [Path(one.partition("::")[0]).resolve() for one in config.args]
    return None if any(one.is_relative_to(_FORM) for one in asked) else True


def pytest_collection_finish() -> None:
    """Leave alone what stays, and look for garbage from here on."""
    gc.freeze()
    gc.enable()


# What is proven of kills under load keeps a disk that has to be flushed.
if PROFILE == "test" and (memory := in_memory()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the services do."""
    return "asyncio"
