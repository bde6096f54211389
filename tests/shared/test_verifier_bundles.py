"""The offline verifier on both sides of each bound: receipts, bundles, sums and the command."""

import json
import struct
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared import verifier
from shared.verifier import ReceiptError, bundle_holds, verified
from tests.shared.verifying import (
    ORIGIN,
    WITNESS,
    Log,
    Sealed,
    Signer,
    b64,
    canonical,
    judged_bundle,
    leaf,
    noted,
    refused,
    root_of,
    written,
)

# The base of blinding, computed once by hand: nobody may move it.
SECOND = "54e8f293c3a6130a4fea2d86e3d8abab870309b0fb18d9afde851c3417ce4a56"
LOG, SEER = Signer(1), Signer(2, "witness.example", WITNESS)
OWN, OTHER = "org-own", "org-other"


def line(amount: int = 30, run: str = "run-1", payee: str = OWN) -> Sealed:
    return Sealed(
        "distribution_line", {"run_id": run}, amount={"amount": amount}, payee_id=payee
    )  # fmt: skip


def blinding(scalar: int) -> str:
    return scalar.to_bytes(32, "little").hex()


def hidden(amount: int, scalar: int) -> str:
    point = verifier.commitment(amount, blinding(scalar))
    return verifier.packed(point).hex()


def total(own: int = 30, others: int = 70, run: str = "run-1", **over: Any) -> Sealed:
    """A run's record: what everybody got is hidden, and its owner's part and the sum are opened."""
    opened = {
        "net": {"net_fen": own + others, "blinding": blinding(5 + 7)},
        "payee_1": {"payee_id": OWN, "amount_fen": own, "blinding": blinding(7)},
    }
    commitments = [hidden(others, 5), hidden(own, 7)]
    return Sealed(
        "distribution_total", {"run_id": run, "commitments": commitments}, **opened | over
    )


def judged(*records: Sealed) -> dict[str, Any]:
    return judged_bundle(LOG, OWN, *records)


# --- one record -----------------------------------------------------------------------------


@pytest.mark.requirement("X07")
def test_a_receipt_proves_its_record_and_what_was_opened_of_it() -> None:
    log = Log(7, {3: line()}, LOG)
    told = verified(written(log.receipt(3)), LOG.line)
    assert (told.leaf_index, told.tree_size, told.origin) == (3, 7, ORIGIN)
    assert told.opened == {"amount": {"amount": 30}, "payee_id": OWN}
    assert told.record == log.records[3].content


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"leaf_index": True}, "receipt: no leaf index"),
        ({"leaf_index": -1}, "receipt: no leaf index"),
        ({"leaf_index": 7}, "checkpoint: it does not cover the record yet"),
        ({"leaf_index": 2}, "proof: it leads to another root"),
        ({"leaf_index": 0}, "proof: it leads to another root"),
        ({"proof": {}}, "proof: no list"),
        ({"proof": ["AA=="] * 65}, "proof: no list"),
        ({"proof": ["AA=="]}, "proof: a hash"),
        ({"proof": [b64(bytes(33))]}, "proof: a hash"),
        ({"proof": [b64(bytes(32))] * 64}, "proof: too long"),
        ({"openings": {}}, "openings: no list"),
        ({"openings": [7]}, "openings: a broken one"),
        ({"openings": [{"salt": "", "name": "amount", "value": 1}]}, "openings: a broken one"),
        ({"openings": [{"name": 1, "salt": "", "value": 1}]}, "openings: no name"),
        ({"openings": [{"name": "金", "salt": "", "value": 1}]}, "openings: no name"),
        (
            {"openings": [{"name": "other", "salt": "", "value": 1}]},
            "openings: other is no field, or named twice",
        ),
        (
            {"openings": line().openings[:1] * 2},
            "openings: amount is no field, or named twice",
        ),
        *(
            ({"openings": [{"name": "amount", "salt": b64(bytes(n)), "value": 1}]},
             "openings: a broken salt")
            for n in (0, 15, 17)
        ),
        (
            {"openings": [{**line().openings[0], "value": {"amount": 31}}]},
            "openings: amount does not fit",
        ),
        ({"checkpoint": 1}, "checkpoint: no text"),
        ({"tlog_proof": "x"}, "tlog_proof: says something else"),
        ({"more": 1}, "receipt: other fields than expected"),
        ({"record": b64(b"[]")}, "proof: it leads to another root"),
    ],
)  # fmt: skip
def test_a_receipt_with_one_thing_bent_is_refused_for_it(
    change: dict[str, Any], message: str
) -> None:
    log = Log(7, {3: line()}, LOG)
    with refused(message):
        verified(written(log.receipt(3) | change), LOG.line)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_a_receipt_has_one_spelling_and_wants_its_witnesses() -> None:
    good = Log(7, {3: line()}, LOG).receipt(3)
    with refused("receipt: written in another way"):
        verified(json.dumps(good).encode(), LOG.line)
    with refused("receipt: other fields than expected"):
        verified(written(list(good)), LOG.line)
    with refused("checkpoint: not signed by this key"):
        verified(written(good), LOG.line, SEER.line)


