"""`zhichuang rotate-data-key`: former values stay readable, new ones take the new key, X12."""

import base64
import json
import os
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import select

from evaluation.experts.tables import ExpertPersonalData
from evaluation.privacy import actions, jobs
from shared.sealing import Sealer, Unsealable
from shared.settings import Settings
from tests.evaluation.privacy.test_privacy import ACCOUNT, EXPERTS, give
from tests.evaluation.reviewing import Reviewing
from zhichuang import data_keys
from zhichuang.data_keys import with_new_data_key


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder as a first start leaves it."""
    monkeypatch.setenv("ZHICHUANG_HOME", str(tmp_path))
    first = with_new_data_key({"secret": "stays"})
    (tmp_path / "secrets.json").write_text(json.dumps(first), encoding="utf-8")
    return tmp_path


def told(home: Path) -> dict[str, str]:
    read: dict[str, str] = json.loads((home / "secrets.json").read_text(encoding="utf-8"))
    return read


def sealer_of(home: Path) -> Sealer:
    """Read the keys as a process does at its start."""
    kept = told(home)
    keys = SecretStr(kept["data_keys"])
    return Sealer.of(Settings(data_keys=keys, data_key=kept["data_key"]))


@pytest.mark.requirement("X12")
def test_the_command_adds_a_key_and_keeps_the_former_ones(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, sealed = told(home), sealer_of(home).seal("甲", "place")
    assert data_keys.rotate() == 0
    after, sealer = told(home), sealer_of(home)
    assert after["data_key"] != before["data_key"]
    assert json.loads(before["data_keys"]).items() < json.loads(after["data_keys"]).items()
    assert after["secret"] == "stays"
    assert sealer.open(sealed, "place") == "甲"
    assert sealer.seal("乙", "place").startswith(f"sealed:{after['data_key']}:")
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600
    # Its name is told, the key is not.
    said = capsys.readouterr().out
    assert after["data_key"] in said
    assert json.loads(after["data_keys"])[after["data_key"]] not in said


@pytest.mark.requirement("X12")
@pytest.mark.refusing
def test_a_folder_without_a_stack_gets_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHICHUANG_HOME", str(tmp_path))
    assert data_keys.rotate() == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("where", "step"), [(os, "open"), (os, "fsync"), (Path, "replace")])
def test_a_command_that_is_killed_loses_no_key(
    home: Path, monkeypatch: pytest.MonkeyPatch, where: object, step: str
) -> None:
    before = told(home)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(where, step, killed)
        with pytest.raises(KeyboardInterrupt):
            data_keys.rotate()
    assert told(home) == before
    # The same command again, over what the first one left.
    assert data_keys.rotate() == 0
    assert len(json.loads(told(home)["data_keys"])) == 2


@pytest.mark.anyio
@pytest.mark.requirement("X12")
async def test_sealing_anew_goes_on_where_it_was_interrupted(
    home: Path, review: Reviewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = review.service.sessions
    former = json.loads(told(home)["data_keys"])
    # The names of the pool were sealed with the key of the start; from now on with the file's.
    first = sealer_of(home)
    ((name, _),) = former.items()
    sessions.sealer = sessions.sealer.renewed(name, base64.b64decode(former[name]))
    await jobs.seal_anew(review.service.app)
    sessions.sealer = first
    assert (await give(review, "ex02")).status_code == 200

    assert data_keys.rotate() == 0
    sessions.sealer = sealer_of(home)
    present = sessions.sealer.present_prefix
    # Some in a transaction, and the process ends after the first one.
    monkeypatch.setattr(actions, "SWEEP", 4)
    async with sessions.begin() as session:
        assert await actions.seal_anew(session) > 0
    async with sessions.reading() as session:
        names = [row.content for row in await session.scalars(select(ExpertPersonalData))]
    done = sum(content.startswith(present) for content in names)
    assert 0 < done < len(names)
    # Half under one key and half under the other, all is read.
    async with review.handler as handler:
        for code, expert_id in review.expert_ids.items():
            assert (await handler.get(f"{EXPERTS}/{expert_id}")).json()["name"] == f"专家{code}"

    assert await jobs.seal_anew(review.service.app) > 0
    assert await jobs.seal_anew(review.service.app) == 0
    async with sessions.reading() as session:
        names = [row.content for row in await session.scalars(select(ExpertPersonalData))]
    assert all(content.startswith(present) for content in names)
    async with review.expert("ex02") as himself:
        path = f"{EXPERTS}/{review.expert_ids['ex02']}/sensitive-data"
        assert (await himself.get(path)).json()["items"][0]["value"] == ACCOUNT
    with pytest.raises(Unsealable):
        first.open(names[0], "anywhere")
