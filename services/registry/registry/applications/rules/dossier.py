"""What an application must hold on the day it is submitted (四(二), 四(三)1)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from registry.applications.rules.composition import (
    Party,
    composition_checks,
    honesty_checks,
    lead_honesty_check,
    sponsor_checks,
)
from registry.applications.rules.entity import (
    ExceptionState,
    entity_checks,
    legal_person_check,
    single_check,
    sponsor_person_checks,
)
from registry.applications.rules.resources import ResourceStanding, balance_checks
from registry.applications.rules.states import SUBMITTED, Event, State, move_check
from registry.centers.rules import ApplicantForm, ModelType, Stage, writable_checks
from registry.entities.rules import consent_checks
from registry.governance.rules import horizon_checks, part_checks
from registry.programme.rules import Window, call_field_checks, field_checks, window_checks
from shared.rules import Check, Kind, Policy, Rule, Said, Severity

CONSORTIUM: Final = Rule("A052", "三(二)")
MILESTONE: Final = Rule("A053", "三(二)")
ROLLING_WINDOW: Final = Window(open_from=None, open_until=None, soft=True)
CORE_TECHNOLOGY: Final = Rule("A108", "四(二)1")
# One or two are asked for; what reviewers are to judge stays a page.
MOST_TECHNOLOGIES: Final = 50


class TechnologyKind(StrEnum):
    """Kinds of core technology."""

    COMMON_KEY_TECH = "common_key_tech"
    FRONTIER_TECH = "frontier_tech"
    CROSS_INDUSTRY = "cross_industry"
    INDUSTRIAL_BASIC = "industrial_basic"


class TargetLevel(StrEnum):
    """The level that a core technology is to reach (A109)."""

    DOMESTIC_LEADING = "domestic_leading"
    INTERNATIONAL_ADVANCED = "international_advanced"


class EvidenceKind(StrEnum):
    """What a sponsor shows for its capacity, as entries of its profile or as a material file."""

    PAST_PROJECTS = "past_projects"
    INTEGRATION = "integration_evidence"
    DIFFUSION = "diffusion_evidence"
    COMMERCIALIZATION = "commercialization_evidence"
    PLATFORMS = "platforms"
    EQUIPMENT = "equipment"
    SENIOR_TALENTS = "senior_talents"
    DISCIPLINE = "discipline_evidence"


# Those of which a profile lists entries in words; the others have a form of their own.
IN_WORDS: Final = (
    EvidenceKind.INTEGRATION,
    EvidenceKind.DIFFUSION,
    EvidenceKind.COMMERCIALIZATION,
    EvidenceKind.DISCIPLINE,
)
# Which row asks for which evidence. Some state a number, which the policy holds.
EVIDENCE_ROWS: Final[Mapping[EvidenceKind, str]] = {
    EvidenceKind.PAST_PROJECTS: "A107",
    EvidenceKind.INTEGRATION: "A110",
    EvidenceKind.DIFFUSION: "A110",
    EvidenceKind.COMMERCIALIZATION: "A110",
    EvidenceKind.PLATFORMS: "A111",
    EvidenceKind.EQUIPMENT: "A112",
    EvidenceKind.SENIOR_TALENTS: "A114",
}
# Which row asks for a material; every other one belongs to the checklist of the call.
MATERIAL_ROWS: Final[Mapping[str, str]] = {"plan": "A116", "commitment_letter": "A113"}
MINIMA: Final[Mapping[str, str]] = {
    "A107": "min_projects",
    "A111": "min_platforms",
    "A114": "min_talents",
}


@dataclass(frozen=True, slots=True)
class CallTerms:
    """What the call asks: its materials, its strictness about age, its window where it binds.

    A call that names no fields is about all of them.
    """

    required_materials: tuple[str, ...]
    strict_entity_age: bool = False
    window: Window = ROLLING_WINDOW
    field_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Founding:
    """In which form a centre is founded, and what its form asks of it; the day is included."""

    form: ApplicantForm
    common_problem: str | None = None
    has_entity: bool = False
    entity_due_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """A sponsor's figures of one year, and how many entries it gives of each evidence.

    Of past projects only those count that carry an acceptance result (A107).
    """

    year: int
    rd_spend_fen: int
    evidence: Mapping[EvidenceKind, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TechnologyFacts:
    """A core technology as the rules see it."""

    to_be_broken_through: bool
    has_own_ip: bool


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """The development plan: its horizon in years and the parts it covers."""

    horizon_years: int
    parts: frozenset[int]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything the rules of submission look at."""

    state: State
    model: ModelType
    founding: Founding
    field_codes: tuple[str, ...]
    lead: Party
    parties: tuple[Party, ...]
    entity: Party | None
    call: CallTerms
    profiles: tuple[ProfileFacts, ...]
    technologies: tuple[TechnologyFacts, ...]
    resources: tuple[ResourceStanding, ...]
    materials: frozenset[str]
    plan: PlanFacts | None
    exception: ExceptionState | None = None
    # Another centre that is applied for or listed stands on the same legal person.
    entity_taken: bool = False
    # The legal person itself has agreed to carry the centre.
    entity_agreed: bool = False
    # The park developer among the parties has described its park (A068).
    has_park: bool = True
    # The last day on which an application that was returned may come back.
    due_on: date | None = None


