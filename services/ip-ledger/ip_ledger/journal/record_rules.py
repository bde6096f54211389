"""An entry's record in its small form: bytes in fixed places instead of JSON (`v` 2).

    1   2, the form; no JSON begins so      16       id
    1   1, a journal entry                  16       center_id
    1   its kind: KINDS                     16 each  reverses_id, source_id, where there is one
    1   which parts it has: HAS_…           32 each  seals: lines, reference, recorded_by, rate
    8   recorded_at, microseconds UTC       16 each  accounts, sorted, to the end
    4   effective_on, days since 1970

Numbers are signed and big-endian. The salts of its seals follow from one secret of the record, so
that what opens them is 16 bytes; the values are the entry's own rows. Without the secret nothing
opens them, and the record stays what it was.
"""

import hashlib
import struct
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from ip_ledger.journal.rules import EntryDraft, EntryKind, Side
from ip_ledger.log.rules import OPENING_LABEL, SALT_BYTES, canonical

HEAD: Final = struct.Struct(">BBBBqi16s16s")
FORM: Final = 2
JOURNAL_ENTRY: Final = 1
KINDS: Final = {EntryKind.ORDINARY: 0, EntryKind.OPENING: 1, EntryKind.EXCHANGE: 2}
HAS_REVERSES: Final = 1
HAS_SOURCE: Final = 2
HAS_RATE: Final = 4
SECRET_BYTES: Final = 16
SALT_LABEL: Final = b"zhichuang salt v2\n"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY: Final = date(1970, 1, 1).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)
# By whether an amount is above zero: asking an enum for its word takes longer than writing a line.
_SIDES: Final = (Side.CREDIT.value, Side.DEBIT.value)


# What a hash begins with, field by field: hundreds of entries a moment have the same four.
_LABELS: Final = {
    name: (SALT_LABEL + name.encode() + b"\n", OPENING_LABEL + name.encode() + b"\n")
    for name in ("lines", "reference", "recorded_by", "exchange_rate")
}


def salt_of(secret: bytes, name: str) -> bytes:
    """Give the salt of a field; one that is told tells nothing of the secret or the others."""
    return hashlib.sha256(_LABELS[name][0] + secret).digest()[:SALT_BYTES]


def _seal(secret: bytes, name: str, value: bytes) -> bytes:
    """Seal a field as `log.rules.seal` does."""
    return hashlib.sha256(_LABELS[name][1] + salt_of(secret, name) + value).digest()


@lru_cache(maxsize=256)
def _recorded_by(client_id: str, person_id: UUID) -> bytes:
    return canonical({"client_id": client_id, "person_id": str(person_id)})


def entry_record(
    draft: EntryDraft, recorded_at: datetime, person_id: UUID, client_id: str, secret: bytes
) -> bytes:
    """Write the bytes of an entry's record."""
    sealed = {
        "lines": lines_text(draft).encode(),
        "reference": canonical(draft.reference),
        "recorded_by": _recorded_by(client_id, person_id),
    }
    parts = 0
    ids = b""
    if draft.reverses_id is not None:
        parts, ids = parts | HAS_REVERSES, draft.reverses_id.bytes
    if draft.source_id is not None:
        parts, ids = parts | HAS_SOURCE, ids + draft.source_id.bytes
    if draft.exchange_rate is not None:
        parts |= HAS_RATE
        sealed["exchange_rate"] = canonical(draft.exchange_rate)
    head = HEAD.pack(
        FORM,
        JOURNAL_ENTRY,
        KINDS[draft.kind],
        parts,
        (recorded_at - _EPOCH) // _MICROSECOND,
        draft.effective_on.toordinal() - _FIRST_DAY,
        draft.id.bytes,
        draft.center_id.bytes,
    )
    seals = [_seal(secret, name, value) for name, value in sealed.items()]
    accounts = sorted({line.account_id.bytes for line in draft.lines})
    return b"".join([head, ids, *seals, *accounts])


def lines_text(draft: EntryDraft) -> str:
    """Write an entry's lines in canonical JSON: nothing in them has to be escaped."""
    lines = (
        f'{{"account_id":"{line.account_id}","amount":{abs(line.amount_fen)},'
        f'"currency":"{line.currency}","side":"{_SIDES[line.amount_fen > 0]}"}}'
        for line in draft.lines
    )
    return f"[{','.join(lines)}]"
