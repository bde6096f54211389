"""What counts as new on the market, and when a public buyer may buy it first.

Shanghai has not published its own tests for the three kinds: each kind's rule set carries its
source and whether it is provisional, as policy data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shared.calendar import WorkingDays, years_before
from shared.codes.patents import PatentKind, kind_of, patent_number_checks
from shared.rules import NOT_FOUND, Check, Kind, Policy, Rule, Severity

CATALOGUE: Final = Rule("A144", "五(二)四")
FIRST_PURCHASE: Final = Rule("A145", "五(二)四")
DUTIES: Final = Rule("X03", "delivery")


class ProductKind(StrEnum):
    """Equipment, material or software that is the first of its kind."""

    FIRST_SET = "first_set"
    FIRST_BATCH = "first_batch"
    FIRST_VERSION = "first_version"


class ProductSector(StrEnum):
    """What decides how old its patents may be."""

    GENERAL = "general"
    MEDICINE = "medicine"
    HIGH_END_EQUIPMENT = "high_end_equipment"


class ProductState(StrEnum):
    """Where a nomination stands."""

    NOMINATED = "nominated"
    RETURNED = "returned"
    REVIEWED = "reviewed"
    NOTICED = "noticed"
    CATALOGUED = "catalogued"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"


class ProductEvent(StrEnum):
    """What happens to a nomination."""

    CORRECT = "correct"
    ACCEPT = "accept"
    RETURN = "return"
    REJECT = "reject"
    OPEN_NOTICE = "open_notice"
    CATALOGUE = "catalogue"
    WITHDRAW = "withdraw"
    REMOVE = "remove"


class ReviewResult(StrEnum):
    """What the catalogue's editors say of a nomination."""

    ACCEPT = "accept"
    RETURN = "return"
    REJECT = "reject"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[ProductState, ProductEvent], ProductState]] = {
    (ProductState.NOMINATED, ProductEvent.ACCEPT): ProductState.REVIEWED,
    (ProductState.NOMINATED, ProductEvent.RETURN): ProductState.RETURNED,
    (ProductState.NOMINATED, ProductEvent.REJECT): ProductState.REJECTED,
    (ProductState.NOMINATED, ProductEvent.WITHDRAW): ProductState.WITHDRAWN,
    (ProductState.RETURNED, ProductEvent.CORRECT): ProductState.NOMINATED,
    (ProductState.RETURNED, ProductEvent.WITHDRAW): ProductState.WITHDRAWN,
    (ProductState.REVIEWED, ProductEvent.OPEN_NOTICE): ProductState.NOTICED,
    (ProductState.REVIEWED, ProductEvent.WITHDRAW): ProductState.WITHDRAWN,
    (ProductState.NOTICED, ProductEvent.CATALOGUE): ProductState.CATALOGUED,
    (ProductState.NOTICED, ProductEvent.REJECT): ProductState.REJECTED,
    (ProductState.CATALOGUED, ProductEvent.REMOVE): ProductState.REMOVED,
}
REVIEW_EVENTS: Final[Mapping[ReviewResult, ProductEvent]] = {
    ReviewResult.ACCEPT: ProductEvent.ACCEPT,
    ReviewResult.RETURN: ProductEvent.RETURN,
    ReviewResult.REJECT: ProductEvent.REJECT,
}


@dataclass(frozen=True, slots=True)
class Patent:
    """An invention patent that the product rests on."""

    number: str
    granted_on: date
    owner_id: UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a nomination claims; `particulars` are those of its kind, others are empty."""

    kind: ProductKind
    sector: ProductSector
    patents: Sequence[Patent]
    first_sale_on: date | None
    first_purchase: bool
    equipment: Mapping[str, Any] | None = None
    material: Mapping[str, Any] | None = None
    software: Mapping[str, Any] | None = None


def nominator_checks(
    *, operates: bool, acting_id: UUID | None, maker_id: UUID, belongs: bool
) -> list[Check]:
    """Check that the centre's operator nominates, or the maker itself where it belongs (X04)."""
    concerned = operates or (belongs and acting_id == maker_id)
    checks = [NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=concerned, pointer="/center_id")]
    if concerned:
        checks.append(
            CATALOGUE.check(
                "OWNER_NOT_IN_CENTER", Kind.CONTENT, passed=belongs, pointer="/maker_org_id"
            )
        )
    return checks


def call_checks(cut_off_on: date, today: date) -> list[Check]:
    """Check that the call still takes nominations; its cut-off day is the last one."""
    return [
        CATALOGUE.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=today <= cut_off_on,
            cut_off_on=cut_off_on.isoformat(),
        )
    ]


def call_day_checks(year: int, cut_off_on: date, valid_until: date, today: date) -> list[Check]:
    """Check that a call is of its year, still open, and that its catalogue outlasts the cut-off."""
    return [
        CATALOGUE.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=cut_off_on.year == year and cut_off_on >= today,
            pointer="/cut_off_on",
        ),
        CATALOGUE.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=valid_until > cut_off_on,
            pointer="/valid_until",
        ),
    ]


