"""An official who sits on a panel himself learns nothing of what the others scored (A121, X03)."""

from typing import Any

import pytest

from evaluation.runs import jobs
from tests.evaluation.results.year import CASES, SCHEME_ID, JudgedYear

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A121", "X03")
@pytest.mark.refusing
async def test_neither_previews_nor_results_nor_trials_nor_bundles_tell_him_of_his_own_case(
    year: JudgedYear,
) -> None:
    await year.frozen()
    sheets = await year.scored(6)
    cycle = f"/v1/evaluation/cycles/{year.cycle_id}/robustness"
    trial = f"/v1/evaluation/schemes/{SCHEME_ID}/trial?cycle_id={year.cycle_id}"
    # The seventh expert, who has not handed in, has an official's token as well.
    seated = year.service.client("official", "auditor", sub=year.people["ex09"])
    async with seated as own, year.official("auditor") as other:
        path = f"{CASES}/{year.case_id}"
        for method, asked in (
            ("POST", f"{path}/compute?preview=true"),
            ("POST", f"{path}/what-if"),
            ("GET", f"{path}/robustness"),
        ):
            body: dict[str, Any] | None = {"targets": []} if asked.endswith("what-if") else None
            assert (await own.request(method, asked, json=body)).status_code == 404
        shown = await other.post(f"{path}/compute?preview=true")
        assert shown.status_code == 200, shown.text

        void = f"/v1/evaluation/score-sheets/{sheets['ex09']}/void"
        async with year.service.client("official", "reviewer") as reviewer:
            assert (await reviewer.post(void, json={"reason": "未提交"})).status_code == 200
        assert (await year.as_("handler", "POST", "/compute")).status_code == 200
        assert (await year.as_("handler", "POST", cycle)).status_code == 202
        assert await jobs.work(year.service.app)
        for hidden in ("/result", "/result/document", "/result/recomputation", "/result/bundle"):
            assert (await own.get(path + hidden)).status_code == 404
            assert (await other.get(path + hidden)).status_code == 200
        assert (await own.get(cycle)).json()["cases"] == []
        assert len((await other.get(cycle)).json()["cases"]) == 1
        # No draft is tried on what is not published, whoever asks.
        for asker in (own, other):
            assert (await asker.get(trial)).json()["items"] == []

        # What is published he may read as the centre does: means, and nobody's sheet.
        assert (await year.as_("reviewer", "POST", "/review")).status_code == 200
        assert (await year.as_("approver", "POST", "/publish")).status_code == 200
        assert (await own.get(f"{path}/result")).status_code == 200
        assert len((await other.get(trial)).json()["items"]) == 1
        assert (await own.get(trial)).json()["items"] == []
        bundle = (await own.get(f"{path}/result/bundle")).json()
        assert bundle["sheets"] is None
        assert len((await other.get(f"{path}/result/bundle")).json()["sheets"]) == 6
