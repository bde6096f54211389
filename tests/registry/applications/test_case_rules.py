"""What a case rests on, is told and lacks, on both sides of every boundary; no database."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from registry.applications.rules import (
    BEYOND_MENDING,
    OPEN,
    UNDER_REVIEW,
    CallTerms,
    CaseCapacity,
    Dossier,
    EvidenceKind,
    ExceptionState,
    Gate,
    ProfileFacts,
    State,
    Told,
    Waiting,
    approval_checks,
    clearing_checks,
    composition_checks,
    duty_checks,
    entity_checks,
    exception_decision_checks,
    honesty_checks,
    next_step,
    recommendation_checks,
    rejection_checks,
    return_checks,
    review_checks,
    steps_due,
    submission_checks,
)
from registry.applications.rules.comparing import changes, file_ids
from registry.applications.rules.composition import lead_honesty_check
from registry.applications.rules.dossier import technology_room_checks
from registry.centers.rules import AgreementFacts, ApplicantForm, ModelType
from registry.memberships.rules import MembershipRole
from registry.organizations.rules import OrgType
from shared.rules import Check, failed_codes
from tests.registry.applications.dossiers import (
    BORROWED,
    DONE,
    FIELDS,
    FIVE,
    LEAD,
    OWNED,
    POLICY,
    TODAY,
    UNIVERSITY,
    USER,
    WHOLE,
    judged,
    party,
    refused,
    warned,
)


def of(checks: list[Check], code: str) -> Check:
    (found,) = [check for check in checks if check.code == code]
    return found


# Two submissions side by side.


@pytest.mark.requirement("A117")
def test_entries_of_which_one_has_no_name_are_compared_by_their_places() -> None:
    before: list[Any] = [{"kind": "plan", "n": 1}, {"n": 2}]
    after: list[Any] = [{"n": 2}, {"kind": "plan", "n": 1}]
    assert [change.pointer for change in changes(before, after)] == ["/0/kind", "/0/n", "/1/kind",
                                                                     "/1/n"]  # fmt: skip


def test_entries_of_one_name_are_compared_by_their_places() -> None:
    before = [{"kind": "plan", "n": 1}, {"kind": "plan", "n": 2}]
    after = [{"kind": "plan", "n": 3}, {"kind": "plan", "n": 2}]
    assert [change.pointer for change in changes(before, after)] == ["/0/n"]


def test_a_submission_rests_on_the_files_that_it_names_wherever_they_stand() -> None:
    content = {
        "file_id": "a",
        "materials": [{"kind": "plan", "file_id": "b"}, ["file_id", {"file_id": "c"}]],
        # A place for a file without one; and a text that is none.
        "exception": {"file_id": None, "file_ids": "d", "note": "file_id"},
        "nested": {"file_id": {"file_id": "e"}},
    }
    assert list(file_ids(content)) == ["a", "b", "c", "e"]
    assert list(file_ids("a")) == list(file_ids(None)) == []


# Who is in the centre.


@pytest.mark.requirement("X17")
@pytest.mark.parametrize(("sponsors", "members"), [(True, False), (False, True)])
def test_whom_a_record_bars_is_the_policys(*, sponsors: bool, members: bool) -> None:
    barring = {"bars_sponsors": sponsors, "bars_members": members}
    policy = replace(POLICY, parameters={**POLICY.parameters, "X17": barring})
    barred: Any = {"dishonest_until": TODAY}
    lead = party(1, role=MembershipRole.LEAD, **barred)
    others = [party(2, role=MembershipRole.SPONSOR, **barred), party(3, **barred)]
    entity = party(4, **barred)
    assert lead_honesty_check(policy, lead, TODAY).passed is not sponsors
    checks = honesty_checks(policy, [lead, *others], entity, TODAY, but=lead.org_id)
    assert [not check.passed for check in checks] == [sponsors, members, sponsors]


@pytest.mark.requirement("A058")
@pytest.mark.parametrize(("proven", "codes"), [(1, ["MODEL_COMPOSITION"]), (2, []), (3, [])])
def test_a_rank_that_the_register_says_is_proven_by_a_document(
    proven: int, codes: list[str]
) -> None:
    leading = [
        party(number, is_leading=True, has_rank_evidence=number <= proven) for number in (1, 2, 3)
    ]
    # The document of one that leads nothing counts for nobody.
    other = party(9, has_rank_evidence=True)
    checks = composition_checks(POLICY, ModelType.ENTERPRISE, [*leading, other])
    assert [code for code in warned(checks) if code == "MODEL_COMPOSITION"] == codes


@pytest.mark.requirement("A068")
@pytest.mark.parametrize("model", list(ModelType))
def test_only_a_platform_centre_is_asked_for_its_park(model: ModelType) -> None:
    for has_park in (True, False):
        checks = composition_checks(POLICY, model, FIVE, has_park=has_park)
        assert of(checks, "PARK_MISSING").passed is (has_park or model is not ModelType.PLATFORM)
    assert of(composition_checks(POLICY, model, FIVE), "PARK_MISSING").passed


@pytest.mark.requirement("A021")
def test_what_is_covered_is_not_told_as_missing() -> None:
    for parties, missing in (
        (FIVE, []),
        ((UNIVERSITY, USER), ["enterprise"]),
        ((party(1, OrgType.TESTING_BODY), UNIVERSITY), ["user"]),
        ((LEAD, USER), ["research"]),
    ):
        checks = composition_checks(POLICY, ModelType.ENTERPRISE, parties)
        assert of(checks, "COVERAGE_MISSING").params["missing"] == missing


@pytest.mark.requirement("A051")
def test_a_legal_person_of_unknown_age_is_too_old_and_told_so() -> None:
    for registered_on, told in ((None, None), (date(2021, 4, 2), "2021-04-02")):
        old = party(75, registered_on=registered_on)
        check = of(
            entity_checks(POLICY, old, TODAY, strict=True, exception=None), "ENTITY_AGE_EXCEEDED"
        )
        assert (check.passed, check.params["registered_on"]) == (False, told)
        assert check.params["exception_allowed"] is False
        lenient = of(
            entity_checks(POLICY, old, TODAY, strict=False, exception=None), "ENTITY_AGE_EXCEEDED"
        )
        assert lenient.params["exception_allowed"] is True


@pytest.mark.requirement("A065")
def test_a_small_enterprise_is_a_backbone_only_where_the_register_says_so() -> None:
    assert [party(1, is_sme=True).is_backbone, party(1).is_backbone] == [False, True]
    assert party(1, is_sme=True, is_known_backbone=True).is_backbone


# What a dossier shows.


@pytest.mark.requirement("A105", "A068")
def test_of_a_legal_person_nothing_is_taken_for_granted_but_that_it_is_free() -> None:
    untold = {"entity_taken", "entity_agreed", "has_park"}
    told = {one.name: getattr(WHOLE, one.name) for one in fields(WHOLE) if one.name not in untold}
    dossier = Dossier(**told)
    codes = failed_codes(submission_checks(POLICY, dossier, FIELDS, TODAY))
    assert "ENTITY_CONSENT_MISSING" in codes
    assert not {"ENTITY_TAKEN", "PARK_MISSING"} & {*codes}


@pytest.mark.requirement("A108")
@pytest.mark.parametrize(("named", "codes"), [(0, []), (49, []), (50, ["STATE_CONFLICT"])])
def test_a_draft_has_room_for_fifty_core_technologies(named: int, codes: list[str]) -> None:
    assert failed_codes(technology_room_checks(named)) == codes


@pytest.mark.requirement("A117")
def test_a_change_names_each_field_that_it_must_not_empty() -> None:
    checks = clearing_checks(["name", "plan"])
    assert [(one.code, one.pointer, one.passed) for one in checks] == [
        ("FIELD_MISSING", "/name", False), ("FIELD_MISSING", "/plan", False),
    ]  # fmt: skip
    assert clearing_checks([]) == []


@pytest.mark.requirement("A104")
@pytest.mark.parametrize(("spend", "missing"), [(1, []), (0, [2024])])
def test_a_year_without_spending_is_missing(spend: int, missing: list[int]) -> None:
    evidence = dict.fromkeys(EvidenceKind, 1)
    profiles = tuple(
        ProfileFacts(year, spend if year == 2024 else 1, evidence) for year in (2023, 2024, 2025)
    )
    assert of(judged(profiles=profiles), "RD_SERIES_INCOMPLETE").params["missing"] == missing


@pytest.mark.requirement("A107", "A110")
@pytest.mark.parametrize("kind", [EvidenceKind.PAST_PROJECTS, EvidenceKind.DIFFUSION])
def test_one_entry_of_one_year_is_evidence_enough(kind: EvidenceKind) -> None:
    others = {other: 1 for other in EvidenceKind if other is not kind}
    for entries in (0, 1, 2):
        first = {**others, kind: entries} if entries else others
        profiles = (ProfileFacts(2023, 1, first), ProfileFacts(2024, 1), ProfileFacts(2025, 1))
        lacking = [
            check
            for check in judged(profiles=profiles)
            if check.code == "SPONSOR_STRENGTH_MISSING" and not check.passed
        ]
        assert [check.params["missing"] for check in lacking] == [[kind.value]] * (not entries)
        told = [
            check.params["entries"]
            for check in judged(profiles=profiles)
            if check.pointer == f"/materials/{kind.value}"
        ]
        assert told == [entries]


@pytest.mark.requirement("A064")
@pytest.mark.parametrize(
    ("evidence", "materials", "missing"),
    [
        ({}, set(), ["discipline_evidence"]),
        ({EvidenceKind.DISCIPLINE: 1}, set(), []),
        ({EvidenceKind.PLATFORMS: 1}, set(), []),
        ({EvidenceKind.EQUIPMENT: 1}, set(), ["discipline_evidence"]),
        ({}, {"platforms"}, []),
    ],
)
def test_an_institute_shows_its_standing_by_a_discipline_or_a_laboratory(
    evidence: dict[EvidenceKind, int], materials: set[str], missing: list[str]
) -> None:
    profiles = (ProfileFacts(2024, 1), ProfileFacts(2025, 1, evidence))
    checks = judged(
        model=ModelType.INSTITUTE, profiles=profiles, materials=frozenset(materials)
    )  # fmt: skip
    (check,) = [check for check in checks if check.rule == "A064"]
    assert (check.passed, check.params["missing"]) == (not missing, missing)


@pytest.mark.requirement("A109")
@pytest.mark.parametrize(
    ("technologies", "missing"),
    [((OWNED, BORROWED), []), ((BORROWED, DONE), ["own_ip_basis"]), ((DONE,), [])],
)
def test_own_rights_are_asked_for_where_something_waits_for_its_breakthrough(
    technologies: tuple[Any, ...], missing: list[str]
) -> None:
    (check,) = [check for check in judged(technologies=technologies) if check.rule == "A109"]
    assert (check.passed, check.params["missing"]) == (not missing, missing)


@pytest.mark.requirement("A116")
def test_a_plan_that_is_there_is_not_told_as_missing() -> None:
    cases: list[Any] = [({}, []), ({"plan": None}, ["plan"])]
    for over, missing in cases:
        (check,) = [check for check in judged(**over) if check.pointer == "/plan"]
        assert check.params["missing"] == missing


@pytest.mark.requirement("A159")
def test_a_call_that_says_nothing_is_lenient_and_always_open() -> None:
    terms = CallTerms(required_materials=())
    assert (terms.strict_entity_age, terms.window.contains(date.min)) == (False, True)
    assert refused(judged(call=terms)) == []


# What evaluation has told.

FINISHED = {"mean": "82.00", "pass_line": "60"}


@pytest.mark.requirement("A118", "A121")
@pytest.mark.parametrize(
    ("panel", "review", "visit", "told"),
    [
        (None, None, None, Told()),
        ({}, None, None, Told(has_panel=True)),
        (None, FINISHED, None, Told(mean=Decimal("82.00"), pass_line=Decimal(60))),
        # It lost too many sheets, and counts as none.
        (None, {"mean": None, "pass_line": "60"}, None, Told()),
        (None, {}, {"signatures": 2}, Told(signatures=2)),
    ],
)
def test_what_evaluation_told_is_read_part_by_part(
    panel: Any, review: Any, visit: Any, told: Told
) -> None:
    assert Told.of(panel, review, visit) == told
    assert Told().signatures == 0


@pytest.mark.requirement("A118")
@pytest.mark.parametrize(
    ("mean", "pass_line", "codes"),
    [
        (None, None, ["REVIEW_MISSING"]),
        (Decimal(82), None, ["REVIEW_MISSING"]),
        (None, Decimal(60), ["REVIEW_MISSING"]),
        (Decimal("59.99"), Decimal(60), ["REVIEW_BELOW_PASS"]),
        (Decimal(60), Decimal(60), []),
    ],
)
def test_a_review_is_there_with_its_mean_and_its_line(
    mean: Decimal | None, pass_line: Decimal | None, codes: list[str]
) -> None:
    told = Told(mean=mean, pass_line=pass_line)
    assert failed_codes(review_checks(told, State.EXPERT_REVIEW)) == codes


@pytest.mark.requirement("A118")
def test_a_later_step_waits_for_the_one_before_it() -> None:
    below = Told(has_panel=True, mean=Decimal(1), pass_line=Decimal(60), signatures=2)
    assert steps_due(POLICY, State.EXPERT_REVIEW, below) == []
    assert steps_due(POLICY, State.SITE_VISIT, below) != []


@pytest.mark.requirement("A122", "A053")
def test_a_gate_of_which_nothing_is_told_holds_nothing_up() -> None:
    told = Told(has_panel=True, mean=Decimal(82), pass_line=Decimal(60), signatures=2)
    for form, missing in (
        (ApplicantForm.LEGAL_ENTITY, []), (ApplicantForm.CONSORTIUM, ["entity_due_on"]),
    ):  # fmt: skip
        gate = Gate(State.PUBLIC_NOTICE, told, AgreementFacts(in_force=True), form)
        assert failed_codes(approval_checks(POLICY, gate, TODAY)) == ["NOTICE_MISSING"]
        check = of(recommendation_checks(POLICY, gate), "CONSORTIUM_NOT_REGISTERED")
        assert (check.passed, check.params["missing"]) == (not missing, missing)


# Where a case stands.


def test_officials_look_at_what_is_submitted_and_experts_at_what_was_accepted() -> None:
    looked_at = {*OPEN} - {State.RETURNED}
    assert {*UNDER_REVIEW} == looked_at
    assert {*BEYOND_MENDING} == looked_at - {State.SUBMITTED}


@pytest.mark.parametrize("state", list(State))
def test_a_case_that_is_open_can_be_refused(state: State) -> None:
    closed = state not in OPEN
    assert failed_codes(rejection_checks(state)) == ["STATE_CONFLICT"] * closed
    for exception in ExceptionState:
        decided = exception is not ExceptionState.PENDING
        checks = exception_decision_checks(exception, state)
        assert failed_codes(checks) == ["STATE_CONFLICT"] * (decided + closed)


def test_a_case_waits_for_nothing_that_is_not_told() -> None:
    assert Waiting() == Waiting(
        recommended=False, exception_pending=False, objection_pending=False, refused=False
    )
    assert next_step(State.COMMISSION_REVIEW, Waiting()) != next_step(
        State.COMMISSION_REVIEW, Waiting(recommended=True)
    )


@pytest.mark.requirement("A117")
@pytest.mark.parametrize(("items", "missing"), [(0, ["items"]), (1, []), (2, [])])
def test_a_case_is_returned_with_its_points(items: int, missing: list[str]) -> None:
    check = of(return_checks(POLICY, State.SUBMITTED, 0, 0, items), "MATERIAL_MISSING")
    assert (check.passed, check.params["missing"]) == (not missing, missing)


@pytest.mark.requirement("X03")
@pytest.mark.parametrize(
    ("acting_org", "case_orgs", "codes"),
    [
        (UUID(int=7), [UUID(int=8)], []),
        (None, [], []),
        (UUID(int=7), [UUID(int=8), UUID(int=7)], ["SOD_VIOLATION"]),
    ],
)
def test_another_organizations_official_may_decide(
    acting_org: UUID | None, case_orgs: list[UUID], codes: list[str]
) -> None:
    checks = duty_checks(UUID(int=1), acting_org, CaseCapacity.REVIEWER, [], case_orgs)
    assert failed_codes(checks) == codes