def first_sale_from(policy: Policy, cut_off_on: date) -> date:
    """Give the first day on which a sale still counts as the first: a year before the cut-off."""
    return years_before(cut_off_on, policy.value("A144", "first_sale_years"))


def is_first_sale(policy: Policy, first_sale_on: date | None, cut_off_on: date) -> bool:
    """Tell whether a product is new on the market: unsold, or first sold within the window."""
    return first_sale_on is None or first_sale_on >= first_sale_from(policy, cut_off_on)


def first_sale_checks(
    policy: Policy, first_sale_on: date | None, cut_off_on: date, today: date, *, wanted: bool
) -> list[Check]:
    """Check the day of the first sale; only who wants first purchase has to be within the window.

    A product that was sold earlier may still be catalogued.
    """
    rule = policy.rule("A144")
    return [
        rule.past(first_sale_on, today, "/first_sale_on"),
        rule.check(
            "CATALOG_NOT_FIRST_SALE",
            Kind.CONTENT,
            passed=not wanted or is_first_sale(policy, first_sale_on, cut_off_on),
            pointer="/first_sale_on",
            first_day=first_sale_from(policy, cut_off_on).isoformat(),
            cut_off_on=cut_off_on.isoformat(),
        ),
    ]


def kind_checks(policy: Policy, product: Candidate, cut_off_on: date) -> list[Check]:
    """Check what its kind asks for: equipment, material or software, and nothing of another."""
    given = {
        ProductKind.FIRST_SET: ("equipment", product.equipment),
        ProductKind.FIRST_BATCH: ("material", product.material),
        ProductKind.FIRST_VERSION: ("software", product.software),
    }
    rule = policy.rule("A144")
    checks = [
        rule.check(
            "PRODUCT_PARTICULARS",
            Kind.CONTENT,
            passed=(particulars is not None) == (kind is product.kind),
            pointer=f"/{name}",
            needed=given[product.kind][0],
        )
        for kind, (name, particulars) in given.items()
    ]
    if product.kind is ProductKind.FIRST_VERSION and product.software is not None:
        checks += _software_checks(policy, product.software, cut_off_on)
    if product.kind is ProductKind.FIRST_BATCH and product.material is not None:
        checks += [
            rule.check(
                "MATERIAL_SPEC_MISSING",
                Kind.CONTENT,
                passed=bool(product.material.get(name)),
                pointer=f"/material/{name}",
                missing=name,
            )
            for name in ("grade", "specification")
        ]
    return checks


def _software_checks(policy: Policy, software: Mapping[str, Any], cut_off_on: date) -> list[Check]:
    rule = policy.rule("A144")
    main = policy.value("A144", "software_main_version")
    acquired: date = software["copyright_acquired_on"]
    first_day = years_before(cut_off_on, policy.value("A144", "copyright_years"))
    return [
        rule.check(
            "SOFTWARE_NOT_FIRST_VERSION",
            Kind.CONTENT,
            passed=software["main_version"].removeprefix("V").removeprefix("v") == main,
            pointer="/software/main_version",
            needed=main,
        ),
        *(
            rule.check(
                "SOFTWARE_NOT_FOR_MARKET",
                Kind.CONTENT,
                passed=not software[name],
                pointer=f"/software/{name}",
            )
            for name in ("bespoke", "in_house")
        ),
        rule.check(
            "RIGHT_TOO_OLD",
            Kind.CONTENT,
            passed=first_day <= acquired <= cut_off_on,
            pointer="/software/copyright_acquired_on",
            first_day=first_day.isoformat(),
            last_day=cut_off_on.isoformat(),
        ),
    ]


def patent_checks(
    policy: Policy, product: Candidate, cut_off_on: date, own_ids: frozenset[UUID]
) -> list[Check]:
    """Check that it rests on an invention patent of its own, granted within the last years."""
    rule = policy.rule("A144")
    needed = product.kind.value in policy.value("A144", "kinds_with_patent")
    checks = [
        rule.check(
            "INVENTION_PATENT_MISSING",
            Kind.CONTENT,
            passed=bool(product.patents) or not needed,
            pointer="/patents",
        )
    ]
    long = product.sector.value in policy.value("A144", "sectors_with_long_patents")
    years = policy.value("A144", "patent_years_long" if long else "patent_years")
    first_day = years_before(cut_off_on, years)
    for place, patent in enumerate(product.patents):
        at = f"/patents/{place}"
        number = [
            check
            for check in patent_number_checks(patent.number, pointer=f"{at}/number")
            if not check.passed
        ]
        checks += [
            *number,
            rule.check(
                "NOT_AN_INVENTION",
                Kind.CONTENT,
                passed=bool(number)
                or kind_of(patent.number) in {PatentKind.INVENTION, PatentKind.PCT_INVENTION},
                pointer=f"{at}/number",
            ),
            rule.check(
                "RIGHT_TOO_OLD",
                Kind.CONTENT,
                passed=first_day <= patent.granted_on <= cut_off_on,
                pointer=f"{at}/granted_on",
                first_day=first_day.isoformat(),
                last_day=cut_off_on.isoformat(),
            ),
            rule.check(
                "PATENT_NOT_OWN",
                Kind.CONTENT,
                passed=patent.owner_id in own_ids,
                pointer=f"{at}/owner_id",
            ),
        ]
    return checks


