"""What the last audit says on the wire."""

from datetime import datetime

from pydantic import ConfigDict, Field

from shared.http.schemas import Out


class ChangedRowOut(Out):
    """The first row that is not what the rest of the ledger says it must be."""

    table: str = Field(description="The table.", examples=["posting"])
    row: str = Field(description="The row's key, its parts apart by a space; empty: unreadable.")
    reason: str = Field(description="What about it differs, in English.")


class LedgerAuditOut(Out):
    """How far the ledger has computed itself again, and whether anything differed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "started_at": "2028-03-10T02:00:00Z",
                    "finished_at": "2028-03-10T02:00:04Z",
                    "tree_size": 1204,
                    "root": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
                    "event_position": 3511,
                    "rows": {"journal_entry": 310, "posting": 1240, "log_leaf": 1204},
                    "holds": True,
                    "difference": {"table": "posting", "row": "…", "reason": "…"},
                }
            ]
        }
    )

    started_at: datetime = Field(description="When it began, in real time.")
    finished_at: datetime = Field(
        description="When it ended: everything committed before it began."
    )
    tree_size: int = Field(
        ge=0, description="How many leaves were hashed again from their records."
    )
    root: str = Field(description="The root that they make, base64, to compare with a checkpoint.")
    event_position: int = Field(ge=0, description="The last event whose audit row was compared.")
    rows: dict[str, int] = Field(description="How many rows of each table were compared.")
    holds: bool = Field(description="Whether nothing differed.")
    difference: ChangedRowOut | None = Field(description="The first row that differed, if any did.")
