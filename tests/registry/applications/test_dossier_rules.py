"""The rules of a submission on both sides of every boundary; no database, no clock."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.applications.rules import (
    CallTerms,
    EvidenceKind,
    ExceptionState,
    Party,
    PlanFacts,
    ProfileFacts,
    State,
    age_limit,
    composition_checks,
    entity_checks,
    exception_request_checks,
    is_too_old,
    needs_exception,
    sponsor_checks,
)
from registry.centers.rules import ApplicantForm, ModelType
from registry.memberships.rules import MembershipRole
from registry.memberships.rules import State as MembershipState
from registry.organizations.rules import LegalPersonKind, OrgType
from registry.programme.rules import Window
from shared.rules import failed_codes
from tests.registry.applications.dossiers import (
    BORROWED,
    DONE,
    EVIDENCE,
    FIVE,
    LEAD,
    POLICY,
    TODAY,
    UNIVERSITY,
    UPSTREAM,
    USER,
    WHOLE,
    judged,
    party,
    refused,
    warned,
)


@pytest.mark.requirement("A117")
def test_a_whole_dossier_passes_every_rule() -> None:
    assert refused(judged()) == []
    assert all(check.clause for check in judged())


# The legal person (A051, C7 vector 6).


@pytest.mark.requirement("A051")
@pytest.mark.parametrize(
    ("submitted_on", "registered_on", "too_old"),
    [
        (date(2026, 5, 20), date(2023, 5, 20), False),
        (date(2026, 5, 20), date(2023, 5, 19), True),
        (date(2024, 2, 29), date(2021, 2, 28), False),
        (date(2024, 2, 29), date(2021, 2, 27), True),
        (date(2026, 5, 20), None, True),
    ],
)
def test_the_third_year_is_counted_with_its_first_day(
    submitted_on: date, registered_on: date | None, *, too_old: bool
) -> None:
    assert is_too_old(POLICY, registered_on, submitted_on) is too_old


@pytest.mark.requirement("A051")
def test_the_limit_on_a_leap_day_is_the_last_of_february() -> None:
    assert age_limit(POLICY, date(2024, 2, 29)) == date(2021, 2, 28)


@pytest.mark.requirement("A051")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("strict", "exception", "codes"),
    [
        (False, None, ["ENTITY_AGE_EXCEEDED"]),
        (False, ExceptionState.PENDING, []),
        (False, ExceptionState.GRANTED, []),
        (False, ExceptionState.DENIED, ["ENTITY_AGE_EXCEEDED"]),
        (True, ExceptionState.PENDING, ["ENTITY_AGE_EXCEEDED"]),
        (True, ExceptionState.GRANTED, ["ENTITY_AGE_EXCEEDED"]),
    ],
)
def test_an_exception_helps_where_the_call_allows_one(
    exception: ExceptionState | None, codes: list[str], *, strict: bool
) -> None:
    old = party(75, registered_on=date(2021, 4, 2))
    checks = entity_checks(POLICY, old, TODAY, strict=strict, exception=exception)
    assert refused(checks) == codes
    waiting = not strict and exception is ExceptionState.PENDING
    assert warned(checks) == (["ENTITY_EXCEPTION_PENDING"] if waiting else [])


@pytest.mark.requirement("A105")
@pytest.mark.refusing
@pytest.mark.parametrize("kind", list(LegalPersonKind))
def test_only_an_independent_legal_person_will_do(kind: LegalPersonKind) -> None:
    checks = judged(entity=party(75, legal_person_kind=kind))
    expected = [] if kind is LegalPersonKind.INDEPENDENT else ["LEGAL_PERSON_REQUIRED"]
    assert refused(checks) == expected
    lead = replace(LEAD, legal_person_kind=kind)
    assert refused(judged(lead=lead)) == expected
    assert refused(judged(entity=None)) == ["LEGAL_PERSON_REQUIRED"]
    branch = replace(UPSTREAM, legal_person_kind=kind)
    for role, codes in ((MembershipRole.SPONSOR, expected), (MembershipRole.MEMBER, [])):
        parties = (LEAD, replace(branch, role=role), *FIVE[2:])
        assert refused(judged(parties=parties)) == codes


@pytest.mark.requirement("A051")
@pytest.mark.refusing
@pytest.mark.parametrize(("region", "local"), [("310000", True), ("330100", False)])
def test_the_entity_is_of_this_city(region: str, *, local: bool) -> None:
    checks = judged(entity=party(75, region_code=region))
    assert refused(checks) == ([] if local else ["ENTITY_NOT_LOCAL"])


@pytest.mark.requirement("A051")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("length", "has_file", "strict", "codes"),
    [
        (50, True, False, []),
        (49, True, False, ["REASON_TOO_SHORT"]),
        (0, False, False, ["REASON_TOO_SHORT", "MATERIAL_MISSING"]),
        (50, True, True, ["EXCEPTION_NOT_ALLOWED"]),
    ],
)
def test_an_exception_is_asked_for_with_reason_and_file(
    length: int, codes: list[str], *, has_file: bool, strict: bool
) -> None:
    file_id = UUID(int=1) if has_file else None
    checks = exception_request_checks(POLICY, "A051", "由" * length, file_id, strict=strict)
    assert refused(checks) == codes


@pytest.mark.requirement("A051", "A052")
@pytest.mark.refusing
@pytest.mark.parametrize("has_entity", [True, False])
def test_an_exception_is_asked_for_a_legal_person_that_is_named(*, has_entity: bool) -> None:
    checks = exception_request_checks(
        POLICY, "A051", "由" * 50, UUID(int=1), strict=False, has_entity=has_entity
    )
    assert refused(checks) == ([] if has_entity else ["EXCEPTION_NOT_ALLOWED"])


@pytest.mark.requirement("A051", "A052")
@pytest.mark.parametrize(
    ("form", "registered_on", "needed"),
    [
        (ApplicantForm.LEGAL_ENTITY, date(2023, 5, 19), True),
        (ApplicantForm.LEGAL_ENTITY, date(2023, 5, 20), False),
        (ApplicantForm.LEGAL_ENTITY, None, True),
        (ApplicantForm.CONSORTIUM, date(2023, 5, 19), False),
    ],
)
def test_who_is_too_old_on_the_day_of_submission_needs_an_exception(
    form: ApplicantForm, registered_on: date | None, *, needed: bool
) -> None:
    entity = party(75, registered_on=registered_on)
    assert needs_exception(POLICY, form, entity, date(2026, 5, 20)) is needed
    assert not needs_exception(POLICY, form, None, date(2026, 5, 20))


@pytest.mark.requirement("A051")
def test_no_other_rule_knows_exceptions() -> None:
    checks = exception_request_checks(POLICY, "A104", "由" * 50, UUID(int=1), strict=False)
    assert refused(checks) == ["FIELD_INVALID"]


@pytest.mark.refusing
@pytest.mark.requirement("A105")
def test_two_centres_do_not_stand_on_one_legal_person() -> None:
    assert refused(judged(entity_taken=True)) == ["ENTITY_TAKEN"]


@pytest.mark.requirement("A160")
@pytest.mark.refusing
def test_a_legal_person_that_said_nothing_carries_nothing() -> None:
    assert refused(judged(entity_agreed=False)) == ["ENTITY_CONSENT_MISSING"]
    assert refused(judged(entity_agreed=False, entity=LEAD)) == []


@pytest.mark.parametrize(("days", "codes"), [(-1, ["RETURN_EXPIRED"]), (0, []), (1, [])])
@pytest.mark.requirement("A117")
def test_what_was_returned_comes_back_until_its_last_day(days: int, codes: list[str]) -> None:
    due_on = TODAY + timedelta(days=days)
    assert refused(judged(state=State.RETURNED, due_on=due_on)) == codes


@pytest.mark.requirement("A115", "A047")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("of_call", "codes"),
    [
        ((), []),
        (("integrated_circuit",), []),
        (("new_materials", "integrated_circuit"), []),
        (("new_materials",), ["CALL_FIELD_MISMATCH"]),
    ],
)
def test_an_application_is_of_a_field_that_its_call_is_about(
    of_call: tuple[str, ...], codes: list[str]
) -> None:
    assert refused(judged(call=replace(WHOLE.call, field_codes=of_call))) == codes


@pytest.mark.refusing
@pytest.mark.requirement("A047")
def test_a_field_is_named_once() -> None:
    assert refused(judged(field_codes=("integrated_circuit",) * 2)) == ["FIELD_INVALID"]


# Who leads, and who is in.


@pytest.mark.requirement("A057", "A064", "A068")
@pytest.mark.refusing
@pytest.mark.parametrize("model", list(ModelType))
@pytest.mark.parametrize("org_type", list(OrgType))
def test_a_model_is_led_by_its_own_kind(model: ModelType, org_type: OrgType) -> None:
    fitting = {
        ModelType.ENTERPRISE: {OrgType.ENTERPRISE},
        ModelType.INSTITUTE: {OrgType.UNIVERSITY, OrgType.INSTITUTE},
        ModelType.PLATFORM: {OrgType.PARK_DEVELOPER},
    }[model]
    checks = sponsor_checks(POLICY, model, party(1, org_type))
    assert failed_codes(checks) == ([] if org_type in fitting else ["MODEL_SPONSOR_MISMATCH"])


def missing(model: ModelType, parties: tuple[Party, ...], row: str) -> list[str]:
    checks = composition_checks(POLICY, model, parties)
    return [
        name
        for check in checks
        if check.rule == row and check.refuses
        for name in check.params["missing"]
    ]


@pytest.mark.requirement("A058")
@pytest.mark.refusing
def test_an_enterprise_model_needs_two_leading_enterprises_with_their_places() -> None:
    ordinary = replace(UPSTREAM, is_leading=False)
    placeless = replace(UPSTREAM, chain_position=None)
    assert missing(ModelType.ENTERPRISE, FIVE, "A058") == []
    assert missing(ModelType.ENTERPRISE, (LEAD, ordinary, USER), "A058") == ["leading_enterprise"]
    assert missing(ModelType.ENTERPRISE, (LEAD, placeless, USER), "A058") == ["chain_position"]


@pytest.mark.requirement("A065")
@pytest.mark.refusing
def test_an_institute_model_needs_a_backbone_and_a_small_enterprise() -> None:
    lead = party(3, OrgType.UNIVERSITY)
    backbone, small = party(22), party(9, is_sme=True)
    model = ModelType.INSTITUTE
    assert missing(model, (lead, backbone, small), "A065") == []
    assert missing(model, (lead, backbone), "A065") == ["sme_member"]
    assert missing(model, (lead, small), "A065") == ["backbone_enterprise"]


@pytest.mark.requirement("A069")
@pytest.mark.refusing
def test_a_platform_needs_park_enterprise_and_testing() -> None:
    park = party(17, OrgType.PARK_DEVELOPER)
    firm, testing = party(22), party(18, OrgType.TESTING_BODY)
    model = ModelType.PLATFORM
    assert missing(model, (park, firm, testing), "A069") == []
    assert missing(model, (park, firm), "A069") == ["third_party_testing"]
    assert missing(model, (park, testing), "A069") == ["enterprise"]
    assert missing(model, (firm, testing), "A069") == ["park_developer"]


@pytest.mark.requirement("A069", "A001")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("figure", "name"),
    [
        ("min_park_developers", "park_developer"),
        ("min_enterprises", "enterprise"),
        ("min_testing_bodies", "third_party_testing"),
    ],
)
def test_how_many_of_each_a_platform_needs_is_the_policys(figure: str, name: str) -> None:
    figures = {**POLICY.parameters["A069"], figure: 2}
    policy = replace(POLICY, parameters={**POLICY.parameters, "A069": figures})
    types = (OrgType.PARK_DEVELOPER, OrgType.ENTERPRISE, OrgType.TESTING_BODY)
    one = tuple(party(number, kind) for number, kind in enumerate(types, 1))
    two = (*one, *(party(number, kind) for number, kind in enumerate(types, 11)))
    for parties, expected in ((one, [name]), (two, [])):
        checks = composition_checks(policy, ModelType.PLATFORM, parties)
        [check] = [check for check in checks if check.rule == "A069"]
        assert check.params["missing"] == expected


@pytest.mark.requirement("A003")
@pytest.mark.refusing
def test_one_organization_or_one_kind_is_no_network() -> None:
    model = ModelType.ENTERPRISE
    assert missing(model, (LEAD,), "A003") == ["members", "member_types"]
    assert missing(model, (LEAD, UPSTREAM), "A003") == ["member_types"]
    assert missing(model, (LEAD, UNIVERSITY), "A003") == []
    assert "FEW_SHAREHOLDERS" in warned(judged(parties=FIVE[:4]))
    assert "FEW_SHAREHOLDERS" not in warned(judged())
    allied = replace(USER, role=MembershipRole.ALLIANCE)
    assert "FEW_SHAREHOLDERS" in warned(judged(parties=(*FIVE[:3], allied, FIVE[4])))


@pytest.mark.requirement("A021")
@pytest.mark.parametrize(("gone", "name"), [(UNIVERSITY, "research"), (USER, "user")])
def test_a_gap_in_coverage_is_flagged(gone: Party, name: str) -> None:
    parties = tuple(member for member in FIVE if member != gone)
    [check] = [check for check in judged(parties=parties) if check.rule == "A021"]
    assert check.params["missing"] == [name]
    assert not check.passed
    assert not check.refuses
    assert all(check.passed for check in judged() if check.rule == "A021")


@pytest.mark.requirement("A023")
@pytest.mark.refusing
def test_a_single_member_or_a_single_technology_is_flagged() -> None:
    assert "SINGLE_SOURCE" in warned(judged(technologies=WHOLE.technologies[:1]))
    assert "SINGLE_SOURCE" in warned(judged(parties=(LEAD,)))


@pytest.mark.requirement("A023")
def test_several_members_with_several_technologies_are_no_single_source() -> None:
    assert len(WHOLE.technologies) == 2
    assert "SINGLE_SOURCE" not in warned(judged())
    assert "SINGLE_SOURCE" not in warned(judged(parties=FIVE[:2]))


@pytest.mark.requirement("A049")
@pytest.mark.refusing
def test_each_organization_that_has_not_confirmed_is_named() -> None:
    invited = tuple(replace(member, state=MembershipState.INVITED) for member in FIVE[1:3])
    failed = [check for check in judged(parties=(LEAD, *invited, *FIVE[3:])) if check.refuses]
    assert [check.code for check in failed] == ["MEMBER_NOT_CONFIRMED"] * 2
    assert failed[0].params["org_ids"] == [str(UPSTREAM.org_id)]


@pytest.mark.requirement("X17")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("until", "barred"),
    [(date(2026, 1, 11), False), (date(2026, 1, 12), True), (date(2026, 1, 13), True)],
)
def test_a_record_of_dishonesty_bars_to_its_last_day(until: date, *, barred: bool) -> None:
    expected = ["DISHONEST_ORG"] if barred else []
    member = replace(UNIVERSITY, dishonest_until=until)
    assert refused(judged(parties=(*FIVE[:2], member, *FIVE[3:]))) == expected
    assert refused(judged(lead=replace(LEAD, dishonest_until=until))) == expected
    assert refused(judged(entity=party(75, dishonest_until=until))) == expected


# What the sponsor shows.


@pytest.mark.requirement("A104")
@pytest.mark.refusing
@pytest.mark.parametrize("year", [2023, 2024, 2025])
@pytest.mark.parametrize("spend", [0, None])
def test_every_one_of_the_three_years_has_spending(year: int, spend: int | None) -> None:
    kept = tuple(profile for profile in WHOLE.profiles if profile.year != year)
    zero = () if spend is None else (ProfileFacts(year, spend, EVIDENCE),)
    [check] = [check for check in judged(profiles=(*kept, *zero)) if check.rule == "A104"]
    assert (check.code, check.params["missing"]) == ("RD_SERIES_INCOMPLETE", [year])


@pytest.mark.requirement("A104")
def test_the_series_moves_with_the_year_of_submission() -> None:
    assert refused(judged(date(2025, 12, 31))) == ["RD_SERIES_INCOMPLETE"]
    assert refused(judged(date(2026, 12, 31))) == []


@pytest.mark.requirement("A107", "A111", "A112")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "kind",
    [EvidenceKind.PAST_PROJECTS, EvidenceKind.PLATFORMS, EvidenceKind.EQUIPMENT],
)
def test_evidence_is_an_entry_or_a_file(kind: EvidenceKind) -> None:
    missing, with_file = _judged_without(kind)
    assert missing == [("SPONSOR_STRENGTH_MISSING", [kind.value])]
    assert with_file == []


@pytest.mark.requirement("A110", "A114")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "kind",
    [
        EvidenceKind.INTEGRATION,
        EvidenceKind.DIFFUSION,
        EvidenceKind.COMMERCIALIZATION,
        EvidenceKind.SENIOR_TALENTS,
    ],
)
def test_capacity_and_people_are_shown_too(kind: EvidenceKind) -> None:
    missing, with_file = _judged_without(kind)
    assert missing == [("SPONSOR_STRENGTH_MISSING", [kind.value])]
    assert with_file == []


def _judged_without(kind: EvidenceKind) -> tuple[list[tuple[str, Any]], list[str]]:
    """Judge without an entry of the kind: what fails, and what fails once a file shows it."""
    without = {known: count for known, count in EVIDENCE.items() if known is not kind}
    profiles = tuple(replace(profile, evidence=without) for profile in WHOLE.profiles)
    failed = [check for check in judged(profiles=profiles) if check.refuses]
    filed = WHOLE.materials | {kind.value}
    return (
        [(check.code, check.params["missing"]) for check in failed],
        refused(judged(profiles=profiles, materials=filed)),
    )


@pytest.mark.requirement("A064")
@pytest.mark.refusing
def test_an_institute_shows_a_discipline_or_a_laboratory() -> None:
    nothing = tuple(replace(profile, evidence={}) for profile in WHOLE.profiles)
    lead = party(3, OrgType.UNIVERSITY)
    parties = (lead, party(22), party(9, is_sme=True))
    rows: dict[str, Any] = {"model": ModelType.INSTITUTE, "lead": lead, "parties": parties}
    asked = [check for check in judged(profiles=nothing, **rows) if check.rule == "A064"]
    assert failed_codes(asked) == ["SPONSOR_STRENGTH_MISSING"]
    assert all(check.passed for check in judged(**rows) if check.rule == "A064")


@pytest.mark.requirement("A108", "A109")
@pytest.mark.refusing
def test_a_core_technology_waits_for_its_breakthrough_and_rests_on_own_rights() -> None:
    assert refused(judged(technologies=())) == ["CORE_TECH_MISSING"]
    assert refused(judged(technologies=(DONE,))) == ["CORE_TECH_MISSING"]
    borrowed = judged(technologies=(BORROWED,))
    [check] = [check for check in borrowed if check.refuses]
    assert (check.rule, check.params["missing"]) == ("A109", ["own_ip_basis"])


@pytest.mark.requirement("A116", "A083")
@pytest.mark.refusing
def test_the_plan_is_a_material_and_has_five_parts() -> None:
    assert refused(judged(plan=None)) == ["MATERIAL_MISSING"]
    assert refused(judged(materials=WHOLE.materials - {"plan"})) == ["MATERIAL_MISSING"]
    for part in range(1, 6):
        plan = PlanFacts(5, frozenset({1, 2, 3, 4, 5} - {part}))
        [check] = [check for check in judged(plan=plan) if check.refuses]
        assert (check.code, check.params["missing"]) == ("PLAN_PART_MISSING", [part])


@pytest.mark.requirement("A059")
@pytest.mark.parametrize(("years", "apt"), [(4, False), (5, True), (10, True), (11, False)])
def test_an_enterprise_centre_looks_five_to_ten_years_ahead(years: int, *, apt: bool) -> None:
    plan = PlanFacts(years, frozenset({1, 2, 3, 4, 5}))
    assert ("HORIZON_OUT_OF_RANGE" not in warned(judged(plan=plan))) is apt
    assert refused(judged(plan=plan)) == []


@pytest.mark.requirement("A047")
@pytest.mark.refusing
def test_a_field_out_of_the_catalogue_is_refused() -> None:
    assert refused(judged(field_codes=("retired",))) == ["FIELD_INACTIVE"]


@pytest.mark.requirement("A159")
@pytest.mark.refusing
def test_a_window_blocks_only_where_the_call_says_so() -> None:
    past = (date(2025, 9, 1), date(2025, 10, 31))
    soft = CallTerms(WHOLE.call.required_materials, window=Window(*past, soft=True))
    hard = CallTerms(WHOLE.call.required_materials, window=Window(*past, soft=False))
    assert refused(judged(call=soft)) == []
    assert refused(judged(call=hard)) == ["CALL_WINDOW_CLOSED"]
    assert refused(judged(date(2025, 10, 31), call=hard)) == ["RD_SERIES_INCOMPLETE"]


@given(st.sets(st.sampled_from(sorted(WHOLE.materials - {"rank_evidence"}))))
def test_every_material_that_is_missing_is_named_once(gone: set[str]) -> None:
    checks = [check for check in judged(materials=WHOLE.materials - gone) if check.refuses]
    assert sorted(name for check in checks for name in check.params["missing"]) == sorted(gone)
