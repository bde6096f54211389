"""Who must be in a centre, by the way it is founded (三(二)1-3)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from registry.centers.rules import ModelType
from registry.memberships.rules import SPONSORS, MembershipRole, honesty_check
from registry.memberships.rules import State as MembershipState
from registry.organizations.rules import ChainPosition, LegalPersonKind, OrgType
from shared.rules import Check, Kind, Policy, Rule, Severity

VOLUNTARY: Final = Rule("A049", "三(一)")
RESEARCHERS: Final = frozenset({OrgType.UNIVERSITY, OrgType.INSTITUTE})
ENTERPRISES: Final = frozenset(
    {OrgType.ENTERPRISE, OrgType.PARK_DEVELOPER, OrgType.TESTING_BODY, OrgType.INVESTMENT}
)


@dataclass(frozen=True, slots=True)
class Party:
    """An organization as the rules see it, with its place in the centre where it has one."""

    org_id: UUID
    org_type: OrgType
    legal_person_kind: LegalPersonKind
    region_code: str
    registered_on: date | None
    is_sme: bool
    is_leading: bool
    is_known_backbone: bool = False
    chain_position: ChainPosition | None = None
    dishonest_until: date | None = None
    has_rank_evidence: bool = False
    role: MembershipRole = MembershipRole.MEMBER
    state: MembershipState = MembershipState.CONFIRMED

    @property
    def is_enterprise(self) -> bool:
        """Tell whether it is an enterprise in the narrow sense."""
        return self.org_type is OrgType.ENTERPRISE

    @property
    def is_backbone(self) -> bool:
        """Tell whether it is a backbone enterprise: an enterprise beyond the SME limits (A065)."""
        return self.is_known_backbone or (self.is_enterprise and not self.is_sme)

    @property
    def is_user(self) -> bool:
        """Tell whether it stands for those who use what the centre makes (A021)."""
        return self.org_type is OrgType.USER or self.chain_position is ChainPosition.USER


def sponsor_checks(policy: Policy, model: ModelType, lead: Party) -> list[Check]:
    """Check that the model fits the kind of organization that leads (A057)."""
    fitting = policy.value("A057", "sponsor_types")[model.value]
    return [
        policy.rule("A057").check(
            "MODEL_SPONSOR_MISMATCH",
            Kind.CONTENT,
            passed=lead.org_type.value in fitting,
            pointer="/model_type",
            model_type=model.value,
            lead_type=lead.org_type.value,
            allowed=list(fitting),
        )
    ]


def lead_honesty_check(policy: Policy, lead: Party, today: date) -> Check:
    """Check that no record of dishonesty bars the lead sponsor (X17)."""
    return honesty_check(
        policy, lead.org_id, lead.dishonest_until, today, "/lead_sponsor_id", as_sponsor=True
    )


def honesty_checks(
    policy: Policy,
    parties: Sequence[Party],
    entity: Party | None,
    today: date,
    *,
    but: UUID | None = None,
) -> list[Check]:
    """Check that no record bars a member or the legal person; who is left out is judged apart."""
    placed = [(party, party.role in SPONSORS) for party in parties if party.org_id != but]
    if entity is not None:
        placed.append((entity, True))
    return [
        honesty_check(
            policy, party.org_id, party.dishonest_until, today, "/members", as_sponsor=as_sponsor
        )
        for party, as_sponsor in placed
    ]


def composition_checks(
    policy: Policy, model: ModelType, parties: Sequence[Party], *, has_park: bool = True
) -> list[Check]:
    """Check who is in the centre, the lead included: size, confirmation, model, coverage.

    Invited organizations count for the composition, and each of them fails its own check until it
    has confirmed, so that the two faults are told apart.
    """
    by_model: dict[ModelType, Callable[[Policy, Sequence[Party]], list[Check]]] = {
        ModelType.ENTERPRISE: _enterprise_checks,
        ModelType.INSTITUTE: _institute_checks,
        ModelType.PLATFORM: _platform_checks,
    }
    return [
        *by_model[model](policy, parties),
        *_park_checks(policy, model, has_park=has_park),
        *_size_checks(policy, parties),
        *_confirmation_checks(parties),
        *_coverage_checks(policy, parties),
    ]


def _composition_check(
    rule: Rule,
    missing: Sequence[str],
    code: str = "MODEL_COMPOSITION",
    severity: Severity = Severity.ERROR,
    **figures: object,
) -> Check:
    return rule.check(
        code,
        Kind.CONTENT,
        passed=not missing,
        pointer="/members",
        severity=severity,
        missing=list(missing),
        **figures,
    )


def _enterprise_checks(policy: Policy, parties: Sequence[Party]) -> list[Check]:
    leading = [party for party in parties if party.is_enterprise and party.is_leading]
    needed = policy.value("A058", "min_leading")
    missing = ["leading_enterprise"] if len(leading) < needed else []
    placed = sum(party.chain_position is not None for party in leading)
    if len(leading) >= needed > placed:
        missing.append("chain_position")
    proven = sum(party.has_rank_evidence for party in leading)
    rank = [] if proven >= needed else ["rank_evidence"]
    rule = policy.rule("A058")
    return [
        _composition_check(rule, missing, leading=len(leading), needed=needed, placed=placed),
        # The register says who leads; a document behind it is asked for, and its lack is told.
        _composition_check(rule, rank, severity=Severity.WARNING, proven=proven, needed=needed),
    ]


def _institute_checks(policy: Policy, parties: Sequence[Party]) -> list[Check]:
    backbone = sum(party.is_backbone for party in parties)
    small = sum(party.is_sme for party in parties)
    missing = []
    if backbone < policy.value("A065", "min_backbone"):
        missing.append("backbone_enterprise")
    if small < policy.value("A065", "min_sme"):
        missing.append("sme_member")
    return [_composition_check(policy.rule("A065"), missing, backbone=backbone, sme=small)]


def _platform_checks(policy: Policy, parties: Sequence[Party]) -> list[Check]:
    counts = Counter(party.org_type for party in parties)
    needed = {
        "park_developer": (OrgType.PARK_DEVELOPER, policy.value("A069", "min_park_developers")),
        "enterprise": (OrgType.ENTERPRISE, policy.value("A069", "min_enterprises")),
        "third_party_testing": (OrgType.TESTING_BODY, policy.value("A069", "min_testing_bodies")),
    }
    missing = [name for name, (kind, least) in needed.items() if counts[kind] < least]
    return [_composition_check(policy.rule("A069"), missing)]


def _park_checks(policy: Policy, model: ModelType, *, has_park: bool) -> list[Check]:
    """Tell a platform centre whose developer has not described its park yet (A068)."""
    described = has_park or model is not ModelType.PLATFORM
    return [
        policy.rule("A068").check(
            "PARK_MISSING",
            Kind.CONTENT,
            passed=described,
            pointer="/members",
            severity=Severity.WARNING,
        )
    ]


def _size_checks(policy: Policy, parties: Sequence[Party]) -> list[Check]:
    size = len(parties)
    types = len({party.org_type for party in parties})
    missing = ["members"] if size < policy.value("A003", "min_members") else []
    if types < policy.value("A003", "min_types"):
        missing.append("member_types")
    warn_below = policy.value("A003", "warn_below")
    # The alliance is the wider network: it holds no shares.
    holders = sum(party.role is not MembershipRole.ALLIANCE for party in parties)
    few = ["members"] if holders < warn_below else []
    rule = policy.rule("A003")
    return [
        _composition_check(rule, missing, members=size, types=types),
        _composition_check(
            rule, few, "FEW_SHAREHOLDERS", Severity.WARNING, count=holders, warn_below=warn_below
        ),
    ]


def _confirmation_checks(parties: Sequence[Party]) -> list[Check]:
    return [
        VOLUNTARY.check(
            "MEMBER_NOT_CONFIRMED",
            Kind.STATE,
            passed=party.state is not MembershipState.INVITED,
            pointer="/members",
            org_ids=[str(party.org_id)],
        )
        for party in parties
    ]


def _coverage_checks(policy: Policy, parties: Sequence[Party]) -> list[Check]:
    found = {
        "enterprise": any(party.org_type in ENTERPRISES for party in parties),
        "research": any(party.org_type in RESEARCHERS for party in parties),
        "user": any(party.is_user for party in parties),
    }
    missing = [name for name, there in found.items() if not there]
    rule = policy.rule("A021")
    return [_composition_check(rule, missing, "COVERAGE_MISSING", Severity.WARNING)]
