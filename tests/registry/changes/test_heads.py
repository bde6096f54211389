"""HEAD is answered wherever GET is: the same status and headers, and no body."""

import pytest

from registry.dumps.jobs import write
from tests.registry.facts.conftest import House

# They name the request itself, or the moment.
OWN = {"x-request-id", "traceparent", "x-sandbox-clock"}

pytestmark = pytest.mark.anyio


async def test_head_tells_what_get_would(house: House) -> None:
    while await house.registry.number():
        pass
    assert await write(house.registry.app)
    async with house.registry.client("service") as service:
        dumps = (await service.get("/v1/registry/dumps")).json()["items"]
        paths = [
            "/v1/registry/centers", "/v1/registry/events", "/v1/public/statistics",
            f"/v1/registry/centers/{house.center_id}", "/v1/registry/centers/nonsense",
            "/v1/registry/deltas", dumps[0]["parts"][0]["href"],
        ]  # fmt: skip
        for path in paths:
            full, bare = await service.get(path), await service.head(path)
            assert bare.status_code == full.status_code, path
            assert bare.content == b""
            expected = {name: value for name, value in full.headers.items() if name not in OWN}
            found = {name: value for name, value in bare.headers.items() if name not in OWN}
            assert found == expected, path
        tag = (await service.head(paths[0])).headers["etag"]
        kept = await service.head(paths[0], headers={"If-None-Match": tag})
        assert kept.status_code == 304


@pytest.mark.refusing
async def test_head_where_there_is_no_get_is_refused_and_never_acts(house: House) -> None:
    async with house.registry.client() as anyone:
        assert (await anyone.head("/v1/registry/centers")).status_code == 401
        assert (await anyone.head("/v1/nothing")).status_code == 404
    async with house.caller(house.member) as member:
        answer = await member.head("/v1/registry/fact-batches")
    assert (answer.status_code, answer.content) == (405, b"")
