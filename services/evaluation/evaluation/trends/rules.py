"""What frozen years show together, and when the plan's fifth and tenth year are looked at.

Facts come in as snapshots hold them; shares come out in whole ppm, rounded down. No points come
from these figures.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from shared.calendar import months_after
from shared.money import WHOLE_PPM
from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

PUBLIC: Final = Rule("A093", "三(三)2-②")  # 逐步向…公共服务平台转化

# The plan itself names them: 5-10年的运作.
OPERATING_YEARS: Final = (5, 10)
MONTHS_OF_YEAR: Final = 12
# Where a fact names the organization that it pulled along.
PARTNER_FIELDS: Final[Mapping[str, str]] = {
    "adoption": "adopter_uscc",
    "diffusion": "recipient_uscc",
}
REVIEW_TASK: Final = TaskKind(
    "operating_review.write",
    "评议中心运营满五年、十年时的公共服务转化情况",
    "Look at a centre's public service after five or ten years",
    PUBLIC,
    "POST",
    "/v1/evaluation/centers/{id}/operating-reviews",
)

Fact = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Partner:
    """An organization that a centre pulled along in a year, with the facts that show it."""

    uscc: str
    is_member: bool
    is_sme: bool
    kinds: tuple[str, ...]
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A year's services and what they brought in 分; the public part went to non-members."""

    records: int
    public_records: int
    income_fen: int
    public_income_fen: int

    @property
    def public_ppm(self) -> int | None:
        """Give the public part of the services; None of none."""
        return share_ppm(self.public_records, self.records)

    @property
    def public_income_ppm(self) -> int | None:
        """Give the public part of what they brought; None of nothing."""
        return share_ppm(self.public_income_fen, self.income_fen)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A year's international exchange and cooperation (A011, A039, A153)."""

    projects: int
    nodes: int
    events: int
    for_city_or_nation: int
    talent_events: int


@dataclass(frozen=True, slots=True)
class Accounts:
    """A year's own accounts in 分, as the report in the snapshot has them (A055)."""

    income_fen: int
    cost_fen: int

    @property
    def covered_ppm(self) -> int | None:
        """Give how much of its costs a centre earned itself; over 1,000,000 is a surplus."""
        return share_ppm(self.income_fen, self.cost_fen)


@dataclass(frozen=True, slots=True)
class YearFigures:
    """What one frozen year shows; `snapshot_hash` names what it was counted from."""

    year: int
    snapshot_hash: str
    partners: tuple[Partner, ...]
    service: Service
    exchange: Exchange
    accounts: Accounts | None


def share_ppm(part: int, whole: int) -> int | None:
    """Give a share in ppm, rounded down; None of nothing."""
    return None if whole <= 0 else part * WHOLE_PPM // whole


def year_figures(
    year: int, snapshot_hash: str, content: Mapping[str, Any], own: Collection[str]
) -> YearFigures:
    """Count what a snapshot's content shows; `own` are codes of who runs the centre."""
    period = content["period"]
    within = [
        fact
        for fact in content["facts"]["registry"]
        if period["from_on"] <= fact["occurred_on"] <= period["until_on"]
    ]
    return YearFigures(
        year=year,
        snapshot_hash=snapshot_hash,
        partners=partners_in(within, own),
        service=service_in(within),
        exchange=exchange_in(within),
        accounts=accounts_in(content["report"]["fact"]),
    )


def partners_in(facts: Iterable[Fact], own: Collection[str]) -> tuple[Partner, ...]:
    """Name whom a centre pulled along, each once, in the order of the codes (A060)."""
    told: dict[str, list[Fact]] = {}
    for fact in facts:
        field = PARTNER_FIELDS.get(fact["kind"])
        uscc = None if field is None else fact["payload"].get(field)
        if uscc is not None and uscc not in own:
            told.setdefault(uscc, []).append(fact)
    return tuple(_partner(uscc, told[uscc]) for uscc in sorted(told))


def _partner(uscc: str, facts: Sequence[Fact]) -> Partner:
    return Partner(
        uscc=uscc,
        is_member=any(fact["derived"].get("is_member") is True for fact in facts),
        is_sme=any(fact["derived"].get("is_sme") is True for fact in facts),
        kinds=tuple(sorted({fact["kind"] for fact in facts})),
        fact_ids=tuple(sorted(str(fact["id"]) for fact in facts)),
    )


