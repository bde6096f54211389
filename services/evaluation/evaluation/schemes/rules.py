"""What an indicator scheme is: criteria, leaves, the fact query of each, and what must hold.

A scheme is data (A130). This module reads it into values and judges it. Points are exact
fractions; a decimal appears only where a figure is shown.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from evaluation.schemes.figure_rules import decimal_text
from evaluation.schemes.filter_rules import program_of
from shared.rules import Check, Kind, Rule

CRITERIA: Final = Rule("A126", "四(四)")  # the five first-level criteria
NAMED_METRICS: Final = Rule("A127", "四(四)")  # counted from records, in every scheme
AS_DATA: Final = Rule("A130", "四(四)")
WEIGHTS: Final = Rule("A132", "四(四)")

FULL: Final = Fraction(100)
# What a cycle says to weigh each case by the profile of its centre's model.
BY_MODEL: Final = "by_model"
CRITERION_CODES: Final = ("A", "B", "C", "D", "E")
MAX_EXPRESSION: Final = 500
# What a filter may call: comparing, joining, asking for presence, and text functions.
ALLOWED_FUNCTIONS: Final = frozenset(
    {
        "@in", "_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_?_:_",
        "_[_]", "size", "startsWith", "endsWith", "contains", "has",
    }
)  # fmt: skip
ALLOWED_VARIABLES: Final = frozenset({"fact", "period"})
# The units of money leaves (分) and of shares; anything else counts things.
MONEY_UNIT: Final = "fen"
RATIO_UNIT: Final = "ratio"


class SchemeState(StrEnum):
    """A draft may be edited; opening the first cycle freezes the scheme for good."""

    DRAFT = "draft"
    FROZEN = "frozen"


class SchemeEvent(StrEnum):
    """What can happen to a scheme."""

    EDIT = "edit"
    OPEN_CYCLE = "open_cycle"


MOVES: Final[Mapping[tuple[SchemeState, SchemeEvent], SchemeState]] = {
    (SchemeState.DRAFT, SchemeEvent.EDIT): SchemeState.DRAFT,
    (SchemeState.DRAFT, SchemeEvent.OPEN_CYCLE): SchemeState.FROZEN,
    (SchemeState.FROZEN, SchemeEvent.OPEN_CYCLE): SchemeState.FROZEN,
}


class LeafCalc(StrEnum):
    """How a leaf turns a figure into points."""

    RATIO = "ratio"
    THRESHOLD = "threshold"
    EXPERT = "expert"
    GATE = "gate"


class Source(StrEnum):
    """Where the facts of a leaf come from."""

    REGISTRY = "registry"
    IP_LEDGER = "ip_ledger"
    REPORT = "report"
    SHEETS = "sheets"


class Aggregate(StrEnum):
    """How the facts of a leaf become one figure."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    WEIGHTED_SUM = "weighted_sum"
    RATIO = "ratio"


class ThresholdReading(StrEnum):
    """How 按比例 between two thresholds is read: from the lower bound, or of the upper one."""

    INTERPOLATE = "interpolate"
    PROPORTION = "proportion"


class Rating(StrEnum):
    """The four grades (等次), best first."""

    EXCELLENT = "excellent"
    GOOD = "good"
    QUALIFIED = "qualified"
    UNQUALIFIED = "unqualified"


@dataclass(frozen=True, slots=True)
class Weighting:
    """A factor looked up by the text found at a path; a text without a factor counts nothing."""

    path: str
    factors: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Part:
    """One side of a ratio: a count, or the sum at a path, over the facts that its filter keeps."""

    aggregate: Aggregate
    path: str | None = None
    filter: str | None = None


@dataclass(frozen=True, slots=True)
class FactQuery:
    """Which facts a leaf reads and how they become one figure. `kind` is the facts' kind."""

    source: Source
    kind: str
    aggregate: Aggregate
    filter: str | None = None
    path: str | None = None
    weights: tuple[Weighting, ...] = ()
    numerator: Part | None = None
    denominator: Part | None = None

    def filters(self) -> list[str]:
        """List every expression that the query evaluates."""
        parts = (self.numerator, self.denominator)
        return [text for text in (self.filter, *(part.filter for part in parts if part)) if text]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One indicator. `minimum`, `baseline`, `low` and `high` are in the leaf's own unit."""

    code: str
    name: str
    calc: LeafCalc
    max_points: Fraction
    clause: str
    unit: str
    query: FactQuery | None = None
    minimum: Fraction | None = None
    baseline: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    evidence_required: bool = False
    # Of a gate: the best grade while its figure is below `low`.
    cap: Rating | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """A first-level criterion with its leaves."""

    code: str
    name: str
    leaves: tuple[Leaf, ...]

    @property
    def max_points(self) -> Fraction:
        """Sum the points of its leaves: the criterion's own default weight."""
        return sum((leaf.max_points for leaf in self.leaves), Fraction(0))


