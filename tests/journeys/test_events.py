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


@pytest.mark.parametrize("service", PACKAGES)
def test_what_was_recorded_fits_the_catalogue(world: World, service: str) -> None:
    events = feed(world.caller("auditor" if service == "gateway" else "handler"), service)
    assert events, "the demo programme records events in each service"
    faults = []
    for event in events:
        schema = event_types.schema_of(service, event["type"])
        if schema is None:
            faults.append(f"{event['type']} is not in the catalogue")
            continue
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        faults += [f"{event['type']}: {error.message}" for error in validator.iter_errors(event)]
    assert not faults, sorted(set(faults))
