"""Every kind of fact by its own example, and what each kind refuses."""

import re
from datetime import date
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import ValidationError

from registry.facts import rules, schemas
from registry.facts.kinds import PAYLOADS, FactPayload
from registry.facts.rules import FactKind
from registry.programme.reference import CODE_TABLES
from shared.database import new_id
from shared.rules import failed_codes

TODAY = date(2027, 6, 1)
FILE = new_id()
PARTNERS = ["91310110FAKE00187W", "91310114FAKE00064M"]
EXAMPLES: dict[str, dict[str, Any]] = {one.KIND.value: dict(one.EXAMPLE) for one in PAYLOADS}


def judged(kind: str, *, evidence: bool = True, **over: Any) -> list[str]:
    """Read and judge a fact as a posting does; give the codes, or FORM where it does not fit."""
    payload = {name: value for name, value in {**EXAMPLES[kind], **over}.items() if value != ""}
    body = {
        "center_id": str(new_id()),
        "kind": kind,
        "occurred_on": "2027-03-01",
        "external_id": "1",
        "payload": payload,
        "evidence": [str(FILE)] if evidence else [],
        "chain_stage": "rd_supply",
    }
    try:
        fact = schemas.ROWS.validate_python(body).fact().stored_form()
    except ValidationError:
        return ["FORM"]
    fields = {"integrated_circuit"}
    checks = [*rules.content_checks(fact, {FILE}, TODAY), *rules.field_checks(fact, fields)]
    return failed_codes(checks)


def case(row: str, kind: str, **over: Any) -> Any:
    return pytest.param(kind, over, marks=pytest.mark.requirement(row), id=f"{row}-{kind}")


def refused(row: str, code: str, kind: str, **over: Any) -> Any:
    named = "-".join(over)
    marks = (pytest.mark.requirement(row), pytest.mark.refusing)
    return pytest.param(code, kind, over, marks=marks, id=f"{row}-{kind}-{named}-{code}")


@pytest.mark.parametrize(
    ("kind", "over"),
    [
        case("A004", "business_model"),
        case("A006", "project", bottlenecks=["chokepoint", "talent_gap"]),
        case("A006", "technology_stage", bottlenecks=["foreign_dependence"]),
        case("A009", "site"),
        case("A009", "site", region_code="320500", closed_on="2027-06-01"),
        case("A010", "talent"),
        case("A011", "cooperation_event"),
        case("A011", "cooperation_event", scope="domestic", country="", event_kind="cooperation"),
        case("A012", "benchmark"),
        case("A012", "benchmark", metric="", own_value="", comparator_value=""),
        case("A025", "project", project_kind="frontier"),
        case("A027", "breakthrough", trl_before=4, trl_after=6),
        case("A027", "breakthrough", trl_before=6, trl_after=6),
        case("A027", "breakthrough", trl_before=6, trl_after=5, trl_reason="样机失效"),
        case("A028", "project", project_kind="common_key"),
        case("A028", "project", project_kind="cross_industry"),
        case("A029", "adoption", effect="良率提高"),
        case("A034", "joint_training", partner_usccs=PARTNERS),
        case("A034", "joint_training", starts_on="2027-03-01", ends_on="2027-03-01"),
        case("A035", "talent", category="entrepreneur"),
        case("A035", "talent", category="craftsman"),
        case("A036", "talent_team", since="2027-06-01"),
        case("A037", "talent_event", event="introduction", international=False),
        case("A037", "talent_event", event="training", international=False),
        case("A037", "talent_event", event="employment", international=False),
        case("A038", "training", trainee_uscc="91310115FAKE00021N", session_ref="S-1"),
        case("A039", "talent_event", event="exchange", international=True, country="JP"),
        case("A066", "project", project_kind="industrial_basic"),
        case("A071", "standard", domain="testing"),
        case("A073", "lesson"),
        case("A087", "operating_activity", counterparty_uscc="91310110FAKE00187W"),
        case("A097", "project", stage="pilot_scale"),
        case("A149", "talent", category="compound_talent", level="municipal"),
        case("A150", "project", trainee_refs=["P-1", "P-2"]),
        case("A152", "intelligence_report", confidentiality="internal"),
        case("A153", "international_project", project_ref="IP-4", milestones=[
            {"code": "M1", "title": "样机", "due_on": "2027-09-30"}]),
        case("A154", "overseas_acquisition"),
        case("A155", "cooperation_event", representing="nation"),
        case("A155", "cooperation_event", representing="city", scope="domestic", country=""),
    ],
)  # fmt: skip
def test_a_kind_takes_what_its_row_names(kind: str, over: dict[str, Any]) -> None:
    assert judged(kind, **over) == []


@pytest.mark.parametrize("kind", list(FactKind))
def test_the_example_of_every_kind_is_right(kind: FactKind) -> None:
    # The examples look ahead to the end of a year that the clock of these tests is still in.
    later: dict[str, Any] = {"alive_on": "2027-05-01"} if kind is FactKind.INCUBATION else {}
    assert judged(kind.value, **later) == []