def consortium_checks(founding: Founding, today: date) -> list[Check]:
    """Check that a consortium says what it is for, and when it will be a legal person (A052).

    It has none yet: one that is named in its draft would pass by the rules of A051, which are
    judged when a consortium attaches what it has registered.
    """
    if founding.form is not ApplicantForm.CONSORTIUM:
        return []
    due_on = founding.entity_due_on
    return [
        CONSORTIUM.check(
            "COMMON_PROBLEM_MISSING",
            Kind.CONTENT,
            passed=bool((founding.common_problem or "").strip()),
            pointer="/common_problem",
        ),
        CONSORTIUM.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=not founding.has_entity,
            pointer="/legal_entity_id",
            field="legal_entity_id",
        ),
        MILESTONE.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=due_on is None or due_on > today,
            pointer="/entity_due_on",
            field="entity_due_on",
            expected=Said(f"after {today}", f"晚于 {today}"),
        ),
    ]


def milestone_checks(
    form: ApplicantForm,
    stage: Stage,
    *,
    has_entity: bool,
    known: date | None,
    due_on: date,
    today: date,
) -> list[Check]:
    """Check that a consortium names the day of its registration, once, for a day to come (A053).

    A day that is over before the listing binds nobody, and another one takes its place.
    """
    unbound = known is None or (stage is Stage.CANDIDATE and known <= today)
    still_owed = form is ApplicantForm.CONSORTIUM and not has_entity
    return [
        MILESTONE.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=due_on > today,
            pointer="/due_on",
            field="due_on",
            expected=Said(f"after {today}", f"晚于 {today}"),
        ),
        MILESTONE.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=still_owed and unbound,
            form=form.value,
            named=None if known is None else known.isoformat(),
        ),
        *writable_checks(stage),
    ]


def draft_checks(
    policy: Policy,
    model: ModelType,
    founding: Founding,
    lead: Party,
    field_codes: Sequence[str],
    active_fields: Collection[str],
    today: date,
) -> list[Check]:
    """Check what a draft cannot be without: its sponsor's kind, an active field, a purpose."""
    return [
        *sponsor_checks(policy, model, lead),
        lead_honesty_check(policy, lead, today),
        *field_checks(field_codes, active_fields),
        *consortium_checks(founding, today),
    ]


def submission_checks(
    policy: Policy, dossier: Dossier, active_fields: Collection[str], today: date
) -> list[Check]:
    """Give every check of a submission on a day, failed or not, contents before state."""
    return [
        *draft_checks(
            policy,
            dossier.model,
            dossier.founding,
            dossier.lead,
            dossier.field_codes,
            active_fields,
            today,
        ),
        legal_person_check(dossier.lead, "/lead_sponsor_id"),
        *sponsor_person_checks(dossier.parties, but=dossier.lead.org_id),
        *honesty_checks(policy, dossier.parties, dossier.entity, today, but=dossier.lead.org_id),
        *_entity_checks(policy, dossier, today),
        *composition_checks(policy, dossier.model, dossier.parties, has_park=dossier.has_park),
        *_series_checks(policy, dossier, today),
        *_evidence_checks(policy, dossier),
        *_discipline_checks(policy, dossier),
        *_technology_checks(policy, dossier),
        *balance_checks(dossier.resources),
        *_breadth_checks(policy, dossier),
        *_material_checks(policy, dossier),
        *_plan_checks(policy, dossier),
        *call_field_checks(dossier.field_codes, dossier.call.field_codes),
        *window_checks(dossier.call.window, today),
        *_return_checks(policy, dossier, today),
        move_check(dossier.state, Event.SUBMIT),
    ]


def _entity_checks(policy: Policy, dossier: Dossier, today: date) -> list[Check]:
    if dossier.founding.form is ApplicantForm.CONSORTIUM:
        return []
    return [
        *entity_checks(
            policy,
            dossier.entity,
            today,
            strict=dossier.call.strict_entity_age,
            exception=dossier.exception,
        ),
        single_check(taken=dossier.entity_taken),
        *consent_checks(
            None if dossier.entity is None else dossier.entity.org_id,
            dossier.lead.org_id,
            given=dossier.entity_agreed,
        ),
    ]


def _return_checks(policy: Policy, dossier: Dossier, today: date) -> list[Check]:
    """Check that what was returned comes back in time, its last day included (A117)."""
    if dossier.due_on is None:
        return []
    return [
        policy.rule("A117").check(
            "RETURN_EXPIRED",
            Kind.STATE,
            passed=today <= dossier.due_on,
            last_on=dossier.due_on.isoformat(),
        )
    ]


