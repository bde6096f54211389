"""Assets, their inventors, and the versions of their ownership."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, TSTZRANGE, Range
from sqlmodel import Field

from ip_ledger.assets.family_rules import FAMILY, KinshipKind
from ip_ledger.assets.inventor_rules import INVENTORS, Cause
from ip_ledger.assets.ownership_rules import SHARING
from ip_ledger.assets.proposal_rules import CO_OWNERS, FilingPosition, OwnerAnswer
from ip_ledger.assets.proposal_rules import State as ProposalState
from ip_ledger.assets.rules import (
    INCENTIVES,
    OWN_IP,
    REPETITION,
    AbandonCause,
    Absence,
    AssetKind,
    Dates,
    State,
)
from ip_ledger.base import Base
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

meaning("uq_ip_asset_jurisdiction_number", OWN_IP, "ALREADY_EXISTS")
meaning("uq_ip_asset_reference", REPETITION, "EXTERNAL_ID_MISMATCH")
meaning("ck_ownership_line_whole", SHARING, "SHARES_NOT_100", Kind.CONTENT)
meaning("pk_ownership_line", SHARING, "PARTY_REPEATED", Kind.CONTENT)
meaning("ex_ownership_version_periods", SHARING, "STATE_CONFLICT")
meaning("uq_ownership_consent_asset_id_org_id_change_sha256", CO_OWNERS, "ALREADY_SIGNED")
meaning("ck_asset_kinship_acyclic", FAMILY, "FAMILY_CYCLE", Kind.CONTENT)
meaning("ck_asset_kinship_two_assets", FAMILY, "FAMILY_CYCLE", Kind.CONTENT)
meaning("uq_asset_kinship_standing", FAMILY, "ALREADY_EXISTS")
meaning("ck_ownership_version_gapless", SHARING, "STATE_CONFLICT")
meaning("ck_ownership_version_after_asset", SHARING, "BEFORE_ASSET", Kind.CONTENT)
meaning("ck_asset_inventor_whole", SHARING, "SHARES_NOT_100", Kind.CONTENT)
meaning("uq_asset_inventor_version_id_person_id", INCENTIVES, "INVENTOR_REPEATED", Kind.CONTENT)
meaning("ex_inventor_version_periods", INVENTORS, "STATE_CONFLICT")
meaning("ck_inventor_version_gapless", INVENTORS, "STATE_CONFLICT")
meaning("pk_inventor_consent", INVENTORS, "ALREADY_SIGNED")


class Asset(Base, table=True):
    """A result that somebody owns: an invention, software, know-how and so on."""

    __tablename__ = "ip_asset"
    __table_args__ = (
        Index("ix_ip_asset_center_id_id", "center_id", "id"),
        # One right has one number, whoever reports it.
        Index(
            "uq_ip_asset_jurisdiction_number",
            "jurisdiction",
            "number",
            unique=True,
            postgresql_where=text("number IS NOT NULL"),
        ),
        Index(
            "uq_ip_asset_reference",
            "submitted_by_org_id",
            "center_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index(
            "ix_ip_asset_family_id",
            "family_id",
            postgresql_where=text("family_id IS NOT NULL"),
        ),
        Index(
            "ix_ip_asset_next_look_at",
            "next_look_at",
            postgresql_where=text("next_look_at IS NOT NULL"),
        ),
        CheckConstraint("granted_on IS NULL OR filed_on <= granted_on", name="granted_on"),
        CheckConstraint("abandon_cause IS NULL OR state = 'abandoned'", name="abandon_cause"),
        CheckConstraint(
            "(jsonb_array_length(absences) > 0 AND absences #>> '{-1,1}' IS NULL)"
            " = (state IN ('expired', 'abandoned', 'invalidated'))",
            name="absences",
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    kind: AssetKind = Field(sa_column=Column(EnumText(AssetKind), nullable=False))
    title: str
    number: str | None = None
    jurisdiction: str
    filed_on: date | None = None
    granted_on: date | None = None
    registered_on: date | None = None
    term_until: date | None = None
    is_background: bool = False
    # Who holds it while the centre has no legal entity.
    trustee_org_id: UUID | None = None
    completing_org_id: UUID | None = None
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    # Of what was given up how, where that is known.
    abandon_cause: AbandonCause | None = Field(
        default=None, sa_column=Column(EnumText(AbandonCause), nullable=True)
    )
    # The days on which the right was gone: first day, and day of its return; see `rules.Absence`.
    absences: list[list[str | None]] = Field(
        default_factory=list,
        sa_column=Column(JsonColumn(), nullable=False, server_default="[]"),
    )
    version: int = 1
    external_id: str | None = None
    # Over what was reported, so that a repeated row is told from a changed one.
    content_sha256: str
    submitted_by_org_id: UUID
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    # When the ledger last learned something about its ownership.
    ownership_known_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )
    # The family that it belongs to: the id of one of its members; none while it has no kin.
    family_id: UUID | None = None
    # When its fees and its last day are looked at next.
    next_look_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )

    @property
    def dates(self) -> Dates:
        """Give the days that are known."""
        return Dates(self.filed_on, self.granted_on, self.registered_on)

    @property
    def days_gone(self) -> tuple[Absence, ...]:
        """Give the days on which the right was gone."""
        return tuple(
            (date.fromisoformat(first or ""), date.fromisoformat(back) if back else None)
            for first, back in self.absences
        )

    def gone(self, absences: Sequence[Absence]) -> None:
        """Say on which days the right was gone."""
        self.absences = [
            [first.isoformat(), back.isoformat() if back else None] for first, back in absences
        ]


class InventorPerson(Base, table=True):
    """The one place of an inventor's name; erasing it leaves every record and proof valid."""

    __tablename__ = "inventor_person"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str | None = None


