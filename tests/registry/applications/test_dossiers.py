"""What was submitted, compared and fetched: snapshots, changes, PDF, ZIP, and who may read them."""

import hashlib
import io
import json
import zipfile
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.applications.rules import changes
from shared.database import new_id
from tests.registry.applications.cases import STANDING, TECHNOLOGY, Case, codes

pytestmark = pytest.mark.anyio

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def told(before: Any, after: Any) -> list[tuple[str, str]]:
    return [(change.pointer, change.kind.value) for change in changes(before, after)]


@pytest.mark.requirement("A117")
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("/a", "changed")]),
        ({"a": 1}, {"a": True}, [("/a", "changed")]),
        ({}, {"a": None}, [("/a", "added")]),
        ({"a/b~": 1}, {}, [("/a~1b~0", "removed")]),
        ([1, 2], [1], [("/1", "removed")]),
        ([{"id": 1, "x": 1}, {"id": 2, "x": 1}], [{"id": 2, "x": 3}],
         [("/0/x", "changed"), ("/0", "removed")]),
        ([{"year": 1, "metric_code": "A"}, {"year": 1, "metric_code": "B"}],
         [{"year": 1, "metric_code": "B"}], [("/0", "removed")]),
        ({"a": [1]}, {"a": {"0": 1}}, [("/a", "changed")]),
    ],
)  # fmt: skip
def test_fields_differ_by_pointer(before: Any, after: Any, expected: list[tuple[str, str]]) -> None:
    assert told(before, after) == expected


@pytest.mark.requirement("A117")
@given(JSON, JSON)
def test_nothing_differs_from_itself_and_what_differs_is_told(one: Any, other: Any) -> None:
    assert told(one, one) == []
    alike = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert alike or told(one, other)


def expert(case: Case, expert_id: UUID, name: str) -> httpx.AsyncClient:
    return case.registry.client("expert", sub=case.person(name), expert_id=expert_id)


def seated(case: Case, *experts: tuple[UUID, str]) -> None:
    case.registry.neighbours.answers[STANDING] = {
        "panel": {
            "id": str(new_id()), "version": 1, "hash": "1" * 64,
            "experts": [
                {"expert_id": str(expert_id), "person_id": str(case.person(name)), "field": "legal"}
                for expert_id, name in experts
            ],
        },
        "review": None, "site_visit": None, "case_people": [],
    }  # fmt: skip


async def fetched(case: Case, who: httpx.AsyncClient, part: str) -> httpx.Response:
    return await case.step(who, "GET", part)


@pytest.mark.requirement("A117")
@pytest.mark.refusing
async def test_each_submission_is_kept_and_compared_with_the_next(case: Case) -> None:
    await case.submitted()
    returned = await case.step(
        case.official("handler"), "POST", "formal-checks",
        {"result": "return", "items": [{"code": "MATERIAL", "comment": "补充技术依据"}]},
    )  # fmt: skip
    assert returned.status_code == 201, returned.text
    await case.step(
        case.member("M01"), "POST", "core-technologies", {**TECHNOLOGY, "name": "在线检测"}
    )
    again = await case.submit()
    assert again.status_code == 200, again.text
    listed = (await fetched(case, case.official("auditor"), "snapshots")).json()["items"]
    assert [row["round"] for row in listed] == [1, 2]
    second = (await fetched(case, case.member("M01"), "snapshots/2")).json()
    assert hashlib.sha256(second["content"].encode()).hexdigest() == second["sha256"]
    compared = (await fetched(case, case.member("M01"), "snapshots/2/changes")).json()
    assert [(row["pointer"], row["kind"]) for row in compared["changes"]] == [
        ("/application/round", "changed"), ("/core_technologies/1", "added"),
    ]  # fmt: skip
    assert compared["changes"][1]["after"]["name"] == "在线检测"
    for part in ("snapshots/3", "snapshots/1/changes", "snapshots/2/changes?since=9"):
        assert (await fetched(case, case.member("M01"), part)).status_code == 404
    assert (await fetched(case, case.member("M04"), "snapshots/1")).status_code == 404


@pytest.mark.requirement("A117", "X08")
@pytest.mark.refusing
async def test_an_expert_on_the_panel_reads_the_case_and_nobody_elses(case: Case) -> None:
    await case.submitted()
    expert_id, other_id = new_id(), new_id()
    seated(case, (expert_id, "EX05"))
    archive = await fetched(case, expert(case, expert_id, "EX05"), "dossier.zip")
    assert archive.status_code == 200, archive.text
    with zipfile.ZipFile(io.BytesIO(archive.content)) as dossier:
        assert dossier.testzip() is None
        manifest = json.loads(dossier.read("manifest.json"))
        said = json.loads(dossier.read("application.json"))
        assert dossier.read("dossier.pdf").startswith(b"%PDF")
        [evidence] = manifest["evidence"]
        content = dossier.read(evidence["name"])
    assert hashlib.sha256(content).hexdigest() == evidence["sha256"]
    assert said["center"]["id"] == case.center_id
    [file_id] = evidence["file_ids"]
    alone = await fetched(case, expert(case, expert_id, "EX05"), f"evidence/{file_id}")
    assert alone.content == content
    document = await fetched(case, expert(case, expert_id, "EX05"), "dossier.pdf")
    assert document.headers["content-type"] == "application/pdf"

    foreign = await case.upload("M04")
    for who, part in (
        (expert(case, other_id, "EX06"), "snapshots"),
        (expert(case, expert_id, "EX06"), "snapshots"),
        (expert(case, other_id, "EX05"), "dossier.zip"),
        (expert(case, expert_id, "EX05"), f"evidence/{foreign}"),
        (case.member("M04"), "dossier.pdf"),
    ):
        assert (await fetched(case, who, part)).status_code == 404, part
    seated(case)
    recused = await fetched(case, expert(case, expert_id, "EX05"), "dossier.zip")
    assert (recused.status_code, codes(recused)) == (404, ["NOT_FOUND"])


@pytest.mark.requirement("X04", "X08")
@pytest.mark.refusing
async def test_a_draft_has_no_dossier_and_another_s_file_never_enters_one(case: Case) -> None:
    await case.draft()
    expert_id = new_id()
    seated(case, (expert_id, "EX05"))
    assert (await fetched(case, case.member("M01"), "dossier.pdf")).status_code == 404
    assert (await fetched(case, expert(case, expert_id, "EX05"), "snapshots")).status_code == 404
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    foreign = await case.upload("M04")
    profile = {
        name: {"amount": 1, "currency": "CNY"}
        for name in ("rd_spend", "rd_assets", "net_assets", "revenue")
    }
    named = {**profile, "platforms": [{"name": "平台", "file_id": foreign}]}
    stated = await case.step(
        case.member("M01"), "PUT", "sponsor-profiles/2025", named, **{"If-Match": '"1"'}
    )
    assert (await case.submit()).status_code == 200
    archive = await fetched(case, case.member("M01"), "dossier.zip")
    with zipfile.ZipFile(io.BytesIO(archive.content)) as dossier:
        listed = json.loads(dossier.read("manifest.json"))["evidence"]
    assert foreign not in [file_id for row in listed for file_id in row["file_ids"]], stated.text
