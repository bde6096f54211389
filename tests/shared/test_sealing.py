"""Personal data is sealed for its place under a named key, and opens nowhere else."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.sealing import Sealer, Unsealable, derived_key
from shared.settings import Settings

KEYS = {"old": bytes(32), "new": bytes(range(32))}


@pytest.mark.requirement("X12")
@given(st.text(max_size=200), st.text(max_size=40))
def test_what_is_sealed_opens_in_its_place_and_shows_nothing(plain: str, place: str) -> None:
    sealer = Sealer(KEYS, "new")
    sealed = sealer.seal(plain, place)
    assert sealer.open(sealed, place) == plain
    assert sealed.startswith("sealed:new:")
    assert sealed != sealer.seal(plain, place)


@pytest.mark.requirement("X12")
@pytest.mark.refusing
def test_another_place_another_key_and_every_changed_byte_are_refused() -> None:
    sealer = Sealer(KEYS, "new")
    sealed = sealer.seal("6200000000000000003", "expert_sensitive:1")
    with pytest.raises(Unsealable):
        sealer.open(sealed, "expert_sensitive:2")
    with pytest.raises(Unsealable, match="no key"):
        Sealer({"old": KEYS["old"]}, "old").open(sealed, "expert_sensitive:1")
    head, hidden = sealed.rsplit(":", 1)
    raw = base64.urlsafe_b64decode(hidden)
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(Unsealable):
            sealer.open(
                f"{head}:{base64.urlsafe_b64encode(changed).decode()}", "expert_sensitive:1"
            )


@pytest.mark.requirement("X12")
def test_a_former_key_still_opens_what_it_sealed() -> None:
    before = Sealer({"old": KEYS["old"]}, "old").seal("林一舟", "x")
    assert Sealer(KEYS, "new").open(before, "x") == "林一舟"
    assert Sealer(KEYS, "new").open("never sealed", "x") == "never sealed"


@pytest.mark.requirement("X12")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("keys", "present"),
    [({"a": bytes(31)}, "a"), ({"a": bytes(32)}, "b"), ({"a:b": bytes(32)}, "a:b"), ({}, "")],
)
def test_keys_that_cannot_seal_are_refused_at_the_start(
    keys: dict[str, bytes], present: str
) -> None:
    with pytest.raises(ValueError, match="data keys"):
        Sealer(keys, present)


@pytest.mark.requirement("X12")
def test_keys_come_from_the_settings() -> None:
    told = {name: base64.b64encode(key).decode() for name, key in KEYS.items()}
    settings = Settings(data_keys=SecretStr(json.dumps(told)), data_key="old")
    assert Sealer(KEYS, "new").open(Sealer.of(settings).seal("甲", "x"), "x") == "甲"
    # Without keys one is made from the secret: another secret opens nothing.
    first = Sealer.of(Settings(data_keys=SecretStr(""), secret=SecretStr("one"))).seal("甲", "x")
    with pytest.raises(Unsealable):
        Sealer.of(Settings(data_keys=SecretStr(""), secret=SecretStr("two"))).open(first, "x")


@pytest.mark.requirement("X12")
def test_a_house_that_had_no_keys_takes_the_derived_one_along_and_may_change_its_secret() -> None:
    old = Settings(secret=SecretStr("the old secret"))
    sealed = Sealer.of(old).seal("林一舟", "x")
    keys = {"derived": derived_key(old), "k1": base64.b64encode(KEYS["new"]).decode()}
    new = Settings(
        secret=SecretStr("another"), data_keys=SecretStr(json.dumps(keys)), data_key="k1"
    )
    assert Sealer.of(new).open(sealed, "x") == "林一舟"
    with pytest.raises(Unsealable):
        Sealer.of(Settings(secret=SecretStr("another"))).open(sealed, "x")