@pytest.mark.refusing
def test_a_record_that_is_no_object_or_seals_nothing_is_refused() -> None:
    for content, message in (
        (b"[]", "record: no object"),
        (b'{"kind":"x"}', "record: it says nothing of sealed fields"),
        (b'{"kind":"x","sealed":[]}', "record: it says nothing of sealed fields"),
        (b'{"a":1,"a":1}', "a name occurs twice"),
        (b"[1.5]", "a number that is no integer: 1.5"),
        (b"[NaN]", "a number that is no integer: NaN"),
        (b"[", "record: not readable as JSON"),
        (b"\xff", "record: not readable as JSON"),
    ):
        one = {"record": b64(content), "leaf_index": 0, "proof": [], "openings": []}
        with refused(message):
            verifier.proven(one, 1, leaf(content))


# --- bundles --------------------------------------------------------------------------------


@pytest.mark.requirement("X07")
def test_a_bundle_proves_its_lines_and_that_its_run_adds_up() -> None:
    told = judged(line(20), line(10), total(), line(5, "run-2"))
    assert told["tree_size"] == 7
    assert [one["leaf_index"] for one in told["lines"]] == [1, 2, 4]
    assert [one["opened"]["amount"]["amount"] for one in told["lines"]] == [20, 10, 5]
    assert [(one["run_id"], one["sum_proven"]) for one in told["runs"]] == [("run-1", True)]
    assert judged(line(-30), total(-30, -70))["runs"][0]["sum_proven"]
    assert judged(line(0), total(0, 100))["runs"][0]["sum_proven"]


@pytest.mark.requirement("X07")
def test_what_was_erased_proves_no_sum_and_refuses_nothing() -> None:
    erased = total()
    erased.openings = erased.openings[:1]
    assert not judged(line(), erased)["runs"][0]["sum_proven"]
    erased = total()
    erased.openings = erased.openings[1:]
    assert not judged(line(), erased)["runs"][0]["sum_proven"]
    silent = line()
    silent.openings = silent.openings[1:]
    assert not judged(silent, total())["runs"][0]["sum_proven"]


