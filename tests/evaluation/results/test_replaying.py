"""A kept result computed again, in the service and by a third party who has only the bundle."""

import hashlib
import json
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from evaluation.results import replay_rules
from shared.database import new_id
from shared.rules import failed_codes
from tests.evaluation.results.year import CASES, JudgedYear
from zhichuang import recompute

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("X13")
async def test_a_third_party_recomputes_the_published_hash_from_the_bundle(
    year: JudgedYear, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = await year.published()
    answer = await year.as_("auditor", "GET", "/result/bundle")
    assert answer.headers["content-disposition"].startswith("attachment")
    path = tmp_path / "bundle.json"
    path.write_bytes(answer.content)

    assert recompute.main([str(path)]) == 0
    assert f"82.98 good {result['result_hash']}" in capsys.readouterr().out
    assert len(answer.json()["sheets"]) == 7
    told = answer.text
    assert not any(str(one) in told for one in (*year.people.values(), *year.expert_ids.values()))


@pytest.mark.requirement("X13", "X11")
async def test_a_centre_gets_no_sheet_and_still_comes_to_the_hash(
    year: JudgedYear, tmp_path: Path
) -> None:
    result = await year.published()
    answer = await year.own("GET", "/result/bundle")
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert bundle["sheets"] is None
    assert bundle["experts"]["means"]["A4"] == "433/5"
    path = tmp_path / "bundle.json"
    path.write_bytes(answer.content)
    assert recompute.main([str(path)]) == 0
    document = recompute.recomputed(answer.content)[1]
    assert hashlib.sha256(recompute.canonical(document)).hexdigest() == result["result_hash"]


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_a_centre_has_no_bundle_before_publication_and_strangers_never(
    year: JudgedYear,
) -> None:
    await year.computed()
    assert (await year.own("GET", "/result/bundle")).status_code == 404
    assert (await year.own("GET", "/result/recomputation")).status_code == 403
    stranger = year.service.client("member", org_id=new_id())
    async with stranger as client:
        answer = await client.get(f"{CASES}/{year.case_id}/result/bundle")
    assert answer.status_code == 404


@pytest.mark.requirement("X13")
async def test_an_old_version_recomputes_though_a_sheet_was_voided_since(year: JudgedYear) -> None:
    first = await year.computed()
    async with year.official("reviewer") as client:
        sheet = json.loads((await year.as_("auditor", "GET", "/result/bundle")).content)["sheets"]
        voided = await client.post(
            f"/v1/evaluation/score-sheets/{sheet[0]['sheet_id']}/void", json={"reason": "未披露"}
        )
    assert voided.status_code == 200, voided.text
    second = (await year.as_("handler", "POST", "/compute")).json()
    assert second["version"] == 2
    assert second["sheets"] == 6

    for version, hashed in [(1, first["result_hash"]), (2, second["result_hash"])]:
        again = await year.as_("auditor", "GET", f"/result/recomputation?version={version}")
        assert again.status_code == 200, again.text
        assert again.json()["result_hash"] == hashed


@pytest.mark.requirement("X13")
@pytest.mark.refusing
async def test_what_a_result_was_computed_from_cannot_be_exchanged(year: JudgedYear) -> None:
    await year.computed()
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with year.service.sessions.begin() as session:
            await session.execute(text("UPDATE result_input SET content = 'x'"))


@pytest.mark.requirement("X13")
@pytest.mark.refusing
async def test_another_hash_than_the_kept_one_is_refused() -> None:
    assert failed_codes(replay_rules.same_checks("a", "b")) == ["RESULT_DIFFERS"]
    assert failed_codes(replay_rules.same_checks("a", "a")) == []
