"""Random schemes, facts, targets and sheets, each filter with its meaning as a Python function."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from evaluation.cycles.rules import Target
from evaluation.results import rules
from evaluation.results.leaf_rules import Inputs, Sheet
from evaluation.schemes.counting_rules import Period
from evaluation.schemes.rules import Source, canonical, scheme_from
from evaluation.schemes.weight_rules import fractions, reweighed
from tests.evaluation.results import oracle

PERIOD: Final = {"from_on": "2027-01-01", "until_on": "2027-12-31"}
# A fact that lacks what a filter reads does not count: every meaning says so for itself.
FILTERS: Final[Mapping[str, oracle.Keep]] = {
    "": lambda _: True,
    "fact.occurred_on >= period.from_on && fact.occurred_on <= period.until_on": lambda fact: fact[
        "occurred_on"
    ].startswith("2027"),
    "fact.derived.is_sme == true": lambda fact: fact["derived"].get("is_sme") is True,
    "has(fact.payload.amount)": lambda fact: "amount" in fact["payload"],
    "!(has(fact.payload.amount) && fact.payload.amount == '1.5')": lambda fact: (
        fact["payload"].get("amount") != "1.5"
    ),
    "fact.payload.who.startsWith('a') || fact.payload.who in ['b', 'd']": lambda fact: (
        fact["payload"]["who"] in ("a", "b", "d")
    ),
    "fact.payload.who == 'a' ? fact.occurred_on < '2027-07-01' : true": lambda fact: (
        fact["payload"]["who"] != "a" or fact["occurred_on"] < "2027-07-01"
    ),
}
# Fixed, so that a new kind of fact leaves every random year as it was.
COUNTED: Final[Mapping[str, Sequence[str]]] = {
    "registry": ("adoption", "breakthrough", "diffusion"),
    "ip_ledger": ("asset", "contribution", "tech_contract"),
    "report": ("annual_report",),
}
WHO: Final = ("a", "b", "c", "d", "e")


@dataclass(frozen=True)
class RandomYear:
    """Everything that two computations are compared on."""

    scheme: dict[str, Any]
    weights: dict[str, str]
    snapshot: dict[str, Any]
    sheets: list[dict[str, str]]
    trim_from: int
    indicator_weights: dict[str, str] = field(default_factory=dict)

    def inputs(self, *, shuffled: random.Random | None = None) -> Inputs:
        """Give the product's inputs, the rows in any order."""
        facts = {name: list(rows) for name, rows in self.snapshot["facts"].items()}
        sheets = [
            Sheet(f"s{index}", {code: Decimal(score) for code, score in scores.items()})
            for index, scores in enumerate(self.sheets)
        ]
        targets = [
            Target(one["metric_code"], one["unit"], Fraction(one["value"]))
            for one in self.snapshot["plan"]["targets"]
        ]
        if shuffled is not None:
            for rows in (*facts.values(), sheets, targets):
                shuffled.shuffle(rows)
        report = self.snapshot["report"]
        weights, indicators = fractions(self.weights), fractions(self.indicator_weights)
        return Inputs(
            scheme=reweighed(scheme_from(self.scheme), weights, indicators),
            profile="random",
            weights=weights,
            indicator_weights=indicators,
            period=Period(**PERIOD),
            facts={
                Source.REGISTRY: facts["registry"],
                Source.IP_LEDGER: facts["ip_ledger"],
                Source.REPORT: [report["fact"]] if report["fact"] else [],
            },
            targets=targets,
            snapshot_hash=rules.content_hash(canonical(self.snapshot)),
            sheets=sheets,
            gates=rules.gates_of(report["state"], report["lateness_days"]),
            trim_from=self.trim_from,
        )

    def by_oracle(self) -> oracle.Judged:
        """Let the second implementation judge."""
        report = self.snapshot["report"]
        return oracle.judge(
            oracle.Year(
                scheme=self.scheme,
                weights=self.weights,
                facts={
                    **self.snapshot["facts"],
                    "report": [report["fact"]] if report["fact"] else [],
                },
                targets={
                    one["metric_code"]: one["value"] for one in self.snapshot["plan"]["targets"]
                },
                sheets=self.sheets,
                report=(report["state"], report["lateness_days"]),
                keep=FILTERS,
                trim_from=self.trim_from,
                indicator_weights=self.indicator_weights,
            )
        )


def random_year(seed: int) -> RandomYear:
    """Make a year from a seed: the same seed, the same year."""
    chance = random.Random(seed)
    scheme = _scheme(chance)
    leaves = [leaf for criterion in scheme["criteria"] for leaf in criterion["leaves"]]
    experts = [leaf["code"] for leaf in leaves if leaf["calc"] == "expert"]
    state = chance.choice(["submitted", "submitted", "submitted", "missing"])
    snapshot = {
        "format": 1,
        "period": PERIOD,
        "plan": {"targets": _targets(chance, leaves)},
        "report": {
            "state": state,
            "lateness_days": chance.choice([0, 0, 1, 30]) if state != "missing" else 0,
            "fact": _fact(chance, 0, "annual_report") if state != "missing" else None,
        },
        "facts": {
            "registry": _facts(chance, "registry"),
            "ip_ledger": _facts(chance, "ip_ledger"),
        },
    }
    sheets = [
        {code: f"{chance.randint(0, 10_000) / 100:.2f}" for code in experts}
        for _ in range(chance.choice([3, 4, 5, 7, 9]))
    ]
    return RandomYear(scheme, _weights(chance), snapshot, sheets, chance.choice([4, 5, 6]))


