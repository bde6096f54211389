"""What a kind of fact has to be beyond its form: a function per kind that has such rules."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from registry.facts.rules.vocabulary import FactKind, NewFact
from shared.codes import regions
from shared.rules import Check, Kind, Rule, Said

HAPPENED: Final = Rule("X13", "delivery")
OPEN_SHARING: Final = Rule("A062", "三(二)1")
COMMISSIONED: Final = Rule("A089", "三(三)2-①")
INCUBATED: Final = Rule("A031", "二(三)功能三")
BOTTLENECKS: Final = Rule("A006", "一(二)")
SITES: Final = Rule("A009", "二(一)")
COOPERATION: Final = Rule("A011", "二(一)")
REPRESENTING: Final = Rule("A155", "五(四)")
BENCHMARKS: Final = Rule("A012", "二(一)")
READINESS: Final = Rule("A027", "二(三)功能二")
JOINT_TRAINING: Final = Rule("A034", "二(三)功能四")
TEAMS: Final = Rule("A036", "二(三)功能四")
EXCHANGES: Final = Rule("A039", "二(三)功能四")
TRAINEES: Final = Rule("A150", "五(三)")
MILESTONES: Final = Rule("A153", "五(四)")
ACQUISITIONS: Final = Rule("A154", "五(四)")
SHANGHAI: Final = "31"
HOME: Final = "CN"


@lru_cache(maxsize=4_096)  # A batch tells of the same days over and over.
def past(pointer: str, day: date, today: date) -> Check:
    """Check that something has happened by today."""
    return HAPPENED.past(day, today, pointer)


def nothing(_fact: NewFact, _today: date) -> list[Check]:
    """Find nothing to judge beyond what every fact has to be."""
    return []


def _usage(fact: NewFact, _today: date) -> list[Check]:
    hours = Decimal(str(fact.payload["hours"]))
    shared = Decimal(str(fact.payload["shared_hours"]))
    return [
        OPEN_SHARING.check(
            "AMOUNT_EXCEEDED",
            Kind.CONTENT,
            passed=shared <= hours,
            pointer="/payload/shared_hours",
            hours=str(hours),
            shared_hours=str(shared),
        )
    ]


def _needed(rule: Rule, fact: NewFact, name: str, *, needed: bool) -> Check:
    return rule.check(
        "FIELD_MISSING",
        Kind.CONTENT,
        passed=not needed or fact.payload.get(name) is not None,
        pointer=f"/payload/{name}",
        field=f"payload/{name}",
    )


def _fitting(rule: Rule, name: str, expected: Said, *, fits: bool) -> Check:
    return rule.check(
        "FIELD_INVALID",
        Kind.CONTENT,
        passed=fits,
        pointer=f"/payload/{name}",
        field=f"payload/{name}",
        expected=expected,
    )


def _distinct(rule: Rule, fact: NewFact, name: str) -> Check:
    several = fact.payload.get(name) or ()
    return _fitting(
        rule, name, Said("each once", "每项只列一次"), fits=len(set(several)) == len(several)
    )


def _in_order(rule: Rule, fact: NewFact, first: str, last: str) -> Check:
    """Check that of two days, where both are there, the last is not before the first."""
    begun, ended = fact.payload.get(first), fact.payload.get(last)
    if begun is None or ended is None:
        ordered = True
    else:
        ordered = date.fromisoformat(begun) <= date.fromisoformat(ended)
    pointer = f"/payload/{last}"
    return rule.check("DAYS_REVERSED", Kind.CONTENT, passed=ordered, pointer=pointer)


def _project(fact: NewFact, _today: date) -> list[Check]:
    commissioned = fact.payload["source"] == "commissioned"
    return [
        _needed(COMMISSIONED, fact, "contract_ref", needed=commissioned),
        _distinct(TRAINEES, fact, "trainee_refs"),
        _distinct(BOTTLENECKS, fact, "bottlenecks"),
    ]


def _technology_stage(fact: NewFact, _today: date) -> list[Check]:
    return [_distinct(BOTTLENECKS, fact, "bottlenecks")]


def _breakthrough(fact: NewFact, _today: date) -> list[Check]:
    before, after = fact.payload.get("trl_before"), fact.payload.get("trl_after")
    fell = before is not None and after is not None and after < before
    return [
        _needed(READINESS, fact, "trl_reason", needed=fell),
        _distinct(BOTTLENECKS, fact, "bottlenecks"),
    ]


def _benchmark(fact: NewFact, _today: date) -> list[Check]:
    return [
        BENCHMARKS.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=bool(fact.evidence),
            pointer="/evidence",
            field="evidence",
        ),
        _needed(BENCHMARKS, fact, "metric", needed="own_value" in fact.payload),
        _needed(BENCHMARKS, fact, "comparator_value", needed="own_value" in fact.payload),
    ]


def _site(fact: NewFact, today: date) -> list[Check]:
    region = fact.payload["region_code"]
    in_city = regions.lies_in(region, SHANGHAI)
    known = regions.well_formed(region) and (not in_city or region in regions.SHANGHAI_REGIONS)
    checks = [
        SITES.check(
            "CODE_UNKNOWN",
            Kind.CONTENT,
            passed=known,
            pointer="/payload/region_code",
            scheme="regions",
        )
    ]
    if (closed := fact.payload.get("closed_on")) is None:
        return checks
    closed_on = date.fromisoformat(closed)
    ordered = fact.occurred_on <= closed_on
    pointer = "/payload/closed_on"
    return [
        *checks,
        past(pointer, closed_on, today),
        SITES.check("DAYS_REVERSED", Kind.CONTENT, passed=ordered, pointer=pointer),
    ]


def _cooperation(fact: NewFact, _today: date) -> list[Check]:
    abroad = fact.payload["scope"] == "international"
    return [
        _needed(COOPERATION, fact, "country", needed=abroad),
        # To stand for the nation among its own cities would be no competition.
        _fitting(
            REPRESENTING,
            "representing",
            Said("center, city", "应为 center 或 city"),
            fits=abroad or fact.payload["representing"] != "nation",
        ),
    ]


def _talent_event(fact: NewFact, _today: date) -> list[Check]:
    abroad = fact.payload.get("international", False)
    exchanged = fact.payload["event"] == "exchange"
    return [
        _fitting(
            EXCHANGES, "international", Said("false", "应为 false"), fits=exchanged or not abroad
        ),
        _needed(EXCHANGES, fact, "country", needed=abroad),
    ]


def _talent_team(fact: NewFact, today: date) -> list[Check]:
    leads_only = fact.payload["leader_ref"] not in fact.payload["member_refs"]
    return [
        _distinct(TEAMS, fact, "member_refs"),
        _fitting(TEAMS, "leader_ref", Said("no member", "不应为成员"), fits=leads_only),
        past("/payload/since", date.fromisoformat(fact.payload["since"]), today),
    ]


def _joint_training(fact: NewFact, _today: date) -> list[Check]:
    return [
        _distinct(JOINT_TRAINING, fact, "partner_usccs"),
        _in_order(JOINT_TRAINING, fact, "starts_on", "ends_on"),
    ]


def _international_project(fact: NewFact, _today: date) -> list[Check]:
    codes = [one["code"] for one in fact.payload.get("milestones") or ()]
    return [
        _needed(MILESTONES, fact, "project_ref", needed=bool(codes)),
        _fitting(
            MILESTONES,
            "milestones",
            Said("each code once", "每个代码只列一次"),
            fits=len(set(codes)) == len(codes),
        ),
        _in_order(MILESTONES, fact, "starts_on", "ends_on"),
    ]


def _acquisition(fact: NewFact, _today: date) -> list[Check]:
    return [
        _fitting(
            ACQUISITIONS,
            "country",
            Said("abroad", "应为境外"),
            fits=fact.payload["country"] != HOME,
        )
    ]


def _incubation(fact: NewFact, today: date) -> list[Check]:
    alive_on = date.fromisoformat(fact.payload["alive_on"])
    founded = fact.payload.get("founded_on")
    ordered = founded is None or date.fromisoformat(founded) <= alive_on
    return [
        past("/payload/alive_on", alive_on, today),
        INCUBATED.check("DAYS_REVERSED", Kind.CONTENT, passed=ordered, pointer="/payload/alive_on"),
    ]


def _first_sale(fact: NewFact, today: date) -> list[Check]:
    sold_on = date.fromisoformat(fact.payload["first_sale_on"])
    return [past("/payload/first_sale_on", sold_on, today)]


SPECIFIC: Final[Mapping[FactKind, Callable[[NewFact, date], Sequence[Check]]]] = {
    FactKind.RESOURCE_USAGE: _usage,
    FactKind.PROJECT: _project,
    FactKind.INCUBATION: _incubation,
    FactKind.FIRST_COMMERCIALIZATION: _first_sale,
    FactKind.TECHNOLOGY_STAGE: _technology_stage,
    FactKind.BREAKTHROUGH: _breakthrough,
    FactKind.BENCHMARK: _benchmark,
    FactKind.SITE: _site,
    FactKind.COOPERATION_EVENT: _cooperation,
    FactKind.TALENT_EVENT: _talent_event,
    FactKind.TALENT_TEAM: _talent_team,
    FactKind.JOINT_TRAINING: _joint_training,
    FactKind.INTERNATIONAL_PROJECT: _international_project,
    FactKind.OVERSEAS_ACQUISITION: _acquisition,
}
