"""What a process must not start without."""

import sys

import pytest

from shared.http.app import Service, service_app, share_interpreter
from shared.settings import Settings

pytestmark = pytest.mark.anyio

WHOLE = {
    "database_url": "postgresql+asyncpg:///nowhere",
    "secret": "of its own",
    "data_keys": '{"k1": "…"}',
    "data_key": "k1",
}


@pytest.mark.refusing
async def test_outside_a_sandbox_nothing_starts_without_a_data_key() -> None:
    told = {**WHOLE, "sandbox": False, "data_keys": "", "data_key": ""}
    settings = Settings.model_validate(told)
    app = service_app(Service(name="registry", title="Registry", settings=settings, routers=()))
    with pytest.raises(RuntimeError, match="without ZHICHUANG_DATA_KEYS, ZHICHUANG_DATA_KEY"):
        await app.fastapi.router.lifespan_context(app.fastapi).__aenter__()


@pytest.mark.parametrize(
    ("told", "lacking"),
    [
        ({"sandbox": False, **WHOLE}, []),
        ({"sandbox": True}, []),
        ({"sandbox": False, **WHOLE, "data_key": ""}, ["ZHICHUANG_DATA_KEY"]),
        (
            {"sandbox": False},
            ["ZHICHUANG_SECRET", "ZHICHUANG_DATA_KEYS", "ZHICHUANG_DATA_KEY"],
        ),
    ],
)
def test_a_sandbox_alone_goes_without_secrets(told: dict[str, object], lacking: list[str]) -> None:
    assert Settings.model_validate(told).lacking() == lacking


def test_a_thread_that_computes_gives_way_well_before_it_would_by_itself() -> None:
    before = sys.getswitchinterval()
    try:
        share_interpreter()
        assert sys.getswitchinterval() <= 0.001
    finally:
        sys.setswitchinterval(before)