def stressed_year(seed: int) -> RandomYear:
    """Make a random year whose profile weighs some indicators of their own (A067)."""
    year, chance = random_year(seed), random.Random(-seed - 1)
    indicators = {}
    for criterion in year.scheme["criteria"]:
        leaves = [leaf["code"] for leaf in criterion["leaves"] if leaf["calc"] != "gate"]
        named = chance.sample(leaves, chance.randint(0, len(leaves)))
        left = int(Fraction(year.weights[criterion["code"]]) * 100)
        for place, code in enumerate(named, start=1):
            last = place == len(leaves)
            part = left if last else chance.randint(0, left)
            left -= part
            indicators[code] = f"{part // 100}.{part % 100:02d}"
    return replace(year, indicator_weights=indicators)


def _weights(chance: random.Random) -> dict[str, str]:
    cuts = sorted(chance.sample(range(1, 10_000), 4))
    parts = [high - low for low, high in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    return {
        code: f"{part // 100}.{part % 100:02d}" for code, part in zip("ABCDE", parts, strict=True)
    }


def _scheme(chance: random.Random) -> dict[str, Any]:
    good = chance.randint(40, 70)
    return {
        "parameters": {
            "reading": chance.choice(["interpolate", "proportion"]),
            "excellent_from": str(good + chance.randint(1, 25)),
            "good_from": str(good),
            "qualified_from": str(good - chance.randint(1, 35)),
            "late_cap": chance.choice(["good", "qualified"]),
            "second_reading_band": "0.5",
        },
        "criteria": [
            {"code": code, "name": f"一级{code}", "leaves": _leaves(chance, code)}
            for code in "ABCDE"
        ],
    }


def _leaves(chance: random.Random, criterion: str) -> list[dict[str, Any]]:
    kinds = ["ratio", "ratio", "threshold", "expert", "gate"]
    chosen = [chance.choice(kinds[:4]), *chance.choices(kinds, k=chance.randint(0, 4))]
    return [_leaf(chance, f"{criterion}{at}", calc) for at, calc in enumerate(chosen, start=1)]


def _leaf(chance: random.Random, code: str, calc: str) -> dict[str, Any]:
    leaf: dict[str, Any] = {
        "code": code, "calc": calc, "name": f"指标{code}", "clause": "四(四)",
        "unit": chance.choice(["count", "fen"]),
        "max": "0" if calc == "gate" else f"{chance.randint(1, 900) / 100:.2f}",
    }  # fmt: skip
    if calc == "expert":
        return {**leaf, "unit": "percent"}
    leaf["query"] = _query(chance)
    if calc == "ratio":
        optional = {
            "minimum": str(chance.randint(1, 6)), "baseline": str(chance.randint(0, 5)),
            "evidence_required": True,
        }  # fmt: skip
        return {**leaf, **{name: optional[name] for name in optional if chance.random() < 0.3}}
    low = chance.randint(1, 4)
    if calc == "gate":
        return {**leaf, "low": str(low), "cap": chance.choice(["good", "qualified"])}
    return {**leaf, "low": str(low), "high": str(low + chance.randint(1, 5))}


def _query(chance: random.Random) -> dict[str, Any]:
    source = chance.choice(["registry", "registry", "ip_ledger", "report"])
    query: dict[str, Any] = {
        "source": source,
        "kind": chance.choice(COUNTED[source]),
        "aggregate": chance.choice(["count", "sum", "distinct", "weighted_sum", "ratio"]),
    }
    if query["aggregate"] == "sum":
        query["path"] = "payload.amount"
    if query["aggregate"] == "distinct":
        query["path"] = "payload.who"
    if query["aggregate"] == "weighted_sum":
        factors = [{"value": who, "factor": f"{chance.randint(0, 300) / 100:.2f}"}
                   for who in WHO[:4]]  # fmt: skip
        query["weights"] = [{"path": "payload.who", "factors": factors}]
    if query["aggregate"] == "ratio":
        query["numerator"] = _filtered(chance, {"aggregate": "sum", "path": "payload.amount"})
        query["denominator"] = {"aggregate": "sum", "path": "payload.amount"}
    return _filtered(chance, query)


def _filtered(chance: random.Random, query: dict[str, Any]) -> dict[str, Any]:
    chosen = chance.choice(list(FILTERS))
    return {**query, "filter": chosen} if chosen else query


def _targets(chance: random.Random, leaves: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"metric_code": leaf["code"], "unit": "fen", "value": f"{chance.randint(0, 40) / 2:.1f}"}
        for leaf in leaves
        if leaf["calc"] == "ratio" and chance.random() < 0.7
    ]


def _facts(chance: random.Random, source: str) -> list[dict[str, Any]]:
    kinds = COUNTED[source]
    return [_fact(chance, at, chance.choice(kinds)) for at in range(chance.randint(0, 30))]


def _fact(chance: random.Random, at: int, kind: str) -> dict[str, Any]:
    payload: dict[str, Any] = {"who": chance.choice(WHO)}
    if chance.random() < 0.8:
        payload["amount"] = chance.choice(["1.5", "2", "0.25", str(chance.randint(0, 9))])
    return {
        "id": f"{kind}-{at:03d}", "kind": kind, "center_id": "c",
        "occurred_on": chance.choice(["2026-12-31", "2027-01-01", "2027-06-30", "2027-12-31"]),
        "payload": payload,
        "derived": {"is_sme": True} if chance.random() < 0.4 else {},
    }  # fmt: skip
