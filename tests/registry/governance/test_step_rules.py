"""What each step asks, who recommends it and who acts next; no database."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from registry.centers.rules import MOVES, AgreementFacts, Stage, Standing
from registry.governance import rules
from registry.governance.rules import (
    OpenFinding,
    PilotFacts,
    PublishedRating,
    RatingKind,
    Recheck,
    Recommended,
    StageFacts,
)
from registry.programme.reference import PARAMETERS, clauses
from shared.rules import Policy, failed_codes

POLICY = Policy("2016", clauses(), PARAMETERS)
ACTOR, OTHER = UUID(int=1), UUID(int=2)
NOTHING = StageFacts(actor_id=ACTOR)
EMPTY = PilotFacts(
    entity_id=None, seats={}, member_classes={}, votes_ppm=(), plan_parts=None,
    plan_adopted=False, agreement=AgreementFacts(in_force=False),
)  # fmt: skip
BY_OTHER, BY_SELF = (Recommended(UUID(int=3), person) for person in (OTHER, ACTOR))
FINDING = OpenFinding("F1", 2025, "A-1", "缺检测报告", "open", "2026-09-01")


def rated(rating: str, year: int = 2025, kind: RatingKind = RatingKind.ANNUAL) -> PublishedRating:
    return PublishedRating(year, 1, rating, "80.00", kind)


def stepped(stage: Stage, target: Stage, **over: Any) -> list[str]:
    facts = replace(NOTHING, **over)
    checks = rules.stage_checks(POLICY, Standing(stage), target, EMPTY, facts)
    return [check.code for check in checks if check.refuses]


@pytest.mark.requirement("A124")
def test_of_the_newest_year_the_triennial_rating_counts() -> None:
    annual, triennial = rated("good"), rated("qualified", kind=RatingKind.TRIENNIAL)
    older = rated("excellent", 2024, RatingKind.TRIENNIAL)
    assert rules.latest([]) is None
    assert rules.latest([annual, older]) == annual
    for order in ([annual, triennial, older], [triennial, older, annual]):
        assert rules.latest(order) == triennial


@pytest.mark.requirement("A123", "A133")
@pytest.mark.parametrize(
    ("over", "codes"),
    [
        ({}, ["RATING_TOO_LOW", "DOSSIER_MISSING"]),
        ({"ratings": (rated("good"),), "dossier_filed": True}, []),
        ({"ratings": (rated("qualified"),), "dossier_filed": True}, ["RATING_TOO_LOW"]),
        # An older one that was better counts no more.
        (
            {"ratings": (rated("excellent", 2024), rated("qualified")), "dossier_filed": True},
            ["RATING_TOO_LOW"],
        ),
        ({"ratings": (rated("good"),)}, ["DOSSIER_MISSING"]),
    ],
)
def test_a_national_candidate_shows_a_good_result_and_its_dossier(
    over: dict[str, Any], codes: list[str]
) -> None:
    wanted = {"recommended": BY_OTHER, **over}
    assert stepped(Stage.RECOGNIZED, Stage.NATIONAL_CANDIDATE, **wanted) == codes


@pytest.mark.requirement("A134")
def test_a_gap_warns_and_travels_with_the_step() -> None:
    for gaps, missing in ((None, []), ((), []), (("alliance_coverage",), ["alliance_coverage"])):
        facts = replace(
            NOTHING, ratings=(rated("good"),), dossier_filed=True,
            recommended=replace(BY_OTHER, gaps=gaps),
        )  # fmt: skip
        checks = rules.stage_checks(
            POLICY, Standing(Stage.RECOGNIZED), Stage.NATIONAL_CANDIDATE, EMPTY, facts
        )
        (warned,) = [check for check in checks if check.code == "NATIONAL_GAPS"]
        assert (warned.passed, warned.refuses) == (not missing, False)
        assert warned.params["missing"] == missing
        (told,) = [check for check in checks if check.code == "RATING_TOO_LOW"]
        assert told.params["ratings"] == ["good"]


@pytest.mark.requirement("A137")
@pytest.mark.parametrize(("doc_no", "codes"), [("工信部〔2026〕1号", []), (None,
                         ["FIELD_MISSING"]), ("", ["FIELD_MISSING"])])  # fmt: skip
def test_a_national_centre_names_the_ministrys_document(
    doc_no: str | None, codes: list[str]
) -> None:
    told = {"recommended": BY_OTHER, "doc_no": doc_no}
    assert stepped(Stage.NATIONAL_CANDIDATE, Stage.NATIONAL, **told) == codes
    # It comes with the step itself, and nobody recommends with it.
    checks = rules.recommendation_checks(
        POLICY, Standing(Stage.NATIONAL_CANDIDATE), Stage.NATIONAL, EMPTY, NOTHING
    )
    assert failed_codes(checks) == []


@pytest.mark.requirement("A125")
@pytest.mark.parametrize(
    ("ratings", "codes", "state"),
    [
        ((), ["STATE_CONFLICT"], "none"),
        ((rated("qualified"),), ["STATE_CONFLICT"], "qualified"),
        ((rated("unqualified"),), [], "unqualified"),
        ((rated("unqualified", 2024), rated("good")), ["STATE_CONFLICT"], "good"),
    ],
)
def test_a_rectification_has_its_cause_in_the_newest_rating(
    ratings: tuple[PublishedRating, ...], codes: list[str], state: str
) -> None:
    assert stepped(Stage.PILOT, Stage.RECTIFYING, ratings=ratings) == codes
    first, *_ = rules.stage_checks(
        POLICY, Standing(Stage.PILOT), Stage.RECTIFYING, EMPTY, replace(NOTHING, ratings=ratings)
    )
    assert first.params["state"] == state


MENDED, FAILED = Recheck(passed=True, person_id=OTHER), Recheck(passed=False, person_id=OTHER)


@pytest.mark.requirement("A125", "X03")
@pytest.mark.parametrize(
    ("target", "recheck", "findings", "codes"),
    [
        (Stage.PILOT, MENDED, (), []),
        (Stage.PILOT, None, (), ["RECHECK_MISSING"]),
        (Stage.PILOT, FAILED, (), ["RECHECK_MISSING"]),
        (Stage.PILOT, replace(MENDED, person_id=ACTOR), (), ["SOD_VIOLATION"]),
        (Stage.PILOT, MENDED, (FINDING,), ["FINDINGS_OPEN"]),
        (Stage.DELISTED, FAILED, (FINDING,), []),
        (Stage.DELISTED, MENDED, (), ["RECHECK_MISSING"]),
        (Stage.DELISTED, replace(FAILED, person_id=ACTOR), (), ["SOD_VIOLATION"]),
    ],
)
def test_a_rectification_ends_as_another_persons_recheck_found(
    target: Stage, recheck: Recheck | None, findings: tuple[OpenFinding, ...], codes: list[str]
) -> None:
    told: dict[str, Any] = {"recheck": recheck, "findings": findings}
    assert stepped(Stage.RECTIFYING, target, **told) == codes
    standing = Standing(Stage.RECTIFYING)
    first, *_ = rules.stage_checks(POLICY, standing, target, EMPTY, replace(NOTHING, **told))
    assert first.params["needed"] == ("passed" if target is Stage.PILOT else "failed")


@pytest.mark.requirement("A125")
def test_open_findings_are_named_for_a_reader() -> None:
    nameless = replace(FINDING, id="F2", leaf=None)
    (check,) = rules.findings_checks([FINDING, nameless])
    assert check.params["findings"] == ["2025 A-1 缺检测报告", "2025 缺检测报告"]
    assert check.params["ids"] == ["F1", "F2"]
    assert failed_codes(rules.findings_checks([])) == []


RECOMMENDED = {
    (Stage.PILOT, Stage.RECOGNIZED),
    (Stage.RECOGNIZED, Stage.NATIONAL_CANDIDATE),
    (Stage.NATIONAL_CANDIDATE, Stage.NATIONAL),
    (Stage.SUSPENDED, Stage.DELISTED),
}


# A candidate moves with its application alone.
STEPS = [(one, to) for one in MOVES for to in MOVES[one] if one is not Stage.CANDIDATE]


@pytest.mark.requirement("X03")
@pytest.mark.parametrize(("stage", "target"), STEPS)
def test_a_step_that_weighs_much_follows_another_persons_word(stage: Stage, target: Stage) -> None:
    for recommended, codes in (
        (None, ["RECOMMENDATION_MISSING"]), (BY_OTHER, []), (BY_SELF, ["SOD_VIOLATION"]),
    ):  # fmt: skip
        found = stepped(stage, target, recommended=recommended)
        asked = [code for code in found if code in {"RECOMMENDATION_MISSING", "SOD_VIOLATION"}]
        assert asked == (codes if (stage, target) in RECOMMENDED else [])


@pytest.mark.requirement("A102")
def test_a_return_asks_for_nothing_new() -> None:
    assert stepped(Stage.SUSPENDED, Stage.RECOGNIZED) == []
    assert stepped(Stage.NATIONAL_CANDIDATE, Stage.RECOGNIZED) == []
    assert stepped(Stage.NATIONAL_CANDIDATE, Stage.SUSPENDED) == []
    assert "PILOT_SUMMARY_MISSING" in stepped(Stage.PILOT, Stage.RECOGNIZED)


@pytest.mark.requirement("A102")
def test_a_pilot_is_recognized_for_an_annual_result() -> None:
    ready = {"recommended": BY_OTHER, "summary_filed": True}
    for kind, codes in ((RatingKind.ANNUAL, []), (RatingKind.TRIENNIAL, ["RATING_TOO_LOW"])):
        ratings = (rated("good", kind=kind),)
        assert stepped(Stage.PILOT, Stage.RECOGNIZED, ratings=ratings, **ready) == codes


@pytest.mark.parametrize(
    ("standing", "target"),
    [
        (Standing(Stage.PILOT), Stage.RECOGNIZED),
        (Standing(Stage.SUSPENDED, Stage.RECOGNIZED), Stage.RECOGNIZED),
        (Standing(Stage.RECTIFYING, rectified_from=Stage.RECOGNIZED), Stage.RECOGNIZED),
        (Standing(Stage.NATIONAL), Stage.SUSPENDED),
        (Standing(Stage.DELISTED), Stage.DELISTED),
    ],
)
def test_a_centre_works_towards_the_next_stage_or_back_to_its_own(
    standing: Standing, target: Stage
) -> None:
    assert rules.onward(standing) is target


@pytest.mark.parametrize(
    ("stage", "target", "over", "acts"),
    [
        (Stage.PREPARING, Stage.PILOT, {}, "member"),
        (Stage.SUSPENDED, Stage.PILOT, {}, "approver"),
        (Stage.PREPARING, Stage.SUSPENDED, {}, "approver"),
        (Stage.PILOT, Stage.RECOGNIZED, {}, "member"),
        (Stage.PILOT, Stage.RECOGNIZED, {"summary_filed": True}, "reviewer"),
        (Stage.PILOT, Stage.RECOGNIZED, {"recommended": BY_OTHER}, "approver"),
        (Stage.RECOGNIZED, Stage.NATIONAL_CANDIDATE, {}, "member"),
        (Stage.RECOGNIZED, Stage.NATIONAL_CANDIDATE, {"dossier_filed": True}, "reviewer"),
        (Stage.RECOGNIZED, Stage.NATIONAL_CANDIDATE, {"summary_filed": True}, "member"),
        (Stage.NATIONAL_CANDIDATE, Stage.NATIONAL, {}, "reviewer"),
        (Stage.NATIONAL_CANDIDATE, Stage.RECOGNIZED, {}, "approver"),
        (Stage.SUSPENDED, Stage.DELISTED, {}, "reviewer"),
        (Stage.RECTIFYING, Stage.PILOT, {}, "reviewer"),
        (Stage.RECTIFYING, Stage.DELISTED, {"recheck": FAILED}, "approver"),
        (Stage.RECTIFYING, Stage.SUSPENDED, {}, "approver"),
    ],
)
def test_whoever_has_something_to_bring_acts_next(
    stage: Stage, target: Stage, over: dict[str, Any], acts: str
) -> None:
    facts = replace(NOTHING, **over)
    assert rules.who_acts(stage, target, facts) == acts
    owing = rules.who_acts(stage, target, facts, owes_plan=True)
    mends = stage is Stage.RECTIFYING and target is not Stage.SUSPENDED
    assert owing == ("member" if mends else acts)
