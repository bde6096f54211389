"""Templates: written by one official, published by another, cited by agreements made from them."""

import hashlib
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from ip_ledger.templates import rules
from shared.rules import failed_codes
from tests.ip_ledger.conftest import TEXT_SHA256, Ledger, codes

pytestmark = pytest.mark.anyio
TEMPLATES = "/v1/ip-ledger/agreement-templates"
TEXT = "甲方：{{party_a}}\n乙方：{{party_b}}\n甲方（{{party_a}}）负责联合开发。"
FIELDS = [{"name": "party_a", "label": "甲方"}, {"name": "party_b", "label": "乙方"}]
VALUES = {"party_a": "研究院", "party_b": "{{party_a}}"}
WRITER, PUBLISHER = UUID(int=1), UUID(int=2)


async def written(ledger: Ledger, **over: Any) -> httpx.Response:
    body = {
        "code": "joint", "language": "zh", "title": "共建协议", "body": TEXT, "fields": FIELDS,
        **over,
    }  # fmt: skip
    return await ledger.service.client("handler", sub=WRITER).post(TEMPLATES, json=body)


async def publish(ledger: Ledger, template: Any, by: UUID = PUBLISHER) -> httpx.Response:
    client = ledger.service.client("approver", sub=by)
    path = f"{TEMPLATES}/{template['id']}/publish"
    return await client.post(path, headers={"If-Match": f'"{template["version"]}"'})


async def published(ledger: Ledger, **over: Any) -> dict[str, Any]:
    answer = await publish(ledger, (await written(ledger, **over)).json())
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_what_is_filled_in_is_not_read_for_blanks_again() -> None:
    assert rules.blanks(TEXT) == ["party_a", "party_b"]
    assert rules.filled(TEXT, VALUES).splitlines()[1] == "乙方：{{party_a}}"
    assert failed_codes(rules.text_checks(TEXT, ["party_a"])) == ["FIELDS_MISMATCH"]
    assert failed_codes(rules.filling_checks(TEXT, ["party_a", "party_b", "x"], "/f")) == [
        "FIELDS_MISMATCH"
    ]


@pytest.mark.requirement("A084")
async def test_an_agreement_cites_its_template_and_whether_it_is_just_that(ledger: Ledger) -> None:
    template = await published(ledger)
    use = {"template_id": template["id"], "fields": VALUES}
    async with ledger.member("m04") as lead:
        text = await lead.post(f"{TEMPLATES}/{template['id']}/fillings", json={"fields": VALUES})
        assert text.status_code == 200, text.text
        sha256 = hashlib.sha256(text.content).hexdigest()
        file_id = uuid4()
        ledger.service.neighbours.answers[f"GET /v1/registry/files/{file_id}"] = {
            "id": str(file_id), "sha256": sha256, "size": 1, "media_type": "text/plain",
        }  # fmt: skip
        bodies = [
            ledger.agreement("m04", "m09", template=use, text_file_id=str(file_id)),
            ledger.agreement("m04", "m09", template=use),
            ledger.agreement("m04", "m09"),
        ]
        answers = [await lead.post("/v1/ip-ledger/agreements", json=body) for body in bodies]
    same, changed, none = (answer.json() for answer in answers)
    assert same["template_sha256"] == changed["template_sha256"] == template["body_sha256"]
    assert (same["template_unchanged"], changed["template_unchanged"]) == (True, False)
    assert (changed["text_sha256"], none["template_id"]) == (TEXT_SHA256, None)
    assert same["template_fields"] == VALUES


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_only_a_published_template_is_used_and_filled_in_whole(ledger: Ledger) -> None:
    draft = (await written(ledger)).json()
    own = await publish(ledger, draft, WRITER)
    assert (own.status_code, codes(own)) == (403, ["SOD_VIOLATION"])
    async with ledger.member("m04") as lead:
        hidden = await lead.get(f"{TEMPLATES}/{draft['id']}")
        assert hidden.status_code == 404
        assert (await lead.post(TEMPLATES, json={})).status_code == 403

        async def proposed(template_id: str, **fields: str) -> httpx.Response:
            use = {"template_id": template_id, "fields": fields}
            body = ledger.agreement("m04", "m09", template=use)
            return await lead.post("/v1/ip-ledger/agreements", json=body)

        assert codes(await proposed(draft["id"], **VALUES)) == ["TEMPLATE_UNKNOWN"]
        assert codes(await proposed(str(uuid4()))) == ["TEMPLATE_UNKNOWN"]
        first = (await publish(ledger, draft)).json()
        assert codes(await proposed(first["id"], party_a="x")) == ["FIELDS_MISMATCH"]
        short = await lead.post(f"{TEMPLATES}/{first['id']}/fillings", json={"fields": {}})
        assert codes(short) == ["FIELDS_MISMATCH"]
        second = await published(ledger)
        assert second["edition"] == 2
        assert codes(await proposed(first["id"], **VALUES)) == ["TEMPLATE_UNKNOWN"]
    again = await publish(ledger, second)
    assert codes(again) == ["STATE_CONFLICT"]
    unlike = await written(ledger, fields=FIELDS[:1])
    assert codes(unlike) == ["FIELDS_MISMATCH"]
    english = await published(ledger, language="en", body="no blanks", fields=[])
    assert english["edition"] == 1
