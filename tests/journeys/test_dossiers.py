"""A dossier at the real door: the service asks the gateway who is an agency, and one reads it."""

from uuid import uuid4

import pytest

from tests.fixtures.stack import World
from zhichuang.demo.story import EVALUATION

pytestmark = pytest.mark.xdist_group("stack")
DOSSIERS = f"{EVALUATION}/dossiers"


@pytest.mark.refusing
@pytest.mark.requirement("A133", "A135", "X04")
def test_a_dossier_goes_to_an_agency_and_to_nobody_else(world: World) -> None:
    handler, approver = world.caller("handler"), world.caller("approver")
    center = handler.get("/v1/registry/centers", limit=1)["items"][0]["id"]
    year = int(world.today()[:4])
    body = {
        "center_id": center, "parts": ["ratings"], "first_year": year - 3, "last_year": year,
        "purpose": "国家重大项目立项参考", "until_on": f"{year}-12-31",
    }  # fmt: skip
    for nobody in (world.credentials["m01"]["sub"], str(uuid4())):
        refused = approver.refused("POST", DOSSIERS, body | {"agency_id": nobody})
        assert (refused["status"], refused["code"]) == (409, "AGENCY_REQUIRED")
    agency = world.credentials["science"]["sub"]
    assert agency in {one["id"] for one in handler.get("/v1/referrals/agencies")["items"]}
    released = approver.post(DOSSIERS, body | {"agency_id": agency})
    path = f"{DOSSIERS}/{released['id']}"
    assert world.caller("science").get(path)["dossier"]["center_id"] == center
    assert world.caller("ip_office").refused("GET", path)["status"] == 404
    # What the service asks of the gateway is its own to ask.
    for stranger in ("science", "handler", "m01"):
        asked = world.caller(stranger).refused("GET", f"/v1/referrals/agencies/{agency}")
        assert asked["status"] in (403, 404)