PART = {"payee_id": OWN, "amount_fen": 30, "blinding": blinding(7)}
NET = {"net_fen": 100, "blinding": blinding(12)}


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("records", "message"),
    [
        ((line(), total(payee_1=PART | {"payee_id": OTHER})), "run: a part of somebody else"),
        ((line(), total(payee_1=PART | {"amount_fen": 31})), "run: the part does not open"),
        ((line(), total(payee_0=PART)), "run: the part does not open"),
        (
            (line(), total(payee_1=PART | {"amount_fen": True})),
            "run: what opens a commitment is missing",
        ),
        (
            (line(), total(payee_1=PART | {"blinding": 7})),
            "run: what opens a commitment is missing",
        ),
        (
            (line(), total(payee_1=PART | {"blinding": "00" * 31})),
            "run: what opens a commitment is missing",
        ),
        (
            (line(), total(payee_1=PART | {"blinding": "00" * 33})),
            "run: what opens a commitment is missing",
        ),
        (
            (line(), total(net=NET | {"net_fen": 101})),
            "run: its parts do not add up to its income",
        ),
        ((line(), total(30, -130)), "run: a part of another sign"),
        ((line(-30), total(-30, 130)), "run: a part of another sign"),
        ((line(-1), total(-1, 1)), "run: a part of another sign"),
        ((line(29), total()), "run: lines of another sum"),
        ((line(), line(1), total()), "run: lines of another sum"),
        ((total(),), "run: lines of another sum"),
        ((line(payee=OTHER),), "bundle: a line of somebody else"),
        (
            (Sealed("loss_line", {"run_id": "r"}, party_id=OTHER),),
            "bundle: a line of somebody else",
        ),
    ],
)  # fmt: skip
def test_a_bundle_that_does_not_add_up_is_refused_for_it(
    records: tuple[Sealed, ...], message: str
) -> None:
    with refused(message):
        judged(*records)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_a_commitment_that_is_no_point_adds_up_to_nothing() -> None:
    broken = total()
    broken.content["document"]["commitments"][0] = blinding(2)
    with refused("run: a commitment that is none"):
        judged(line(), broken)


BENT: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda one: one | {"more": 1}, "bundle: other fields than expected"),
    (lambda one: one | {"v": 2}, "bundle: other fields than expected"),
    (lambda one: one | {"v": 0}, "bundle: other fields than expected"),
    (lambda one: [one], "bundle: other fields than expected"),
    (lambda one: one | {"checkpoint": 1}, "checkpoint: no text"),
    (lambda one: one | {"records": {}}, "bundle: no records"),
    (lambda one: one | {"records": [1]}, "bundle: a broken record"),
    (
        lambda one: one | {"records": [one["records"][0] | {"more": 1}]},
        "bundle: a broken record",
    ),
    (
        lambda one: one | {"records": one["records"][::-1]},
        "bundle: records out of order",
    ),
    (
        lambda one: one | {"records": one["records"][:1] * 2},
        "bundle: records out of order",
    ),
]


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize(("change", "message"), BENT)
def test_a_bundle_of_another_form_is_refused(
    change: Callable[[dict[str, Any]], object], message: str
) -> None:
    good = Log(7, {0: line(), 1: line(1)}, LOG).bundle(OWN)
    assert bundle_holds(canonical(good), LOG.line)["tree_size"] == 7
    with refused(message):
        bundle_holds(canonical(change(good)), LOG.line)


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_a_bundle_has_one_spelling_and_wants_its_witnesses() -> None:
    good = Log(7, {0: line()}, LOG).bundle(OWN)
    with refused("bundle: written in another way"):
        bundle_holds(written(good), LOG.line)
    with refused("checkpoint: not signed by this key"):
        bundle_holds(canonical(good), LOG.line, SEER.line)
    good["checkpoint"] += SEER.under(good["checkpoint"].rpartition("\n\n")[0] + "\n")
    assert bundle_holds(canonical(good), LOG.line, SEER.line)["tree_size"] == 7


# --- the command ----------------------------------------------------------------------------


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    (tmp_path / "log.pub").write_text(LOG.line + "\n")
    return str(tmp_path / "log.pub")


def export() -> dict[str, bytes]:
    every = [leaf(bytes([place])) for place in range(5)]
    note = noted(f"{ORIGIN}\n5\n{b64(root_of(every))}\n", LOG).encode()
    return {"checkpoint": note, "tile/0/000.p/5": b"".join(every)}