def _series_checks(policy: Policy, dossier: Dossier, today: date) -> list[Check]:
    spend = {profile.year: profile.rd_spend_fen for profile in dossier.profiles}
    years = range(today.year - policy.value("A104", "years"), today.year)
    missing = [year for year in years if spend.get(year, 0) <= 0]
    rule = policy.rule("A104")
    return [
        rule.check(
            "RD_SERIES_INCOMPLETE",
            Kind.CONTENT,
            passed=not missing,
            pointer="/sponsor_profiles",
            missing=missing,
        )
    ]


def _evidence_checks(policy: Policy, dossier: Dossier) -> list[Check]:
    return [_evidence_check(policy, dossier, kind) for kind in EVIDENCE_ROWS]


def _evidence_check(policy: Policy, dossier: Dossier, kind: EvidenceKind) -> Check:
    row = EVIDENCE_ROWS[kind]
    least = policy.value(row, MINIMA[row]) if row in MINIMA else 1
    entries = sum(profile.evidence.get(kind, 0) for profile in dossier.profiles)
    there = entries >= least or kind.value in dossier.materials
    return policy.rule(row).check(
        "SPONSOR_STRENGTH_MISSING",
        Kind.CONTENT,
        passed=there,
        pointer=f"/materials/{kind.value}",
        missing=[] if there else [kind.value],
        entries=entries,
        least=least,
    )


def _discipline_checks(policy: Policy, dossier: Dossier) -> list[Check]:
    """Check that an institute shows its standing, by a discipline or a laboratory (A064)."""
    if dossier.model is not ModelType.INSTITUTE:
        return []
    shown = {EvidenceKind.DISCIPLINE, EvidenceKind.PLATFORMS}
    entries = sum(profile.evidence.get(kind, 0) for profile in dossier.profiles for kind in shown)
    there = entries > 0 or not dossier.materials.isdisjoint(kind.value for kind in shown)
    missing = [] if there else [EvidenceKind.DISCIPLINE.value]
    return [
        policy.rule("A064").check(
            "SPONSOR_STRENGTH_MISSING",
            Kind.CONTENT,
            passed=there,
            pointer=f"/materials/{EvidenceKind.DISCIPLINE.value}",
            missing=missing,
        )
    ]


def technology_room_checks(named: int) -> list[Check]:
    """Check that a draft has room for one more core technology (A108)."""
    return [
        CORE_TECHNOLOGY.check(
            "STATE_CONFLICT", Kind.STATE, passed=named < MOST_TECHNOLOGIES, named=named
        )
    ]


def _technology_checks(policy: Policy, dossier: Dossier) -> list[Check]:
    waiting = [item for item in dossier.technologies if item.to_be_broken_through]
    least = policy.value("A108", "min_technologies")
    own = any(item.has_own_ip for item in waiting)
    pointer = "/core_technologies"
    return [
        policy.rule("A108").check(
            "CORE_TECH_MISSING",
            Kind.CONTENT,
            passed=len(waiting) >= least,
            pointer=pointer,
            count=len(waiting),
            least=least,
        ),
        policy.rule("A109").check(
            "CORE_TECH_MISSING",
            Kind.CONTENT,
            passed=own or not waiting,
            pointer=pointer,
            missing=[] if own or not waiting else ["own_ip_basis"],
        ),
    ]


def _breadth_checks(policy: Policy, dossier: Dossier) -> list[Check]:
    """Flag one organization or one technology: the linear model that the plan leaves (A023)."""
    single = len(dossier.parties) <= 1 or len(dossier.technologies) <= 1
    return [
        policy.rule("A023").check(
            "SINGLE_SOURCE",
            Kind.CONTENT,
            passed=not single,
            severity=Severity.WARNING,
            members=len(dossier.parties),
            technologies=len(dossier.technologies),
        )
    ]


def _material_checks(policy: Policy, dossier: Dossier) -> list[Check]:
    return [
        policy.rule(MATERIAL_ROWS.get(kind, "A117")).check(
            "MATERIAL_MISSING",
            Kind.CONTENT,
            passed=kind in dossier.materials,
            pointer=f"/materials/{kind}",
            missing=[] if kind in dossier.materials else [kind],
        )
        for kind in dossier.call.required_materials
    ]


def _plan_checks(policy: Policy, dossier: Dossier) -> list[Check]:
    plan = dossier.plan
    there = policy.rule("A116").check(
        "MATERIAL_MISSING",
        Kind.CONTENT,
        passed=plan is not None,
        pointer="/plan",
        missing=[] if plan else ["plan"],
    )
    return [there] if plan is None else [there, *plan_checks(policy, dossier.model, plan)]


def plan_checks(policy: Policy, model: ModelType, plan: PlanFacts) -> list[Check]:
    """Check the five parts of a plan (A083), and an enterprise centre's horizon (A059)."""
    return [
        *part_checks(policy, plan.parts),
        *horizon_checks(policy, model, plan.horizon_years, "/plan/horizon_years"),
    ]


def clearing_checks(cleared: Sequence[str]) -> list[Check]:
    """Check that a change empties no field that an application cannot be without (A117)."""
    return [
        SUBMITTED.check("FIELD_MISSING", Kind.CONTENT, passed=False, pointer=f"/{name}", field=name)
        for name in cleared
    ]