@dataclass(frozen=True, slots=True)
class Parameters:
    """The scheme's own thresholds; lower bounds of grades are included in the grade."""

    reading: ThresholdReading
    excellent_from: Fraction
    good_from: Fraction
    qualified_from: Fraction
    late_cap: Rating
    second_reading_band: Fraction


@dataclass(frozen=True, slots=True)
class Scheme:
    """A whole scheme, with the hash of the data that it was read from."""

    criteria: tuple[Criterion, ...]
    parameters: Parameters
    content_hash: str

    def leaves(self) -> list[Leaf]:
        """List every leaf in the scheme's order."""
        return [leaf for criterion in self.criteria for leaf in criterion.leaves]

    def weights(self) -> dict[str, Fraction]:
        """Give the scheme's own weight of each criterion."""
        return {criterion.code: criterion.max_points for criterion in self.criteria}

    def expert_codes(self) -> tuple[str, ...]:
        """Name the leaves that experts score."""
        return tuple(leaf.code for leaf in self.leaves() if leaf.calc is LeafCalc.EXPERT)


# Data that holds itself ends in RecursionError, so that no list of what was seen is kept.
ENCODER: Final = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False,
    check_circular=False,
)  # fmt: skip


def canonical(document: object) -> bytes:
    """Give the one byte form of JSON data: keys sorted, no spaces, UTF-8, no floats."""
    return ENCODER.encode(document).encode()


def digest(document: object) -> str:
    """Give the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def scheme_from(content: Mapping[str, Any]) -> Scheme:
    """Read a scheme's stored content; its form was checked on the way in."""
    parameters = content["parameters"]
    return Scheme(
        criteria=tuple(
            Criterion(one["code"], one["name"], tuple(map(_leaf_from, one["leaves"])))
            for one in content["criteria"]
        ),
        parameters=Parameters(
            reading=ThresholdReading(parameters["reading"]),
            excellent_from=Fraction(parameters["excellent_from"]),
            good_from=Fraction(parameters["good_from"]),
            qualified_from=Fraction(parameters["qualified_from"]),
            late_cap=Rating(parameters["late_cap"]),
            second_reading_band=Fraction(parameters["second_reading_band"]),
        ),
        content_hash=digest(content),
    )


def _leaf_from(content: Mapping[str, Any]) -> Leaf:
    query = content.get("query")
    return Leaf(
        code=content["code"],
        name=content["name"],
        calc=LeafCalc(content["calc"]),
        max_points=Fraction(content["max"]),
        clause=content["clause"],
        unit=content["unit"],
        query=_query_from(query) if query else None,
        minimum=_optional(content.get("minimum")),
        baseline=_optional(content.get("baseline")),
        low=_optional(content.get("low")),
        high=_optional(content.get("high")),
        evidence_required=bool(content.get("evidence_required", False)),
        cap=Rating(content["cap"]) if content.get("cap") else None,
    )


def _query_from(content: Mapping[str, Any]) -> FactQuery:
    return FactQuery(
        source=Source(content["source"]),
        kind=content["kind"],
        aggregate=Aggregate(content["aggregate"]),
        filter=content.get("filter"),
        path=content.get("path"),
        weights=tuple(
            Weighting(
                one["path"],
                {factor["value"]: Fraction(factor["factor"]) for factor in one["factors"]},
            )
            for one in content.get("weights") or ()
        ),
        numerator=_part_from(content.get("numerator")),
        denominator=_part_from(content.get("denominator")),
    )


def _part_from(content: Mapping[str, Any] | None) -> Part | None:
    if content is None:
        return None
    return Part(Aggregate(content["aggregate"]), content.get("path"), content.get("filter"))


