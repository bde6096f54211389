"""A draft is in no list, count, export, event or refusal of anybody but its own people (X04)."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.database import new_id
from tests.registry.applications.cases import PLAN, TECHNOLOGY, Case

pytestmark = pytest.mark.anyio

# Words that stand nowhere but in this draft, one for each of its parts.
SECRETS = ("机密中心名", "机密技术名", "机密规划文")
PARAMETER = re.compile(r"\{(\w+)\}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)")
# Officials follow what happens, by ids and never by content; auditors see every change, hashed.
BY_IDS = ("/v1/registry/events", "/v1/registry/audit", "/v1/registry/deltas")
# What is made anew with each answer, or names the request itself.
ANEW = re.compile(r'"(request_id|trace_id|etag)": ?"[^"]*"|"(last_position|position)": ?\d+')

READERS: tuple[tuple[str, ...], ...] = (
    (), ("member",), ("official", "handler"), ("official", "reviewer"), ("official", "approver"),
    ("official", "auditor"), ("agency",), ("agency", "finance"), ("expert",),
)  # fmt: skip


def reader(case: Case, capacities: tuple[str, ...]) -> httpx.AsyncClient:
    claims: dict[str, Any] = {}
    if capacities:
        claims["sub"] = case.person("+".join(capacities))
    if "member" in capacities:
        claims["org_id"] = case.orgs["M04"]
    if "expert" in capacities:
        claims["expert_id"] = case.person("an expert")
    return case.registry.client(*capacities, **claims)


def readings(case: Case) -> Iterator[str]:
    """Give the path of every operation that reads."""
    for path, operations in sorted(case.registry.app.openapi()["paths"].items()):
        if "get" in operations:
            yield path


def filled(path: str, known: dict[str, str]) -> str:
    """Put the draft's own ids into a path, and unknown ones where it has none."""
    return PARAMETER.sub(lambda found: known.get(found[1], str(new_id())), path)


async def secret_draft(case: Case) -> dict[str, str]:
    """Let M01 draft an application with words of its own in each part, and invite nobody."""
    made = await case.draft(name=SECRETS[0])
    assert made.status_code == 201, made.text
    technology = await case.step(
        case.member("M01"), "POST", "core-technologies", {**TECHNOLOGY, "name": SECRETS[1]}
    )
    assert technology.status_code == 201, technology.text
    parts = [{"part": number, "text": SECRETS[2]} for number in range(1, 6)]
    plan = await case.step(case.member("M01"), "PUT", "plan", {**PLAN, "parts": parts})
    assert plan.status_code == 200, plan.text
    await case.registry.number()
    return {
        "application_id": case.application_id,
        "center_id": case.center_id,
        "plan_id": plan.json()["id"] if "id" in plan.json() else str(new_id()),
        "technology_id": technology.json()["id"],
    }


async def leaks(case: Case, capacities: tuple[str, ...], known: dict[str, str]) -> list[str]:
    """Ask for everything, with the draft's own ids where one is asked for; tell what shows."""
    told: list[str] = []
    async with reader(case, capacities) as caller:
        for template in readings(case):
            path = filled(template, known)
            answer = await caller.get(path)
            assert answer.status_code < 500, (path, answer.text)
            # A refusal names the path that was asked, and nothing else of it.
            body = answer.text.replace(f'"{path}"', "")
            told += [f"{capacities} {template}: {secret}" for secret in SECRETS if secret in body]
            if template not in BY_IDS or "official" not in capacities:
                told += [f"{capacities} {template}: {one}" for one in known.values() if one in body]
            if answer.is_success and any(value in path for value in known.values()):
                told += [f"{capacities} {template}: answered {answer.status_code}"]
    return told


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_no_answer_to_a_stranger_knows_of_a_draft(case: Case) -> None:
    known = await secret_draft(case)
    assert [leak for one in READERS for leak in await leaks(case, one, known)] == []
    async with case.member("M01") as own:
        assert SECRETS[0] in (await own.get("/v1/registry/applications")).text


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_no_count_nor_export_changes_when_a_stranger_drafts(case: Case) -> None:
    async def everything() -> dict[tuple[str, str], str]:
        found = {}
        for capacities in READERS:
            async with reader(case, capacities) as caller:
                for path in readings(case):
                    if PARAMETER.search(path) or path in BY_IDS:
                        continue
                    answer = await caller.get(path)
                    if answer.headers.get("content-type", "").startswith(
                        ("text/", "application/j")
                    ):
                        text = ANEW.sub("", INSTANT.sub("", answer.text))
                        found["+".join(capacities), path] = text
        return found

    before = await everything()
    await secret_draft(case)
    after = await everything()
    assert len(before) > 200
    assert [place for place in before if before[place] != after[place]] == []
