"""Every event that a stack has recorded is one of the catalogue, and fits its schema."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gateway.portal import event_types
from shared.services import PACKAGES
from tests.fixtures.stack import World
from zhichuang.demo.client import Caller


def feed(caller: Caller, service: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path = f"/v1/{service.replace('_', '-')}/events"
    while True:
        page = caller.get(path, after=found[-1]["position"] if found else 0, limit=500)
        if not page["items"]:
            return found
        found += page["items"]


def write_a_template(world: World) -> None:
    """The demo programme brings nothing into the ledger: centres do, when they have something."""
    template = {
        "code": f"joint-{world.number()}", "language": "zh", "title": "共建协议",
        "body": "甲方：{{party_a}}", "fields": [{"name": "party_a", "label": "甲方"}],
    }  # fmt: skip
    world.caller("handler").post("/v1/ip-ledger/agreement-templates", template)


@pytest.mark.parametrize("service", PACKAGES)
def test_what_was_recorded_fits_the_catalogue(world: World, service: str) -> None:
    write_a_template(world)
    events = feed(world.caller("auditor" if service == "gateway" else "handler"), service)
    assert events, "each service has recorded something"
    faults = []
    for event in events:
        schema = event_types.schema_of(service, event["type"])
        if schema is None:
            faults.append(f"{event['type']} is not in the catalogue")
            continue
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        faults += [f"{event['type']}: {error.message}" for error in validator.iter_errors(event)]
    assert not faults, sorted(set(faults))
