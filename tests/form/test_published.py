"""The four published documents fit into one, and every operation says who may call it."""

import importlib
import os
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from gateway.portal import event_types, problems
from tests.form.source import SERVICES, listed

METHODS = ("get", "put", "post", "delete", "patch")
CALL = re.compile(r"(?:GET|PUT|POST|DELETE|PATCH) /[^\s`]*")


@cache
def documents() -> dict[str, dict[str, Any]]:
    """Each service's own document; making one needs no database."""
    os.environ.setdefault("ZHICHUANG_DATABASE_URL", "postgresql+asyncpg://nobody@/nothing")
    made = {}
    for name in SERVICES:
        app = importlib.import_module(f"{name}.app").create_app()
        made[name] = app.fastapi.openapi()
    return made


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for service, document in documents().items():
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield service, f"{method.upper()} {path}", item[method]


def test_a_model_has_one_meaning_in_the_whole_house() -> None:
    """The aggregated document has one list of models: a name of two meanings would hide one."""
    first: dict[str, tuple[str, Any]] = {}
    titled: dict[str, str] = {}
    faults = []
    for service, document in documents().items():
        for name, model in document["components"]["schemas"].items():
            # The framework tells two models of one name apart, within a service, by longer names.
            if "__" in name or titled.setdefault(model.get("title", name), name) != name:
                faults.append(f"{name} of {service} has a namesake")
            owner, known = first.setdefault(name, (service, model))
            if known != model:
                faults.append(f"{name} of {service} differs from that of {owner}")
    assert not faults, listed(faults)


def test_every_operation_declares_its_callers() -> None:
    faults = [place for _, place, operation in operations() if "x-access" not in operation]
    assert not faults, listed(faults)


def test_operation_names_are_unique_and_begin_with_their_service() -> None:
    seen: dict[str, str] = {}
    faults = []
    for service, place, operation in operations():
        name = operation["operationId"]
        if name in seen:
            faults.append(f"{place} and {seen[name]} are both {name}")
        seen[name] = place
        if service != "gateway" and not name.startswith((f"{service}_", "public_")):
            faults.append(f"{place} is named {name}")
    assert not faults, listed(faults)


def test_every_address_belongs_to_its_service() -> None:
    faults = []
    for service, place, _ in operations():
        own = (f"/v1/{service.replace('_', '-')}/", "/v1/public/", "/internal/")
        if service != "gateway" and not place.split(" ")[1].startswith(own):
            faults.append(f"{place} of {service}")
    assert not faults, listed(faults)


# What an event tells under a name that the API has for something else: how many there are, which
# fields were changed, the votes by holder.
OTHERWISE = {
    ("evaluation", "experts"), ("ip_ledger", "approvals"), ("ip_ledger", "lines"),
    ("ip_ledger", "signatures"),
    ("registry", "fields"), ("registry", "votes"),
}  # fmt: skip


def _taken(service: str) -> dict[str, list[Draft202012Validator]]:
    """Give, by the name of a field, every form that it has in a service's own document."""
    components = documents()[service]["components"]
    found: dict[str, list[Draft202012Validator]] = {}
    for name, schema in components["schemas"].items():
        for field in schema.get("properties", {}):
            place = f"#/components/schemas/{name}/properties/{field}"
            form = Draft202012Validator({"components": components, "$ref": place})
            found.setdefault(field, []).append(form)
    return found


def _told() -> Iterator[tuple[str, str, str, Any]]:
    """Give each field of each event's example, but for what is the envelope of a resource."""
    for service in event_types.services():
        for name in event_types.types_of(service):
            example = event_types.example_of(service, name)
            assert example is not None
            for field, value in example["data"].items():
                if field not in {"resource", "fields_changed", "removed"}:
                    yield service, name, field, value


def test_an_example_of_an_event_holds_what_the_api_has_under_its_name() -> None:
    forms = {service: _taken(service) for service in event_types.services()}
    judged: dict[tuple[str, str, str], bool] = {}
    faults = set()
    for service, name, field, value in _told():
        known, key = forms[service].get(field), (service, field, repr(value))
        if known is None or (service, field) in OTHERWISE:
            continue
        if key not in judged:
            judged[key] = any(form.is_valid(value) for form in known)
        if not judged[key]:
            faults.add(f"{field} of {service} {name}: {value!r}")
    assert not faults, listed(sorted(faults))
    assert len(judged) > 200


def test_every_call_that_the_portal_advises_is_an_operation() -> None:
    known = {place for _, place, _ in operations()}
    named = [
        (code, call, text)
        for code, texts in problems.mending().items()
        for text in texts.values()
        for call in CALL.findall(text)
    ]
    # In backticks, where the page makes a link of it.
    faults = [
        f"{code}: {call}"
        for code, call, text in named
        if call not in known or call not in text.split("`")[1::2]
    ]
    assert not faults, listed(faults)
    assert len(named) > 500