def zipped(path: Path, *files: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def test_the_command_judges_whatever_it_is_given(
    key_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = canonical(Log(7, {1: line(), 2: total()}, LOG).bundle(OWN))
    (tmp_path / "bundle.json").write_bytes(bundle)
    (tmp_path / "receipt.json").write_bytes(written(Log(7, {3: line()}, LOG).receipt(3)))
    for name, content in export().items():
        (tmp_path / "export" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "export" / name).write_bytes(content)
    zipped(tmp_path / "bundle.zip", ("bundle.json", bundle), ("README", b""))
    zipped(tmp_path / "export.zip", *export().items())
    for name, said in (
        ("bundle.json", "VERIFIED  1 lines, 1 runs that add up, in a tree of 7\n{\n"),
        ("bundle.zip", "VERIFIED  1 lines, 1 runs that add up, in a tree of 7\n{\n"),
        ("receipt.json", f"VERIFIED  leaf 3 of 7 in {ORIGIN}\n{{\n"),
        ("export", "VERIFIED  5 leaves, root "),
        ("export.zip", "VERIFIED  5 leaves, root "),
    ):
        assert verifier.main([str(tmp_path / name), "--key", key_file]) == 0
        assert capsys.readouterr().out.startswith(said)


def test_what_is_shown_is_indented_and_keeps_its_letters(
    key_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = Sealed("x", {"name": "制创", "a": 1})
    (tmp_path / "one.json").write_bytes(written(Log(3, {1: named}, LOG).receipt(1)))
    (tmp_path / "all.json").write_bytes(canonical(Log(3, {1: named}, LOG).bundle(OWN)))
    for name in ("one.json", "all.json"):
        assert verifier.main([str(tmp_path / name), "--key", key_file]) == 0
        told = capsys.readouterr().out
        assert '"name": "制创"' in told
        shown = told.partition("\n")[2]
        assert shown == json.dumps(
            json.loads(shown), ensure_ascii=False, indent=2, sort_keys=True
        ) + "\n"  # fmt: skip


@pytest.mark.refusing
def test_the_command_says_why_it_refuses(
    key_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = Log(7, {3: line()}, LOG).receipt(3)
    (tmp_path / "bent.json").write_bytes(written(receipt | {"leaf_index": 2}))
    (tmp_path / "odd.json").write_bytes(written(receipt | {"record": b64(b"{}")}))
    (tmp_path / "witness.pub").write_text(SEER.line)
    (tmp_path / "receipt.json").write_bytes(written(receipt))
    cases = [
        (["bent.json"], 1, "REFUSED  proof: it leads to another root\n"),
        (["none.json"], 2, "cannot read: "),
        (["receipt.json", "--witness", str(tmp_path / "witness.pub")], 1,
         "REFUSED  checkpoint: not signed by this key\n"),
    ]  # fmt: skip
    for (name, *more), code, said in cases:
        assert verifier.main([str(tmp_path / name), "--key", key_file, *more]) == code
        assert capsys.readouterr().err.startswith(said)
    (tmp_path / "bad.pub").write_bytes(b"\xff")
    assert verifier.main([str(tmp_path / "receipt.json"), "--key", str(tmp_path / "bad.pub")]) == 1
    assert capsys.readouterr().err == "REFUSED  key: no text\n"


@pytest.mark.refusing
def test_what_is_no_proof_at_all_is_refused_without_a_crash(
    key_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = Sealed("agreement", {})
    (tmp_path / "odd.json").write_bytes(written(Log(1, {0: empty}, LOG).receipt(0)))
    assert verifier.main([str(tmp_path / "odd.json"), "--key", key_file]) == 1
    assert capsys.readouterr().err == "REFUSED  not what a proof looks like: KeyError\n"


@pytest.mark.refusing
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_names_each_file_once_and_has_every_one(
    key_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [(note_name, note), (tile_name, tile)] = export().items()
    for files, said in (
        ([(note_name, note)], f"REFUSED  ZIP: {tile_name} is missing\n"),
        ([(tile_name, tile)], "REFUSED  ZIP: checkpoint is missing\n"),
        ([(note_name, note), (tile_name, tile), (tile_name, tile)],
         "REFUSED  ZIP: a name occurs twice\n"),
    ):  # fmt: skip
        path = zipped(tmp_path / "export.zip", *files)
        assert verifier.main([str(path), "--key", key_file]) == 1
        assert capsys.readouterr().err == said


@pytest.mark.refusing
def test_no_file_is_read_beyond_64_mib(tmp_path: Path) -> None:
    most = 64 * 2**20
    for size, fits in ((most, True), (most + 1, False)):
        file = tmp_path / "large.json"
        with file.open("wb") as made:
            made.truncate(size)
        if fits:
            assert len(verifier._read(file)) == most
        else:
            with refused("large.json: too large"):
                verifier._read(file)


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("more", "said"), [(b"", "checkpoint: a control character"), (b"\x00", "is too large")]
)
def test_no_file_in_a_zip_is_unpacked_beyond_64_mib(
    key_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: bytes, said: str
) -> None:
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("checkpoint", "w", force_zip64=True) as file,
    ):
        for _ in range(64):
            file.write(bytes(2**20))
        file.write(more)
    assert verifier.main([str(path), "--key", key_file]) == 1
    assert capsys.readouterr().err.endswith(f"{said}\n")


@pytest.mark.refusing
def test_nothing_is_judged_without_the_logs_key() -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        verifier.main(["bundle.json"])


def small_entry(kind: int = 0, parts: int = 0, accounts: int = 1) -> bytes:
    """An entry in its small form, by the places that its description gives."""
    ids = (parts & 1) + (parts >> 1 & 1)
    seals = 2 * (3 + (parts >> 2))
    head = struct.pack(">BBBBqi16s16s", 2, 1, kind, parts, 1_000_000, 365, bytes(16), bytes(16))
    rest = [bytes([number]) * 16 for number in range(1, ids + seals + accounts + 1)]
    return head + b"".join(rest)


@pytest.mark.requirement("X07")
def test_an_entry_is_read_in_its_small_form_with_every_part() -> None:
    record = verifier.read_record(small_entry(2, 7, 2))
    names = [str(uuid.UUID(bytes=bytes([number]) * 16)) for number in range(13)]
    assert record["recorded_at"] == "1970-01-01T00:00:01Z"
    assert record["document"] == {
        "kind": "exchange", "effective_on": "1971-01-01", "reverses_id": names[1],
        "source_id": names[2], "accounts": [names[11], names[12]],
    }  # fmt: skip
    assert list(record["sealed"]) == ["lines", "reference", "recorded_by", "exchange_rate"]
    assert record["sealed"]["lines"] == b64(bytes([3]) * 16 + bytes([4]) * 16)
    plain = verifier.read_record(small_entry())["document"]
    assert (plain["kind"], plain["reverses_id"], plain["source_id"]) == ("ordinary", None, None)


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (small_entry()[:47], "record: too short"), (small_entry()[:48], "record: cut off"),
        (small_entry(accounts=0), "record: cut off"), (small_entry() + b"x", "record: cut off"),
        (small_entry(3), "record: of an unknown form"),
        (small_entry(0, 8), "record: of an unknown form"),
        (small_entry() + b"\x01" * 16, "record: accounts in another order"),
        (small_entry() + small_entry()[-16:], "record: accounts in another order"),
    ],
)  # fmt: skip
def test_an_entry_in_another_small_form_is_refused(body: bytes, message: str) -> None:
    with refused(message):
        verifier.read_record(body)


def test_sums_of_no_sign_are_told_apart() -> None:
    assert [verifier._sign(amount) for amount in (-2, -1, 0, 1, 2)] == [-1, -1, 0, 1, 1]


def test_a_commitment_hides_an_amount_and_adds_up() -> None:
    zero = "00" * 32
    assert verifier.same(verifier.commitment(0, zero), verifier.ZERO)
    assert verifier.same(verifier.commitment(1, zero), verifier.BASE)
    assert verifier.same(verifier.commitment(verifier.L + 1, zero), verifier.BASE)
    blinded = verifier.commitment(0, blinding(1))
    assert verifier.same(blinded, verifier.second_base())
    # Nobody chose it: the whole world computes the same one.
    assert verifier.packed(verifier.second_base()).hex() == SECOND
    with pytest.raises(ReceiptError):
        verifier.commitment("1", zero)