class InventorVersion(Base, table=True):
    """Who made an asset, for income of some days, as the ledger believed it during some time.

    The first list holds from the beginning; only `known_during` ever changes (`inventor_guards`).
    """

    __tablename__ = "inventor_version"
    __table_args__ = (
        UniqueConstraint("asset_id", "number"),
        {"info": {"insert_only": True, "closing": ("known_during",)}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    number: int
    valid_during: Any = Field(sa_column=Column(DATERANGE, nullable=False))
    known_during: Any = Field(sa_column=Column(TSTZRANGE, nullable=False))
    cause: Cause = Field(sa_column=Column(EnumText(Cause), nullable=False))
    # The change that made it; none for what was told with the asset itself.
    change_id: UUID | None = Field(default=None, foreign_key="inventor_change.id")
    recorded_by: UUID

    @property
    def valid_from(self) -> date:
        """Give the first day, `date.min` for what holds from the beginning."""
        valid: Range[date] = self.valid_during
        return valid.lower or date.min

    @property
    def valid_before(self) -> date | None:
        """Give the first day that it no longer covers, None while nothing follows."""
        valid: Range[date] = self.valid_during
        return valid.upper

    @property
    def known_from(self) -> datetime:
        """Give the instant from which the ledger believed it."""
        known: Range[datetime] = self.known_during
        return known.lower or datetime.min.replace(tzinfo=UTC)

    @property
    def known_before(self) -> datetime | None:
        """Give the instant from which the ledger believed otherwise, None while it does not."""
        known: Range[datetime] = self.known_during
        return known.upper


class AssetInventor(Base, table=True):
    """A person's part in an asset, in one version of its list."""

    __tablename__ = "asset_inventor"
    __table_args__ = (
        CheckConstraint("share_ppm BETWEEN 1 AND 1000000", name="share_ppm"),
        UniqueConstraint("version_id", "person_id"),
        {"info": {"insert_only": True}},
    )

    version_id: UUID = Field(sa_column=Column(ForeignKey("inventor_version.id"), primary_key=True))
    place: int = Field(primary_key=True)
    person_id: UUID
    org_id: UUID
    share_ppm: int
    # Leads the unit that employs him: his reward is made public inside first (沪条例39).
    is_head_of_unit: bool = Field(
        default=False,
        sa_column=Column(Boolean(), nullable=False, server_default=false()),
    )


class InventorChange(Base, table=True):
    """A change of an asset's inventors: every owner consents to exactly this list."""

    __tablename__ = "inventor_change"
    __table_args__ = (
        Index("ix_inventor_change_asset_id", "asset_id"),
        CheckConstraint("(approved_on IS NULL) = (notice_no IS NULL)", name="office"),
        CheckConstraint("(state = 'effective') = (version_id IS NOT NULL)", name="effective"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    center_id: UUID
    cause: Cause = Field(sa_column=Column(EnumText(Cause), nullable=False))
    # None: from the beginning.
    valid_from: date | None = None
    # The persons by id, their units and parts; no name stands here.
    inventors: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    reason: str
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    # The office's notice that the change was found in order.
    notice_no: str | None = None
    approved_on: date | None = None
    # The version on which it rests: with another one it cannot take effect.
    base_number: int
    state: ProposalState = Field(sa_column=Column(EnumText(ProposalState), nullable=False))
    version: int = 1
    version_id: UUID | None = None
    proposed_by: UUID
    proposed_by_org_id: UUID
    proposed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class InventorConsent(Base, table=True):
    """An owner's own account consented to a change of inventors, or an official to a judgment."""

    __tablename__ = "inventor_consent"
    __table_args__ = ({"info": {"insert_only": True}},)

    change_id: UUID = Field(sa_column=Column(ForeignKey("inventor_change.id"), primary_key=True))
    org_id: UUID = Field(primary_key=True)
    answer: OwnerAnswer = Field(sa_column=Column(EnumText(OwnerAnswer), nullable=False))
    given_by: UUID
    given_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class OwnershipVersion(Base, table=True):
    """Who owned an asset during some days, as the ledger believed it during some time.

    Only `known_during` ever changes, from open to the instant of the change that replaces it;
    triggers and an exclusion constraint hold this (see `migrations/versions/0002`).
    """

    __tablename__ = "ownership_version"
    __table_args__ = (
        UniqueConstraint("asset_id", "number"),
        {"info": {"insert_only": True, "closing": ("known_during",)}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    number: int
    # The version in which these shares were first recorded; itself unless it is restated shorter.
    origin_id: UUID
    valid_during: Any = Field(sa_column=Column(DATERANGE, nullable=False))
    known_during: Any = Field(sa_column=Column(TSTZRANGE, nullable=False))
    cause: str
    decided_by: str
    agreement_id: UUID | None = Field(default=None, foreign_key="agreement.id")
    consents: list[str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    recorded_by: UUID
    recorded_by_org_id: UUID

    @property
    def valid_from(self) -> date:
        """Give the first day of this ownership."""
        valid: Range[date] = self.valid_during
        return valid.lower or date.min

    @property
    def valid_before(self) -> date | None:
        """Give the first day that it no longer covers, None while nothing follows."""
        valid: Range[date] = self.valid_during
        return valid.upper

    @property
    def known_from(self) -> datetime:
        """Give the instant from which the ledger believed it."""
        known: Range[datetime] = self.known_during
        return known.lower or datetime.min.replace(tzinfo=UTC)

    @property
    def known_before(self) -> datetime | None:
        """Give the instant from which the ledger believed otherwise, None while it does not."""
        known: Range[datetime] = self.known_during
        return known.upper


class OwnershipLine(Base, table=True):
    """An owner's share in a version; the lines of a version sum to 1,000,000 ppm."""

    __tablename__ = "ownership_line"
    __table_args__ = (
        CheckConstraint("ppm BETWEEN 1 AND 1000000", name="ppm"),
        Index("ix_ownership_line_owner_id", "owner_id"),
        {"info": {"insert_only": True}},
    )

    version_id: UUID = Field(sa_column=Column(ForeignKey("ownership_version.id"), primary_key=True))
    owner_id: UUID = Field(primary_key=True)
    ppm: int


class OwnershipConsent(Base, table=True):
    """An organization's own account consented to exactly one change, told by its hash."""

    __tablename__ = "ownership_consent"
    __table_args__ = (
        UniqueConstraint("asset_id", "org_id", "change_sha256"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    org_id: UUID
    change_sha256: str
    answer: OwnerAnswer = Field(sa_column=Column(EnumText(OwnerAnswer), nullable=False))
    given_by: UUID
    given_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class OwnershipProposal(Base, table=True):
    """A change of ownership that waits: for consents, for first refusal, for its registration."""

    __tablename__ = "ownership_proposal"
    __table_args__ = (Index("ix_ownership_proposal_asset_id", "asset_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    center_id: UUID
    cause: str
    valid_from: date
    shares: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    change_sha256: str
    state: ProposalState = Field(sa_column=Column(EnumText(ProposalState), nullable=False))
    version: int = 1
    needs_registration: bool
    refusal_until: date | None = None
    registered_on: date | None = None
    registration_no: str | None = None
    # The version of ownership that it became.
    version_id: UUID | None = Field(default=None, foreign_key="ownership_version.id")
    proposed_by: UUID
    proposed_by_org_id: UUID
    proposed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class AssetFilingPosition(Base, table=True):
    """What a joint developer last said about filing; who renounced uses the result freely."""

    __tablename__ = "asset_filing_position"

    asset_id: UUID = Field(foreign_key="ip_asset.id", primary_key=True)
    org_id: UUID = Field(primary_key=True)
    position: FilingPosition = Field(sa_column=Column(EnumText(FilingPosition), nullable=False))
    has_free_use: bool = False
    stated_by: UUID
    stated_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class AssetKinship(Base, table=True):
    """That a right comes from another one; what was recorded wrongly is withdrawn, with a reason.

    A trigger holds that nothing descends from itself (see `family_guards`).
    """

    __tablename__ = "asset_kinship"
    __table_args__ = (
        Index(
            "uq_asset_kinship_standing",
            "asset_id",
            "parent_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_asset_kinship_parent_id", "parent_id"),
        CheckConstraint("asset_id <> parent_id", name="two_assets"),
        CheckConstraint("(withdrawn_at IS NULL) = (reason IS NULL)", name="withdrawn"),
        {
            "info": {
                "insert_only": True,
                "closing": ("withdrawn_at", "withdrawn_by", "reason"),
            }
        },
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    parent_id: UUID = Field(foreign_key="ip_asset.id")
    kind: KinshipKind = Field(sa_column=Column(EnumText(KinshipKind), nullable=False))
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    withdrawn_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )
    withdrawn_by: UUID | None = None
    reason: str | None = None
