"""What each kind of fact asks of its payload beyond its fields: both sides of each condition."""

from datetime import date
from typing import Any

import pytest

from registry.facts.rules import FactKind, NewFact
from registry.facts.rules.special import SPECIFIC
from shared.database import new_id
from shared.rules import failed_codes

TODAY = date(2027, 6, 1)


def refused(kind: FactKind, payload: dict[str, Any]) -> list[tuple[str, str | None]]:
    fact = NewFact(
        center_id=new_id(), kind=kind, occurred_on=TODAY, external_id="1", payload=payload
    )
    checks = list(SPECIFIC[kind](fact, TODAY))
    assert len(failed_codes(checks)) == sum(one.refuses for one in checks)
    return [(one.code, one.pointer) for one in checks if one.refuses]


def missing(name: str) -> list[tuple[str, str]]:
    return [("FIELD_MISSING", f"/payload/{name}")]


def invalid(name: str) -> list[tuple[str, str]]:
    return [("FIELD_INVALID", f"/payload/{name}")]


def reversed_(name: str) -> list[tuple[str, str]]:
    return [("DAYS_REVERSED", f"/payload/{name}")]


@pytest.mark.requirement("A155")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("scope", "representing", "country", "faults"),
    [
        ("international", "nation", "DE", []),
        ("international", "city", "DE", []),
        ("international", "nation", None, missing("country")),
        ("national", "city", None, []),
        ("national", "center", "CN", []),
        ("national", "nation", None, invalid("representing")),
    ],
)
def test_who_stands_for_the_nation_does_so_abroad(
    scope: str, representing: str, country: str | None, faults: list[tuple[str, str]]
) -> None:
    payload = {"scope": scope, "representing": representing, "country": country}
    assert refused(FactKind.COOPERATION_EVENT, payload) == faults


@pytest.mark.requirement("A039")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("payload", "faults"),
    [
        ({"event": "exchange", "international": True, "country": "DE"}, []),
        ({"event": "exchange", "international": True}, missing("country")),
        ({"event": "exchange"}, []),
        ({"event": "introduced", "international": False}, []),
        (
            {"event": "introduced", "international": True, "country": "DE"},
            invalid("international"),
        ),
    ],
)
def test_an_exchange_alone_goes_abroad(
    payload: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    assert refused(FactKind.TALENT_EVENT, payload) == faults


@pytest.mark.requirement("A036")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("leader", "members", "since", "faults"),
    [
        ("p1", ["p2", "p3"], "2027-06-01", []),
        ("p1", ["p1", "p2"], "2027-06-01", invalid("leader_ref")),
        ("p1", ["p2", "p2"], "2027-06-01", invalid("member_refs")),
        ("p1", ["p2"], "2027-06-02", [("DAY_IN_FUTURE", "/payload/since")]),
    ],
)
def test_a_team_has_a_leader_beside_its_members(
    leader: str, members: list[str], since: str, faults: list[tuple[str, str]]
) -> None:
    payload = {"leader_ref": leader, "member_refs": members, "since": since}
    assert refused(FactKind.TALENT_TEAM, payload) == faults


@pytest.mark.requirement("A153")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("payload", "faults"),
    [
        ({}, []),
        ({"milestones": None}, []),
        ({"milestones": [{"code": "a"}, {"code": "b"}], "project_ref": "P"}, []),
        ({"milestones": [{"code": "a"}]}, missing("project_ref")),
        ({"milestones": [{"code": "a"}] * 2, "project_ref": "P"}, invalid("milestones")),
        ({"starts_on": "2027-01-01", "ends_on": "2027-01-01"}, []),
        ({"starts_on": "2027-01-02", "ends_on": "2027-01-01"}, reversed_("ends_on")),
        ({"ends_on": "2027-01-01"}, []),
    ],
)
def test_milestones_belong_to_a_project_and_stand_once(
    payload: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    assert refused(FactKind.INTERNATIONAL_PROJECT, payload) == faults


@pytest.mark.requirement("A154")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("country", "faults"), [("DE", []), ("HK", []), ("CN", invalid("country"))]
)
def test_an_acquisition_overseas_is_not_at_home(
    country: str, faults: list[tuple[str, str]]
) -> None:
    assert refused(FactKind.OVERSEAS_ACQUISITION, {"country": country}) == faults