def words(annotation: Any) -> set[str]:
    """Collect the words that a field takes, of a literal or an enum, optional or not."""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return {member.value for member in annotation}
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return {word for part in get_args(annotation) for word in words(part)}


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.KIND.value)
def test_a_field_takes_the_words_of_the_table_that_it_names(payload: type[FactPayload]) -> None:
    for name, field in payload.model_fields.items():
        named = re.search(r"table `([\w-]+)`", field.description or "")
        taken = words(field.annotation)  # None where any code may stand.
        if named and taken:
            known = {code for code, *_ in CODE_TABLES.get(named[1], ())}
            assert taken == known, f"{name} and the code table {named[1]} differ"


@pytest.mark.parametrize(
    ("code", "kind", "over"),
    [
        refused("A004", "FORM", "business_model", description=""),
        refused("A006", "FORM", "project", bottlenecks=["laziness"]),
        refused("A006", "FIELD_INVALID", "project", bottlenecks=["talent_gap", "talent_gap"]),
        refused("A008", "CODE_UNKNOWN", "technology_stage", field_code="moon_dust"),
        refused("A008", "FORM", "technology_stage", stage="forgotten"),
        refused("A009", "CODE_UNKNOWN", "site", region_code="310199"),
        refused("A009", "DAYS_REVERSED", "site", closed_on="2027-02-28"),
        refused("A009", "DAY_IN_FUTURE", "site", closed_on="2027-06-02"),
        refused("A010", "FORM", "talent", person_ref="张三"),
        refused("A011", "FIELD_MISSING", "cooperation_event", country=""),
        refused("A011", "FORM", "cooperation_event", event_kind="war"),
        refused("A012", "FIELD_MISSING", "benchmark", comparator_value=""),
        refused("A012", "FORM", "benchmark", comparator=""),
        refused("A025", "FORM", "project", project_kind="outlandish"),
        refused("A027", "FIELD_MISSING", "breakthrough", trl_before=6, trl_after=5),
        refused("A027", "FORM", "breakthrough", trl_after=10),
        refused("A028", "FORM", "project", project_kind="cross"),
        refused("A029", "USCC_CHECK_DIGIT", "adoption", adopter_uscc="91310112FAKE00080F"),
        refused("A034", "FORM", "joint_training", partner_usccs=[]),
        refused("A034", "FIELD_INVALID", "joint_training", partner_usccs=[PARTNERS[0]] * 2),
        refused("A034", "DAYS_REVERSED", "joint_training", ends_on="2027-02-28"),
        refused("A034", "USCC_FORMAT", "joint_training", partner_usccs=["x"]),
        refused("A035", "FORM", "talent", category="巧手"),
        refused("A036", "FIELD_INVALID", "talent_team", member_refs=["P-1", "P-1"]),
        refused("A036", "FIELD_INVALID", "talent_team", leader_ref="P-0018"),
        refused("A036", "DAY_IN_FUTURE", "talent_team", since="2027-06-02"),
        refused("A036", "FORM", "talent_team", member_refs=[]),
        refused("A037", "FORM", "talent_event", event="dismissal"),
        refused("A038", "FORM", "training", person_times=-1),
        refused("A039", "FIELD_MISSING", "talent_event", country=""),
        refused("A039", "FIELD_INVALID", "talent_event", event="employment"),
        refused("A066", "FORM", "project", project_kind="basic"),
        refused("A071", "FORM", "standard", domain="cooking"),
        refused("A073", "FORM", "lesson", theme="weather"),
        refused("A087", "FORM", "operating_activity", activity="idling"),
        refused("A097", "FORM", "project", stage="halfway"),
        refused("A149", "FORM", "talent", level="galactic"),
        refused("A150", "FIELD_INVALID", "project", trainee_refs=["P-1", "P-1"]),
        refused("A152", "FORM", "intelligence_report", confidentiality="public"),
        refused("A153", "FIELD_MISSING", "international_project", milestones=[
            {"code": "M1", "title": "样机", "due_on": "2027-09-30"}]),
        refused("A153", "FORM", "international_progress", status="planned"),
        refused("A154", "FIELD_INVALID", "overseas_acquisition", country="CN"),
        refused("A154", "FORM", "overseas_acquisition", compliance_note="已批"),
        refused("A155", "FIELD_INVALID", "cooperation_event", representing="nation",
                scope="domestic"),
    ],
)  # fmt: skip
def test_a_kind_refuses_what_its_row_forbids(code: str, kind: str, over: dict[str, Any]) -> None:
    assert judged(kind, **over) == [code]


@pytest.mark.requirement("A012")
@pytest.mark.refusing
def test_a_benchmark_without_evidence_is_refused() -> None:
    assert judged("benchmark", evidence=False) == ["FIELD_MISSING"]


@pytest.mark.requirement("A004", "A019")
def test_a_new_business_model_says_which_link_it_serves() -> None:
    assert FactKind.BUSINESS_MODEL in rules.ACTIVITIES
    assert FactKind.BUSINESS_MODEL not in rules.IMPLIED_STAGES
