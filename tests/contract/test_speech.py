"""What the derivation of codes sees in a function, and what it must not see."""

from collections.abc import Callable
from enum import StrEnum

import pytest

from shared.rules import Check, Kind, Refused, Rule, Severity, require
from tests.contract.speech import House, names

RULE = Rule("X05", "architecture 2")


@pytest.fixture(autouse=True)
def _of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "OURS", (*names.OURS, __name__.partition(".")[0]))


class Step(StrEnum):
    TAKE = "take"
    DROP = "drop"


def checks(size: int) -> list[Check]:
    found = [RULE.check("NOT_YET_SEQUENCED", Kind.STATE, passed=size > 0)]
    found.append(RULE.check("STALE_INPUT", Kind.STATE, passed=size > 1))
    return found


def warned() -> list[Check]:
    return [
        RULE.check("REPORT_LATE", Kind.STATE, passed=False, severity=Severity.WARNING),
    ]


def by_step(step: Step, *, loud: bool = False) -> None:
    if step is Step.TAKE:
        require(checks(1))
    elif loud:
        require([RULE.check("ALREADY_EXISTS", Kind.STATE, passed=False)])


def requires() -> list[Check]:
    return require([*checks(1), *warned()])


def shows() -> list[Check]:
    return checks(1)


def keeps_to_itself() -> bool:
    try:
        require(checks(1))
    except Refused:
        return False
    return True


def hands_on() -> None:
    judged(lambda: checks(1))


def judged(further: Callable[[], list[Check]]) -> None:
    require(further())


def by_table(step: Step) -> None:
    asked = {Step.TAKE: lambda: checks(1), Step.DROP: warned}
    require(asked[step]())


def takes() -> None:
    by_step(Step.TAKE)


def drops() -> None:
    by_step(Step.DROP)


def drops_loudly() -> None:
    by_step(Step.DROP, loud=True)


BOTH = {"NOT_YET_SEQUENCED", "STALE_INPUT"}


@pytest.mark.parametrize(
    ("function", "codes"),
    [
        (requires, BOTH),
        (shows, set()),
        (keeps_to_itself, set()),
        (hands_on, BOTH),
        (by_table, BOTH),
        (takes, BOTH),
        (drops, set()),
        (drops_loudly, {"ALREADY_EXISTS"}),
    ],
)
def test_a_function_refuses_with_what_it_requires(function: object, codes: set[str]) -> None:
    assert House(broad=True).refusals([function]).keys() == codes


def test_a_warning_refuses_nothing_and_is_told() -> None:
    house = House()
    assert "REPORT_LATE" not in house.refusals([requires])
    assert house.warnings([requires]) == {"REPORT_LATE"}


def test_what_cannot_come_about_is_left_out_on_that_way_alone() -> None:
    never = {f"{__name__}.by_step(loud=False, step=take)": {"STALE_INPUT"}}
    assert House(never=never).refusals([takes]).keys() == {"NOT_YET_SEQUENCED"}


def test_each_code_comes_with_the_way_to_it() -> None:
    way = House().refusals([takes])["STALE_INPUT"]
    assert way[0].endswith(".takes")
    assert way[-1].endswith("checks")
