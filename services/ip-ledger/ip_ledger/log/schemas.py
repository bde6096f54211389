"""What a receipt looks like on the wire."""

from typing import Any

from pydantic import ConfigDict, Field

from shared.http.schemas import Out


class OpeningOut(Out):
    """What opens one sealed field: its hash in the record is over name, salt and value."""

    name: str = Field(description="The field's name in the record's `sealed`.")
    salt: str = Field(description="16 random bytes, base64.")
    value: Any = Field(description="The field's JSON value; amounts are integer 分.")


class ReceiptOut(Out):
    """Proof that a record is in the log, which can be checked offline against the log's key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "record": "eyJ2IjoxfQ==",
                    "leaf_index": 0,
                    "proof": [],
                    "checkpoint": "zhichuang.example/ip-ledger\n1\nq83v…=\n\n— …\n",
                    "tlog_proof": "c2sp.org/tlog-proof@v1\nindex 0\n\nzhichuang.example/…\n",
                    "openings": [{"name": "amount", "salt": "AAAA…==", "value": 43283019}],
                }
            ]
        }
    )

    record: str = Field(description="The stored bytes of the record, base64.")
    leaf_index: int = Field(ge=0, description="The record's place in the tree, from 0.")
    proof: list[str] = Field(description="Sibling hashes from the leaf up, base64 (RFC 9162).")
    checkpoint: str = Field(description="The signed tree head (C2SP checkpoint).")
    tlog_proof: str = Field(description="Index, proof and checkpoint as one C2SP tlog-proof file.")
    openings: list[OpeningOut] = Field(description="Openings of the sealed fields, if not erased.")