def _optional(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


# --- what must hold -------------------------------------------------------------------------


def scheme_checks(scheme: Scheme) -> list[Check]:
    """Check a scheme before it is stored (A126, A127, A130): every failure, not the first."""
    codes = [leaf.code for leaf in scheme.leaves()]
    total = sum(scheme.weights().values(), Fraction(0))
    return [
        WEIGHTS.check(
            "WEIGHTS_NOT_100", Kind.CONTENT, passed=total == FULL, pointer="/criteria",
            sum=decimal_text(total),
        ),
        CRITERIA.check(
            "SCHEME_INVALID", Kind.CONTENT, problem="criteria", pointer="/criteria",
            passed=tuple(one.code for one in scheme.criteria) == CRITERION_CODES,
            wanted=list(CRITERION_CODES),
        ),
        AS_DATA.check(
            "SCHEME_INVALID", Kind.CONTENT, problem="code_twice", pointer="/criteria",
            passed=len(set(codes)) == len(codes),
            codes=sorted({code for code in codes if codes.count(code) > 1}),
        ),
        NAMED_METRICS.check(
            "SCHEME_INVALID", Kind.CONTENT, problem="metric_missing", pointer="/criteria",
            passed=not missing_metrics(scheme), missing=missing_metrics(scheme),
        ),
        AS_DATA.check(
            "SCHEME_INVALID", Kind.CONTENT, problem="criterion_without_points",
            pointer="/criteria", passed=all(one.max_points > 0 for one in scheme.criteria),
        ),
        AS_DATA.check(
            "SCHEME_INVALID", Kind.CONTENT, problem="leaf_elsewhere", pointer="/criteria",
            passed=not strays(scheme), codes=strays(scheme),
        ),
        _grades_check(scheme.parameters),
        _band_check(scheme.parameters),
        *(check for leaf in scheme.leaves() for check in _leaf_checks(leaf)),
    ]  # fmt: skip


# 委托研发合同数及金额、技术市场交易额、孵化企业数量: what the plan names must be counted.
NAMED: Final[Mapping[str, Callable[[FactQuery], bool]]] = MappingProxyType(
    {
        "commissioned_rd_count": lambda query: (
            query.kind == "tech_contract" and query.aggregate is Aggregate.COUNT
        ),
        "commissioned_rd_amount": lambda query: (
            query.kind == "tech_contract" and "contract_amount" in (query.path or "")
        ),
        "tech_transaction_amount": lambda query: (
            query.kind == "tech_contract" and "tech_transaction_amount" in (query.path or "")
        ),
        "incubated_enterprises": lambda query: query.kind == "incubation",
    }
)


def missing_metrics(scheme: Scheme) -> list[str]:
    """Name the metrics that the plan itself names and no leaf of the scheme counts (A127)."""
    queries = [leaf.query for leaf in scheme.leaves() if leaf.query is not None]
    return [name for name, counts in NAMED.items() if not any(map(counts, queries))]


def strays(scheme: Scheme) -> list[str]:
    """Name the leaves that stand under another criterion than their code says."""
    return sorted(
        leaf.code
        for criterion in scheme.criteria
        for leaf in criterion.leaves
        if leaf.code[:1] != criterion.code
    )


def _band_check(parameters: Parameters) -> Check:
    """Check that the grey zone is one: below zero it would be nowhere, beyond 100 it says nothing.

    Of 0, only a total on a bound itself is in it.
    """
    band = parameters.second_reading_band
    return AS_DATA.check(
        "SCHEME_INVALID", Kind.CONTENT, problem="band", passed=Fraction(0) <= band <= FULL,
        pointer="/parameters/second_reading_band", band=decimal_text(band),
    )  # fmt: skip


def _grades_check(parameters: Parameters) -> Check:
    bounds = (parameters.qualified_from, parameters.good_from, parameters.excellent_from)
    falling = Fraction(0) < bounds[0] < bounds[1] < bounds[2] <= FULL
    return AS_DATA.check(
        "SCHEME_INVALID", Kind.CONTENT, problem="grades", passed=falling, pointer="/parameters",
        bounds=[decimal_text(bound) for bound in bounds],
    )  # fmt: skip


# What can be counted: kinds of facts that each source tells. A test holds them against the
# neighbours' own lists, which this service does not import; a kind that is not here cannot be
# counted yet.
KINDS: Final[Mapping[Source, frozenset[str]]] = MappingProxyType(
    {
        Source.REGISTRY: frozenset(
            {
                "service", "incubation", "seed_financing", "first_commercialization",
                "breakthrough", "project", "diffusion", "adoption", "standard", "resource_usage",
                "talent", "training", "incentive", "international_project", "international_node",
                "international_progress", "cooperation_event", "overseas_acquisition",
                "talent_event", "talent_team", "joint_training",
            }
        ),
        Source.IP_LEDGER: frozenset({"asset", "contribution", "tech_contract"}),
        Source.REPORT: frozenset({"annual_report"}),
    }
)  # fmt: skip


def _leaf_checks(leaf: Leaf) -> list[Check]:
    pointer = f"/criteria/{leaf.code[:1]}/leaves/{leaf.code}"
    filters = leaf.query.filters() if leaf.query else []
    problems = [problem for text in filters if (problem := expression_problem(text))]
    kinds = KINDS.get(leaf.query.source, frozenset()) if leaf.query else frozenset()
    return [
        AS_DATA.check(
            "SCHEME_INVALID",
            Kind.CONTENT,
            passed=leaf.query is None or leaf.query.kind in kinds,
            pointer=pointer,
            problem="kind",
            leaf=leaf.code,
            known=sorted(kinds),
        ),
        AS_DATA.check(
            "SCHEME_INVALID",
            Kind.CONTENT,
            passed=_is_whole(leaf),
            pointer=pointer,
            problem="leaf",
            leaf=leaf.code,
        ),
        AS_DATA.check(
            "SCHEME_INVALID",
            Kind.CONTENT,
            passed=not problems,
            pointer=pointer,
            problem="expression",
            leaf=leaf.code,
            problems=problems,
        ),
    ]


def _is_whole(leaf: Leaf) -> bool:
    """Tell whether a leaf has what its way of calculating needs, and nothing below zero."""
    figures = (leaf.minimum, leaf.baseline, leaf.low, leaf.high)
    if any(figure is not None and figure < 0 for figure in figures):
        return False
    # A gate earns nothing; every other leaf can.
    if (leaf.max_points == 0) is not (leaf.calc is LeafCalc.GATE) or leaf.max_points < 0:
        return False
    if leaf.calc is LeafCalc.EXPERT:
        return leaf.query is None
    if leaf.query is None or not _is_query_whole(leaf.query):
        return False
    if leaf.calc is LeafCalc.GATE:
        return leaf.low is not None and leaf.low > 0 and leaf.cap is not None
    if leaf.calc is LeafCalc.THRESHOLD:
        return leaf.low is not None and leaf.high is not None and leaf.low < leaf.high
    return True


def _is_query_whole(query: FactQuery) -> bool:
    if query.aggregate is Aggregate.RATIO:
        parts = (query.numerator, query.denominator)
        return all(part is not None and _is_part_whole(part) for part in parts)
    if query.aggregate in (Aggregate.SUM, Aggregate.DISTINCT):
        return query.path is not None
    return query.aggregate is not Aggregate.WEIGHTED_SUM or bool(query.weights)


def _is_part_whole(part: Part) -> bool:
    """Tell whether a side of a ratio says what it adds up; a count needs no path."""
    return part.aggregate is not Aggregate.SUM or part.path is not None


def expression_problem(text: str) -> str | None:
    """Tell why an expression cannot be a filter, or None when it can."""
    if len(text) > MAX_EXPRESSION:
        return f"longer than {MAX_EXPRESSION} characters"
    try:
        program = program_of(text)
    except ValueError as error:
        return str(error).splitlines()[0][:200]
    strangers = set(program.variables()) - ALLOWED_VARIABLES
    if strangers:
        return f"unknown names: {', '.join(sorted(strangers))}"
    # Nothing allowed divides, and nothing loops: a filter costs no more than its length.
    calls = set(program.functions()) - ALLOWED_FUNCTIONS
    return f"functions that a filter may not use: {', '.join(sorted(calls))}" if calls else None


def edit_checks(state: SchemeState) -> list[Check]:
    """Check that a scheme may still be edited (A130): opening a cycle freezes it."""
    return [AS_DATA.check("SCHEME_FROZEN", Kind.STATE, passed=(state, SchemeEvent.EDIT) in MOVES)]
