"""What is held against a docstring that names codes, and what is not."""

import pytest

from shared.rules import Check, Kind, Rule, require
from tests.contract import docstrings
from tests.contract.speech import House, names
from tests.form.source import listed

RULE = Rule("X05", "architecture 2")


@pytest.fixture(autouse=True)
def _of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "OURS", (*names.OURS, __name__.partition(".")[0]))


def checks(size: int) -> list[Check]:
    return [
        RULE.check("PARTY_REPEATED", Kind.CONTENT, passed=size > 0),
        RULE.check("PARTY_UNKNOWN", Kind.CONTENT, passed=size > 1),
    ]


def whole() -> None:
    """Say all.

    Raises `Refused`: PARTY_REPEATED for one that stands there twice, or PARTY_UNKNOWN. What is
    said after that, STALE_INPUT, is no part of it.
    """
    require(checks(1))


def by_its_beginning() -> None:
    """Say all. Raises `Refused`: PARTY_…."""
    require(checks(1))


def by_name() -> None:
    """Say all. Raises `Refused` as `whole`, or what `docstrings.told_in` says."""
    require(checks(1))


def by_checks() -> None:
    """Say all. Raises `Refused`: what `checks` gives."""
    require(checks(1))


def silent() -> None:
    """Say nothing of it."""
    require(checks(1))


def forgetful() -> None:
    """Say a part. Raises `Refused`: PARTY_UNKNOWN."""
    require(checks(1))


def boastful() -> None:
    """Say too much. Raises `Refused`: PARTY_…, STALE_INPUT, COI_… or SEED_MISSING."""
    require(checks(1))


def lost() -> None:
    """Point nowhere. Raises `Refused`: PARTY_…, or as `nobody`."""
    require(checks(1))


@pytest.mark.parametrize("function", [whole, by_its_beginning, by_name, by_checks])
def test_a_docstring_that_says_all_holds(function: names.Function) -> None:
    assert not told_of(function)


@pytest.mark.parametrize(
    ("function", "faults"),
    [
        (forgetful, ["can raise PARTY_REPEATED"]),
        (
            boastful,
            [
                "names COI_…, and nothing behind it says such a code",
                "names SEED_MISSING, which nothing behind it says",
                "names STALE_INPUT, which nothing behind it says",
            ],
        ),
        (lost, ["names `nobody`, which its module does not know"]),
    ],
)
def test_a_docstring_that_says_less_or_more_does_not(
    function: names.Function, faults: list[str]
) -> None:
    assert [one.partition(":")[0] for one in told_of(function)] == faults


def test_a_docstring_that_does_not_speak_of_refusals_is_not_asked() -> None:
    assert docstrings.told_in(silent.__doc__ or "") is None


def test_each_docstring_of_the_house_is_read_where_it_speaks() -> None:
    spoken = [
        place for place, one in docstrings.functions() if docstrings.told_in(one.__doc__ or "")
    ]
    assert len(spoken) > 340
    assert len(set(spoken)) == len(spoken), listed(spoken)


def told_of(function: names.Function) -> list[str]:
    told = docstrings.told_in(function.__doc__ or "")
    assert told is not None
    return list(docstrings.faults_of(function, told, House(), House(broad=True)))
