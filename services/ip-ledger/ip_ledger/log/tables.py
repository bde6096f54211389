"""Records, the leaves that cover them, and what can be erased without touching the tree."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, LargeBinary, Sequence, Uuid
from sqlmodel import Field

from ip_ledger.base import Base
from shared.database import InstantColumn

LOG_SEQ = Sequence("log_record_seq", metadata=Base.metadata, data_type=BigInteger)


class LogRecord(Base, table=True):
    """The stored bytes of a record; its leaf is hashed over exactly these."""

    __tablename__ = "log_record"
    __table_args__ = (
        CheckConstraint("octet_length(secret) = 16", name="secret"),
        # A secret can be erased, and only that: `guards`.
        {"info": {"insert_only": True, "closing": ("secret",)}},
    )

    id: UUID = Field(primary_key=True)
    seq: int | None = Field(
        default=None,
        sa_column=Column(BigInteger, LOG_SEQ, server_default=LOG_SEQ.next_value(), nullable=False),
    )
    kind: str
    center_id: UUID | None = None
    # The organizations concerned: they may fetch the receipt, whatever becomes of the centre.
    reader_org_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    # Of a record in the small form: what the salts of its seals follow from, until it is erased.
    secret: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class LogOpening(Base, table=True):
    """What opens a sealed field of a record; deleting the row erases it for good."""

    __tablename__ = "log_opening"

    # That its record is there, `guards` judge for all rows of a statement at once; so with a leaf.
    record_id: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True)
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    value: str


class LogPending(Base, table=True):
    """A record without a leaf; the sequencer takes the row away when it numbers it."""

    __tablename__ = "log_pending"

    record_id: UUID = Field(primary_key=True)


class LogLeaf(Base, table=True):
    """The place of a record in the tree: dense, in commit order, never changed."""

    __tablename__ = "log_leaf"
    __table_args__ = ({"info": {"insert_only": True}},)

    leaf_index: int = Field(
        sa_column=Column(BigInteger, primary_key=True, autoincrement=False, nullable=False)
    )
    record_id: UUID = Field(unique=True)
    leaf_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LogTile(Base, table=True):
    """A full tile: 256 hashes, and their root, which is one hash of the tile above."""

    __tablename__ = "log_tile"
    __table_args__ = (
        CheckConstraint("octet_length(hashes) = 8192", name="hashes"),
        {"info": {"insert_only": True}},
    )

    level: int = Field(primary_key=True)
    tile_index: int = Field(
        sa_column=Column(BigInteger, primary_key=True, autoincrement=False, nullable=False)
    )
    hashes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LogCheckpoint(Base, table=True):
    """A signed tree head; only trees that are wholly stored are ever signed."""

    __tablename__ = "log_checkpoint"
    __table_args__ = ({"info": {"insert_only": True}},)

    tree_size: int = Field(
        sa_column=Column(BigInteger, primary_key=True, autoincrement=False, nullable=False)
    )
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    note: str
    signed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