def service_in(facts: Iterable[Fact]) -> Service:
    """Count services, and those of them that were the public's (A093)."""
    services = [fact for fact in facts if fact["kind"] == "service"]
    public = [fact for fact in services if fact["derived"].get("is_member") is not True]
    return Service(len(services), len(public), _earned(services), _earned(public))


def _earned(facts: Iterable[Fact]) -> int:
    return sum(fact["payload"]["amount"]["amount"] for fact in facts)


def exchange_in(facts: Iterable[Fact]) -> Exchange:
    """Count what happened across borders (A044)."""
    told = list(facts)
    events = [
        fact["payload"]
        for fact in told
        if fact["kind"] == "cooperation_event" and fact["payload"].get("scope") == "international"
    ]
    return Exchange(
        projects=sum(fact["kind"] == "international_project" for fact in told),
        nodes=sum(fact["kind"] == "international_node" for fact in told),
        events=len(events),
        for_city_or_nation=sum(one.get("representing") in ("city", "nation") for one in events),
        talent_events=sum(
            fact["kind"] == "talent_event" and fact["payload"].get("international") is True
            for fact in told
        ),
    )


def accounts_in(report: Fact | None) -> Accounts | None:
    """Read income and cost of a frozen report; a missing one has none."""
    if report is None:
        return None
    accounts = report["payload"]["accounts"]
    return Accounts(accounts["income"]["amount"], accounts["total_cost"]["amount"])


def new_partners(years: Sequence[YearFigures]) -> list[int]:
    """Count for each year the partners that no earlier one of these years had."""
    known: set[str] = set()
    counts = []
    for one in years:
        codes = {partner.uscc for partner in one.partners}
        counts.append(len(codes - known))
        known |= codes
    return counts


# --- the fifth and the tenth year -----------------------------------------------------------


class Direction(StrEnum):
    """How the public part of services moved from the first year that had any to the last."""

    RISING = "rising"
    LEVEL = "level"
    FALLING = "falling"


class Conclusion(StrEnum):
    """What an official finds after five or ten years."""

    CONVERTING = "converting"
    NOT_YET = "not_yet"


class OperatingYearState(StrEnum):
    """Where an operating year stands."""

    AHEAD = "ahead"
    DUE = "due"
    REVIEWED = "reviewed"


def direction_of(years: Sequence[YearFigures]) -> Direction | None:
    """Tell how the public part moved, oldest year first; None of fewer than two such years."""
    shares = [one.service.public_ppm for one in years]
    told = [share for share in shares if share is not None]
    if len(told) < 2:
        return None
    if told[-1] == told[0]:
        return Direction.LEVEL
    return Direction.RISING if told[-1] > told[0] else Direction.FALLING


def reached_on(listed_on: date, years: int) -> date:
    """Give the day on which a centre has operated for so many years, counted from its listing."""
    return months_after(listed_on, MONTHS_OF_YEAR * years)


def milestone_state(
    listed_on: date, years: int, reviewed: Collection[int], today: date
) -> OperatingYearState:
    """Tell whether an operating year is ahead, due for its review, or reviewed."""
    if years in reviewed:
        return OperatingYearState.REVIEWED
    ahead = today < reached_on(listed_on, years)
    return OperatingYearState.AHEAD if ahead else OperatingYearState.DUE


def review_checks(
    listed_on: date | None, years: int, reviewed: Collection[int], today: date
) -> list[Check]:
    """Check that an operating year is over and was not reviewed: its day itself is late enough."""
    due_on = None if listed_on is None else reached_on(listed_on, years)
    return [
        PUBLIC.check(
            "OPERATING_YEAR_AHEAD",
            Kind.STATE,
            passed=due_on is not None and due_on <= today,
            years=years,
            reached_on=None if due_on is None else due_on.isoformat(),
        ),
        PUBLIC.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=years not in reviewed,
            state=OperatingYearState.REVIEWED.value,
        ),
    ]


def conclusion_checks(conclusion: Conclusion, years: Sequence[YearFigures]) -> list[Check]:
    """Check that a centre said to be turning to the public has not turned away from it."""
    direction = direction_of(years)
    shown = direction in (Direction.RISING, Direction.LEVEL)
    return [
        PUBLIC.check(
            "PUBLIC_SERVICE_NOT_SHOWN",
            Kind.CONTENT,
            passed=conclusion is not Conclusion.CONVERTING or shown,
            pointer="/conclusion",
            direction=None if direction is None else direction.value,
            shares_ppm=[one.service.public_ppm for one in years],
        )
    ]
