"""What an expert gives of himself: with consent, sealed, masked, disclosed, erased (X12)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import select

from evaluation.privacy import jobs, rules
from evaluation.privacy.rules import SensitiveKind
from evaluation.privacy.tables import ExpertSensitive
from shared.events.tables import Audit, Event
from shared.http.tables import KeptAnswer
from shared.rules import failed_codes
from shared.sealing import Sealer, sealer_of
from tests.evaluation.reviewing import Reviewing, codes_of

ACCOUNT = "6200000000000000003"
CONSENT = {"agreed": True, "purpose": "支付评审费", "notice_sha256": "9f" * 32}
EXPERTS = "/v1/evaluation/experts"
NOW = datetime(2028, 1, 1, tzinfo=UTC)


@pytest.mark.requirement("X12")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [
        ("bank_account", "12345678", True),
        ("bank_account", "1234567", False),
        ("bank_account", "1" * 30, True),
        ("bank_account", "1" * 31, False),
        ("bank_account", "1234 5678", False),
        ("phone", "13800001234", True),
        ("phone", "+8613800001234", True),
        ("phone", "abc", False),
        ("phone", "1234567", True),
        ("phone", "123456", False),
        ("phone", "1" * 15, True),
        ("phone", "1" * 16, False),
    ],
)
def test_values_have_their_form(kind: str, value: str, right: bool) -> None:
    checks = rules.entering_checks(SensitiveKind(kind), value, consented=True)
    assert failed_codes(checks) == ([] if right else ["FIELD_INVALID"])
    assert not [check for check in checks if value in str(check)]


@pytest.mark.requirement("X12")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("left", "same", "expected"),
    [(1, True, []), (0, True, ["NOT_FOUND"]), (-1, True, ["NOT_FOUND"]), (1, False, ["NOT_FOUND"])],
)
def test_a_disclosure_is_for_one_person_and_a_while(
    left: int,
    same: bool,
    expected: list[str],
) -> None:
    person = uuid4()
    until = NOW + timedelta(seconds=left)
    who = person if same else uuid4()
    assert failed_codes(rules.disclosure_checks(person, who, until, NOW)) == expected


@pytest.mark.requirement("X12")
def test_masks_show_the_last_digits_only() -> None:
    assert rules.masked(SensitiveKind.BANK_ACCOUNT, ACCOUNT) == "****0003"
    assert rules.masked(SensitiveKind.PHONE, "13800001234") == "138****1234"
    assert rules.masked(SensitiveKind.PHONE, "1234567") == "****4567"
    # A telephone's first three are shown where there are ten digits.
    assert rules.masked(SensitiveKind.PHONE, "123456789") == "****6789"
    assert rules.masked(SensitiveKind.PHONE, "1234567890") == "123****7890"
    assert rules.masked(SensitiveKind.BANK_ACCOUNT, "1234567890") == "****7890"


# --- over HTTP ------------------------------------------------------------------------------


async def give(
    review: Reviewing, code: str, value: str = ACCOUNT, kind: str = "bank_account", **over: Any
) -> httpx.Response:
    async with review.expert(code) as expert:
        return await expert.put(
            f"{EXPERTS}/{review.expert_ids[code]}/sensitive-data/{kind}",
            json={"value": value, "consent": CONSENT, **over},
            headers={"Idempotency-Key": f"give-{value}-{kind}-{sorted(over)}"},
        )


@pytest.mark.anyio
@pytest.mark.requirement("X12")
async def test_an_account_is_given_masked_disclosed_corrected_and_withdrawn(
    review: Reviewing,
) -> None:
    path = f"{EXPERTS}/{review.expert_ids['ex02']}/sensitive-data"
    given = await give(review, "ex02")
    assert (given.status_code, given.json()["masked"]) == (200, "****0003"), given.text
    assert given.json()["value"] is None
    assert (await give(review, "ex02")).json() == given.json()  # Kept, and opened again.
    async with review.expert("ex02") as himself, review.handler as handler:
        assert (await himself.get(path)).json()["items"][0]["value"] == ACCOUNT
        seen = (await handler.get(path)).json()["items"]
        assert [(one["masked"], one["value"]) for one in seen] == [("****0003", None)]
        asked = await handler.post(f"{path}/bank_account/disclosures", json={"reason": "付评审费"})
        assert asked.status_code == 201, asked.text
        look = f"/v1/evaluation/sensitive-disclosures/{asked.json()['id']}"
        assert (await handler.get(look)).json()["value"] == ACCOUNT
        # Correction needs no new consent; what was disclosed is read as it is now.
        corrected = await give(review, "ex02", "6200000000000000011", consent=None)
        assert corrected.json()["masked"] == "****0011"
        assert (await handler.get(look)).json()["value"] == "6200000000000000011"
        known = (await himself.get(path)).json()
        assert [one["reason"] for one in known["disclosures"]] == ["付评审费"]
        assert [one["purpose"] for one in known["consents"]] == ["支付评审费"]

        assert (await himself.delete(f"{path}/bank_account")).status_code == 204
        after = (await himself.get(path)).json()
        assert (after["items"], after["consents"][0]["withdrawn_at"] is None) == ([], False)
        assert (await handler.get(look)).status_code == 404


@pytest.mark.anyio
@pytest.mark.requirement("X12", "X04")
@pytest.mark.refusing
async def test_nobody_gives_reads_or_withdraws_for_another_or_without_consent(
    review: Reviewing,
) -> None:
    path = f"{EXPERTS}/{review.expert_ids['ex02']}/sensitive-data"
    bare = await give(review, "ex02", consent=None)
    assert (bare.status_code, codes_of(bare)) == (409, ["SEPARATE_CONSENT_MISSING"])
    unsure = await give(review, "ex02", consent={**CONSENT, "agreed": False})
    assert unsure.status_code == 422
    wrong = await give(review, "ex02", "12ab")
    assert (wrong.status_code, codes_of(wrong)) == (422, ["FIELD_INVALID"])
    assert "12ab" not in wrong.text
    assert (await give(review, "ex02")).status_code == 200
    body = {"value": ACCOUNT, "consent": CONSENT}
    async with review.expert("ex04") as other, review.handler as handler:
        assert (await other.get(path)).status_code == 404
        assert (await other.put(f"{path}/bank_account", json=body)).status_code == 404
        assert (await other.delete(f"{path}/bank_account")).status_code == 404
        assert (await handler.put(f"{path}/bank_account", json=body)).status_code == 403
        nothing = await handler.post(f"{path}/phone/disclosures", json={"reason": "联系"})
        assert nothing.status_code == 404
        asked = await handler.post(f"{path}/bank_account/disclosures", json={"reason": "付费"})
        look = f"/v1/evaluation/sensitive-disclosures/{asked.json()['id']}"
        async with review.service.client("official", "handler") as colleague:
            assert (await colleague.get(look)).status_code == 404
        review.service.set_clock("2026-02-02T02:15:30+00:00")
        assert (await handler.get(look)).status_code == 404
    async with review.member() as member:
        assert (await member.get(path)).status_code == 403


@pytest.mark.anyio
@pytest.mark.requirement("X12")
async def test_nothing_sensitive_stands_in_any_table_event_audit_or_log(
    review: Reviewing, capfd: pytest.CaptureFixture[str]
) -> None:
    assert (await give(review, "ex02")).status_code == 200
    assert (await give(review, "ex02", "13800001234", "phone")).status_code == 200
    async with review.expert("ex02") as himself:
        renamed = await himself.put(
            f"{EXPERTS}/{review.expert_ids['ex02']}/personal-data",
            json={"name": "欧阳若兰"},
            headers={"Idempotency-Key": "renamed"},
        )
    assert renamed.json()["name"] == "欧阳若兰"
    secrets = (ACCOUNT, "13800001234", "欧阳若兰")
    async with review.service.sessions.reading() as session:
        tables = list(
            await session.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            )
        )
        assert {"expert_sensitive", "kept_answer", "event", "audit"} <= set(tables)
        kept = b"".join([row.body for row in await session.scalars(select(KeptAnswer))])
        for table in tables:
            statement = f'SELECT t::text FROM "{table}" t'  # noqa: S608 - the catalogue's names
            rows = "\n".join(await session.scalars(text(statement)))
            for secret in secrets:
                assert secret not in rows, table
                assert secret.encode().hex() not in rows, table
                assert secret.encode() not in kept
        events = list(await session.scalars(select(Event.type)))
        reasons = list(await session.scalars(select(Audit.reason)))
    assert events.count("expert.sensitive_data_entered") == 2
    assert events.count("expert.consent_given") == 2
    assert not any(reasons)
    out, err = capfd.readouterr()
    assert not [secret for secret in secrets if secret in out + err]


@pytest.mark.anyio
@pytest.mark.requirement("X12")
async def test_erasing_a_retired_expert_takes_all_of_it(review: Reviewing) -> None:
    path = f"{EXPERTS}/{review.expert_ids['ex02']}"
    assert (await give(review, "ex02")).status_code == 200
    async with review.handler as handler:
        await handler.post(f"{path}/retirement", json={"reason": "本人申请"})
        erased = await handler.delete(f"{path}/personal-data")
        assert (erased.status_code, erased.json()["name"]) == (200, None), erased.text
        kept = (await handler.get(f"{path}/sensitive-data")).json()
    assert kept["items"] == []
    assert kept["consents"][0]["withdrawn_at"] is not None


@pytest.mark.anyio
@pytest.mark.requirement("X12")
async def test_after_a_change_of_keys_everything_is_sealed_anew(review: Reviewing) -> None:
    assert (await give(review, "ex02")).status_code == 200
    sessions = review.service.sessions
    key = bytes(range(32))
    sessions.sealer = sessions.sealer.renewed("second", key)
    assert await jobs.seal_anew(review.service.app) > len(review.expert_ids)
    assert await jobs.seal_anew(review.service.app) == 0
    # The former key is not needed any more.
    sessions.sealer = Sealer({"second": key}, "second")
    async with sessions.reading() as session:
        (row,) = (await session.scalars(select(ExpertSensitive))).all()
    assert row.sealed.startswith("sealed:second:")
    async with review.expert("ex02") as himself:
        path = f"{EXPERTS}/{review.expert_ids['ex02']}"
        assert (await himself.get(f"{path}/sensitive-data")).json()["items"][0]["value"] == ACCOUNT
        assert (await himself.get(path)).json()["name"] == "专家ex02"


@pytest.mark.anyio
@pytest.mark.requirement("X05", "X12")
async def test_answers_kept_for_a_key_go_with_what_they_tell(review: Reviewing) -> None:
    path = f"{EXPERTS}/{review.expert_ids['ex02']}"

    async def renamed(key: str, name: str) -> httpx.Response:
        async with review.handler as handler:
            return await handler.put(
                f"{path}/personal-data", json={"name": name}, headers={"Idempotency-Key": key}
            )

    async def told() -> str:
        async with review.service.sessions.reading() as session:
            sealer = sealer_of(session)
            rows = await session.scalars(select(KeptAnswer))
            return "".join(
                sealer.open_bytes(row.body, f"kept_answer:{row.scope.hex()}").decode()
                for row in rows
            )

    first = await renamed("first", "欧阳若兰")
    assert (await renamed("first", "欧阳若兰")).json() == first.json()
    assert (await give(review, "ex02")).status_code == 200
    assert (await give(review, "ex04", "6200000000000000011")).status_code == 200
    assert "欧阳若兰" in await told()
    assert "****0003" in await told()

    # A consent that is withdrawn takes the value's answers alone.
    async with review.expert("ex02") as himself:
        await himself.delete(f"{path}/sensitive-data/bank_account")
    again = await give(review, "ex02")
    assert (again.status_code, again.json()["code"]) == (409, "IDEMPOTENCY_ERASED")
    assert "****0003" not in await told()
    assert (await renamed("first", "欧阳若兰")).json() == first.json()

    async with review.handler as handler:
        await handler.post(f"{path}/retirement", json={"reason": "本人申请"})
        await handler.delete(f"{path}/personal-data", headers={"Idempotency-Key": "gone"})
        repeat = await handler.delete(f"{path}/personal-data", headers={"Idempotency-Key": "gone"})
        assert (repeat.status_code, repeat.json()["name"]) == (200, None)
        refused = await renamed("first", "欧阳若兰")
        assert (refused.status_code, refused.json()["code"]) == (409, "IDEMPOTENCY_ERASED")
        assert (await handler.get(path)).json()["name"] is None
    assert "欧阳若兰" not in await told()
    assert "****0011" in await told()
