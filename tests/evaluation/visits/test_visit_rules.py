"""Who went on a visit, and who signs its report; no database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from evaluation.duties.rules import Duty, SubjectType
from evaluation.experts.absence_rules import Days
from evaluation.experts.rules import Candidate, ExpertField, Interests, Party, RelationKind, Tie
from evaluation.experts.rules import State as ExpertState
from evaluation.panels.rules import ReviewSubject
from evaluation.panels.rules import State as PanelState
from evaluation.visits import rules
from evaluation.visits.rules import VisitEvidence
from shared.rules import Policy, failed_codes

TODAY, VISITED = date(2026, 2, 9), date(2026, 2, 1)
DAY = timedelta(days=1)
POLICY = Policy(
    "2016", {"A121": "四(三)2", "X08": "四(三)2"},
    {"A121": {"visit_signatures": 2}, "X08": {"look_back_years": 3}},
)  # fmt: skip
COMPANY = Party(UUID(int=10), "91310115FAKE00013U", "member")
SUBJECT = ReviewSubject(
    SubjectType.APPLICATION, UUID(int=1), 1, "accepted", Interests(UUID(int=2), (COMPANY,)), ()
)
ANA, BAO = (
    Candidate(UUID(int=100 + n), UUID(int=200 + n), ExpertField.LEGAL, ExpertState.ACTIVE)
    for n in (1, 2)
)


@pytest.mark.requirement("A121")
@pytest.mark.parametrize(
    ("count", "codes"), [(1, ["VISIT_EXPERTS_TOO_FEW"]), (2, []), (3, ["NOT_FOUND"])]
)
def test_enough_experts_of_the_pool_went(count: int, codes: list[str]) -> None:
    known = {ANA.expert_id: ANA, BAO.expert_id: BAO}
    ids = [ANA.expert_id, BAO.expert_id, UUID(int=999)][:count]
    checks = rules.report_checks(POLICY, SUBJECT, ids, known, VISITED, TODAY)
    assert failed_codes(checks) == codes
    assert rules.is_enough(POLICY, count) is (count >= 2)


@pytest.mark.requirement("A119", "X08", "X03")
def test_each_who_went_was_there_and_has_no_other_interest() -> None:
    subject = replace(SUBJECT, duties=(Duty(ANA.person_id, "handler"),))
    ana = replace(
        ANA, state=ExpertState.RETIRED, away=(Days(VISITED, VISITED),),
        ties=(Tie(RelationKind.BOARD, org_id=COMPANY.org_id, from_on=TODAY),),
    )  # fmt: skip
    known = {BAO.expert_id: BAO, ANA.expert_id: ana}
    checks = rules.report_checks(POLICY, subject, list(known), known, VISITED, TODAY)
    assert [(one.code, one.pointer) for one in checks if not one.passed] == [
        (code, "/expert_ids/1")
        for code in ("EXPERT_INACTIVE", "EXPERT_AWAY", "COI_BOARD", "SOD_VIOLATION")
    ]
    # Who signs was there, whether he is in the pool still or not.
    signing = rules.signer_checks(POLICY, subject, ana, VISITED, TODAY)
    assert failed_codes(signing) == ["EXPERT_AWAY", "COI_BOARD", "SOD_VIOLATION"]
    assert failed_codes(rules.signer_checks(POLICY, SUBJECT, BAO, VISITED, TODAY)) == []


@pytest.mark.requirement("A119")
@pytest.mark.parametrize(
    ("visited_on", "codes"),
    [(VISITED - DAY, []), (VISITED, ["EXPERT_AWAY"]), (VISITED + DAY, ["EXPERT_AWAY"]),
     (VISITED + 2 * DAY, [])],
)  # fmt: skip
def test_who_was_away_saw_nothing(visited_on: date, codes: list[str]) -> None:
    away = replace(ANA, away=(Days(VISITED, VISITED + DAY),))
    assert failed_codes(rules.there_checks(away, visited_on)) == codes


@pytest.mark.requirement("A118")
def test_a_visit_follows_the_review_and_is_reported_once() -> None:
    for panel in (None, *PanelState):
        finished = panel is PanelState.COMPLETED
        assert failed_codes(rules.review_checks(panel)) == ["REVIEW_MISSING"] * (not finished)
    assert failed_codes(rules.single_checks(reported=True)) == ["STATE_CONFLICT"]
    assert failed_codes(rules.single_checks(reported=False)) == []
    assert failed_codes(rules.file_checks(known=False)) == ["FILE_UNKNOWN"]
    assert failed_codes(rules.file_checks(known=True)) == []
    formed = TODAY - 2 * DAY
    assert failed_codes(rules.day_checks(TODAY, TODAY, TODAY)) == []
    assert failed_codes(rules.day_checks(formed, formed, TODAY)) == []
    assert failed_codes(rules.day_checks(formed - DAY, formed, TODAY)) == ["FIELD_INVALID"]
    assert failed_codes(rules.day_checks(TODAY + DAY, formed, TODAY)) == ["DAY_IN_FUTURE"]


@pytest.mark.requirement("A121")
@pytest.mark.parametrize(
    ("signed", "given", "codes"),
    [
        ([], None, []),
        ([BAO.expert_id], "now", []),
        ([ANA.expert_id], "now", ["STATE_CONFLICT"]),
        ([], "before", ["TEXT_HASH_MISMATCH"]),
    ],
)
def test_an_expert_signs_once_and_the_report_as_it_is(
    signed: list[UUID], given: str | None, codes: list[str]
) -> None:
    assert failed_codes(rules.signature_checks(signed, ANA.expert_id, given, "now")) == codes


@pytest.mark.requirement("X06")
def test_what_is_signed_of_a_picture_is_exact() -> None:
    at = datetime(2026, 2, 1, 6, 30, tzinfo=UTC)
    seen = VisitEvidence(UUID(int=1), "9f", at, Decimal("31.230416"), Decimal("121.47"))
    assert seen.content() == {
        "file_id": str(UUID(int=1)), "sha256": "9f", "taken_at": "2026-02-01T06:30:00+00:00",
        "latitude": "31.230416", "longitude": "121.47",
    }  # fmt: skip
    assert VisitEvidence(UUID(int=1), "9f").content() == {
        "file_id": str(UUID(int=1)), "sha256": "9f", "taken_at": None, "latitude": None,
        "longitude": None,
    }  # fmt: skip
