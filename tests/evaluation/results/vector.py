"""The year of vector C7-1 as facts, targets and sheets: what makes 82.98."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from typing import Any, Final

from evaluation.cycles.rules import Target
from evaluation.results.leaf_rules import Inputs, Sheet
from evaluation.schemes.counting_rules import Period
from evaluation.schemes.rules import Scheme, Source, scheme_from
from evaluation.schemes.weight_rules import fractions, reweighed

DATA: Final = json.loads(
    resources.files("evaluation.schemes").joinpath("scheme_v1.json").read_text("utf-8")
)
SCHEME: Final[Scheme] = scheme_from(DATA["scheme"]["content"])
PROFILES: Final[Mapping[str, Mapping[str, Fraction]]] = {
    profile["code"]: fractions(profile["weights"]) for profile in DATA["profiles"]
}
INDICATORS: Final[Mapping[str, Mapping[str, Fraction]]] = {
    name: fractions(weights) for name, weights in DATA["indicator_weights"].items()
}
PERIOD: Final = Period("2027-01-01", "2027-12-31")
SCORES: Final[Mapping[str, Sequence[int]]] = {
    "A4": (85, 90, 78, 92, 88, 60, 95),
    "B6": (80, 82, 90, 75, 88, 86, 84),
    "C5": (70, 75, 80, 85, 90, 88, 82),
    "D4": (76, 80, 84, 88, 79, 81, 90),
    "E3": (66, 72, 78, 74, 80, 70, 90),
}
TARGETS: Final = (
    ("A1", "count", "20"), ("A2", "count", "4"), ("A3", "count", "2"), ("A5", "count", "8"),
    ("B1", "count", "30"), ("B2", "万元", "6000"), ("B3", "万元", "4000"), ("B4", "count", "3"),
    ("B5", "count", "1"), ("C1", "count", "120"), ("C4", "percent", "30"),
    ("D2", "count", "3"), ("D3", "count", "400"), ("E1", "count", "4"), ("E2", "count", "2"),
)  # fmt: skip


def fact(number: int, kind: str, on: str = "2027-06-15", /, **payload: Any) -> dict[str, Any]:
    """Make a fact as the feeds give it."""
    return {
        "id": f"0199{number:08x}", "center_id": "c", "kind": kind, "occurred_on": on,
        "payload": payload, "derived": {},
    }  # fmt: skip


def money(yuan: int) -> dict[str, Any]:
    return {"amount": yuan * 100, "currency": "CNY"}


def ledger_facts() -> Iterator[dict[str, Any]]:
    """15 inventions and 17 programs are 18.4; 24 commissions; 4100 万元 registered."""
    for number in range(15):
        abroad = "PCT" if number < 2 else "CN"
        yield fact(
            number, "asset", kind="invention", filed_on="2027-02-01", granted_on="2027-06-15",
            jurisdiction=abroad, background=False,
        )  # fmt: skip
    for number in range(15, 32):
        yield fact(
            number, "asset", kind="software", filed_on="2027-03-01", granted_on=None,
            registered_on="2027-06-15", jurisdiction="CN", background=False,
        )  # fmt: skip
    yield fact(32, "asset", kind="invention", filed_on="2027-03-01", granted_on=None,
               jurisdiction="CN", background=False)  # fmt: skip
    for number in range(100, 124):
        amount = 2_000_000 if number < 123 else 6_000_000
        yield fact(
            number, "tech_contract", is_commissioned_rd=True, contract_amount=money(amount),
            tech_transaction_amount=money(1_700_000), signed_on="2027-06-15",
            registration_no=f"2731000100{number:04d}", registered_on="2027-07-01",
        )  # fmt: skip
    # Registered, but nobody's commission: it counts in B3 only.
    yield fact(
        124, "tech_contract", is_commissioned_rd=False, contract_amount=money(900_000),
        tech_transaction_amount=money(200_000), signed_on="2027-06-15",
        registration_no="27310001000124", registered_on="2027-07-01",
    )  # fmt: skip


def registry_facts() -> Iterator[dict[str, Any]]:
    """96 enterprises served by 100 records, 42 of SMEs, 30 % of the income from non-members."""
    for number in range(200, 202):
        yield fact(number, "breakthrough", technology="t", verified_by_uscc="91310000X")
    yield fact(210, "standard", level="international", part="lead", number="ISO 1")
    yield fact(211, "standard", level="national", part="lead", number="GB 1")
    for number in range(220, 222):
        yield fact(number, "incubation", uscc=f"9131{number}", alive_on="2027-12-31")
    yield fact(230, "first_commercialization", product="p", first_sale_on="2027-05-01")
    for index in range(100):
        one = fact(
            300 + index, "service", client_uscc=f"9131{index % 96:04d}", catalog_code="training",
            amount=money(10_000),
        )  # fmt: skip
        one["derived"] = {"is_sme": index < 42, "is_member": index >= 30, "region_code": "310115"}
        yield one
    yield fact(500, "resource_usage", resource_id="r", hours="1000.0", shared_hours="250.0")
    for number in range(510, 513):
        yield fact(number, "talent", category="leading", person_ref=f"p{number}")
    yield fact(520, "training", person_times=410)
    for number in range(530, 533):
        yield fact(number, "international_project", partner="p", country="DE")
    yield fact(540, "international_node", kind="overseas_node", place="Berlin")


def report_fact() -> dict[str, Any]:
    """A6 is 0.34, D1 is 0.46."""
    accounts = {
        "rd_cost": money(3_400), "total_cost": money(10_000), "rd_staff": 46, "staff": 100,
        "income": money(12_000),
    }  # fmt: skip
    return fact(600, "annual_report", "2027-12-31", accounts=accounts)


def sheets() -> tuple[Sheet, ...]:
    """Seven sheets, as C7-1 gives their scores."""
    return tuple(
        Sheet(f"sheet{index}", {code: Decimal(scores[index]) for code, scores in SCORES.items()})
        for index in range(7)
    )


def inputs(profile: str = "default", *, stressed: bool = True) -> Inputs:
    """Give the whole vector under a profile, or under its criteria's weights alone."""
    indicators = INDICATORS.get(profile, {}) if stressed else {}
    return Inputs(
        scheme=reweighed(SCHEME, PROFILES[profile], indicators),
        profile=profile,
        weights=PROFILES[profile],
        indicator_weights=indicators,
        period=PERIOD,
        facts={
            Source.REGISTRY: tuple(registry_facts()),
            Source.IP_LEDGER: tuple(ledger_facts()),
            Source.REPORT: (report_fact(),),
        },
        targets=tuple(Target(code, unit, Fraction(value)) for code, unit, value in TARGETS),
        snapshot_hash="0" * 64,
        sheets=sheets(),
    )


def without_target(given: Inputs, *codes: str) -> Inputs:
    """Give the same year with some targets not filed."""
    return replace(given, targets=tuple(one for one in given.targets if one.code not in codes))