def maker_checks(policy: Policy, region_code: str, *, barred: bool) -> list[Check]:
    """Check that the maker is of this city and not on the list of serious dishonesty."""
    prefix = policy.value("A144", "region_prefix")
    return [
        policy.rule("A144").check(
            "ENTITY_NOT_LOCAL",
            Kind.CONTENT,
            passed=region_code.startswith(prefix),
            pointer="/maker_org_id",
            region_code=region_code,
        ),
        Rule("X17", "delivery").check(
            "DISHONEST_ORG", Kind.CONTENT, passed=not barred, pointer="/maker_org_id"
        ),
    ]


def rule_set(policy: Policy, kind: ProductKind) -> tuple[bool, str]:
    """Tell whether a kind's tests are provisional, and where they come from."""
    known = policy.value("A144", "rule_sets")[kind.value]
    return bool(known["provisional"]), str(known["source"])


def rule_set_checks(policy: Policy, kind: ProductKind) -> list[Check]:
    """Warn where the tests of a kind are not the city's own."""
    provisional, source = rule_set(policy, kind)
    return [
        policy.rule("A144").check(
            "RULE_SET_PROVISIONAL",
            Kind.CONTENT,
            passed=not provisional,
            severity=Severity.WARNING,
            source=source,
        )
    ]


def move_checks(state: ProductState, event: ProductEvent) -> list[Check]:
    """Check that a nomination may take a step from where it is."""
    return [CATALOGUE.move(MOVES, state, event)]


def apart_checks(held: Mapping[str, UUID | None], acting_id: UUID) -> list[Check]:
    """Check that nobody judges what he made: `held` names who acted as what before (X03)."""
    return [
        DUTIES.check("SOD_VIOLATION", Kind.SCOPE, passed=person_id != acting_id, held=capacity)
        for capacity, person_id in held.items()
    ]


@dataclass(frozen=True, slots=True)
class Entry:
    """A product as the catalogue shows it; both days of its validity are included."""

    state: ProductState
    name: str
    maker_name: str
    first_purchase: bool
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Contract:
    """A first-purchase contract as its buyer wrote it, to the character."""

    number: str
    product_name: str
    maker_name: str
    signed_on: date


def contract_checks(policy: Policy, contract: Contract, entry: Entry, today: date) -> list[Check]:
    """Check a first purchase against the catalogue (A145).

    Names match to the character; it is signed within the validity, first and last day included.
    """
    rule = policy.rule("A145")
    prefix = policy.value("A145", "number_prefix")
    listed = entry.state in {ProductState.CATALOGUED, ProductState.REMOVED}
    within = (
        listed
        and entry.valid_from is not None
        and entry.valid_to is not None
        and entry.valid_from <= contract.signed_on <= entry.valid_to
    )
    return [
        rule.check(
            "FIRST_PURCHASE_NO",
            Kind.CONTENT,
            passed=contract.number.startswith(prefix) and len(contract.number) > len(prefix),
            pointer="/contract_no",
            prefix=prefix,
        ),
        rule.check(
            "FIRST_PURCHASE_MISMATCH",
            Kind.CONTENT,
            passed=contract.product_name == entry.name,
            pointer="/product_name",
        ),
        rule.check(
            "FIRST_PURCHASE_MISMATCH",
            Kind.CONTENT,
            passed=contract.maker_name == entry.maker_name,
            pointer="/maker_name",
        ),
        rule.check(
            "CATALOG_NOT_FIRST_SALE",
            Kind.CONTENT,
            passed=entry.first_purchase,
            pointer="/product_id",
        ),
        rule.check(
            "CATALOG_NOT_VALID",
            Kind.CONTENT,
            passed=within,
            pointer="/signed_on",
            valid_from="" if entry.valid_from is None else entry.valid_from.isoformat(),
            valid_to="" if entry.valid_to is None else entry.valid_to.isoformat(),
        ),
        rule.past(contract.signed_on, today, "/signed_on"),
    ]


def recording_due_on(policy: Policy, calendar: WorkingDays, signed_on: date) -> date:
    """Give the last day on which a contract is entered and published in time, included."""
    return calendar.add(signed_on, policy.value("A145", "record_working_days"))


def lateness_checks(policy: Policy, due_on: date, today: date) -> list[Check]:
    """Warn where a contract is entered after its last day; it is kept all the same."""
    return [
        policy.rule("A145").check(
            "FIRST_PURCHASE_LATE",
            Kind.CONTENT,
            passed=today <= due_on,
            severity=Severity.WARNING,
            due_on=due_on.isoformat(),
        )
    ]
