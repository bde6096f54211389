"""A dossier that passes every rule, and ways to change one thing of it."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from registry.applications.rules import (
    CallTerms,
    Dossier,
    EvidenceKind,
    Founding,
    Party,
    PlanFacts,
    ProfileFacts,
    State,
    TechnologyFacts,
    submission_checks,
)
from registry.applications.rules.resources import ResourceStanding
from registry.centers.rules import ApplicantForm, ModelType
from registry.organizations.rules import ChainPosition, LegalPersonKind, OrgType
from registry.programme.reference import PARAMETERS, clauses
from shared.rules import Check, Policy, Severity

POLICY = Policy("2016", clauses(), PARAMETERS)
TODAY = date(2026, 1, 12)
FIELDS = {"integrated_circuit"}


def party(number: int, org_type: OrgType = OrgType.ENTERPRISE, **over: object) -> Party:
    facts = Party(
        org_id=UUID(int=number),
        org_type=org_type,
        legal_person_kind=LegalPersonKind.INDEPENDENT,
        region_code="310115",
        registered_on=date(2024, 6, 18),
        is_sme=False,
        is_leading=False,
    )
    return replace(facts, **over)  # type: ignore[arg-type]  # names of fields by their tests


LEAD = party(1, is_leading=True, chain_position=ChainPosition.MIDSTREAM)
UPSTREAM = party(2, is_leading=True, chain_position=ChainPosition.UPSTREAM)
UNIVERSITY = party(3, OrgType.UNIVERSITY)
USER = party(8, OrgType.USER)
INVESTOR = party(20, OrgType.INVESTMENT)
FIVE = (LEAD, UPSTREAM, UNIVERSITY, USER, INVESTOR)
EVIDENCE = dict.fromkeys(EvidenceKind, 1)
OWNED = TechnologyFacts(to_be_broken_through=True, has_own_ip=True)
BORROWED = TechnologyFacts(to_be_broken_through=True, has_own_ip=False)
DONE = TechnologyFacts(to_be_broken_through=False, has_own_ip=True)
WHOLE = Dossier(
    entity_agreed=True,
    state=State.DRAFT,
    model=ModelType.ENTERPRISE,
    founding=Founding(ApplicantForm.LEGAL_ENTITY),
    field_codes=("integrated_circuit",),
    lead=LEAD,
    parties=FIVE,
    entity=party(75),
    call=CallTerms(required_materials=("plan", "commitment_letter")),
    profiles=tuple(ProfileFacts(year, 1, EVIDENCE) for year in (2023, 2024, 2025)),
    technologies=(OWNED, BORROWED),
    resources=tuple(ResourceStanding),
    materials=frozenset({"plan", "commitment_letter", "rank_evidence"}),
    plan=PlanFacts(5, frozenset({1, 2, 3, 4, 5})),
)


def refused(checks: list[Check]) -> list[str]:
    return [check.code for check in checks if check.refuses]


def warned(checks: list[Check]) -> list[str]:
    failed = [check for check in checks if not check.passed]
    return [check.code for check in failed if check.severity is Severity.WARNING]


def judged(today: date = TODAY, **over: object) -> list[Check]:
    dossier = replace(WHOLE, **over)  # type: ignore[arg-type]  # names of fields by their tests
    return submission_checks(POLICY, dossier, FIELDS, today)
