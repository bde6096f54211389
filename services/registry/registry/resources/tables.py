"""What centres share and offer; a thing is never booked twice for one time."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from registry.base import Base
from registry.resources.rules import (
    SHARING,
    BookingState,
    ResourceType,
    ServiceCode,
    SharingScope,
)
from shared.database import Audience, EnumText, InstantColumn, new_id, resource
from shared.http.constraints import meaning

NO_OVERLAP: Final = "ex_resource_booking_overlap"


class SharedResource(Base, table=True):
    """Something that an organization of a centre shares, with whom and on which terms (A022)."""

    __tablename__ = "shared_resource"
    __table_args__ = (
        CheckConstraint("fee_per_hour_fen >= 0", name="fee_not_negative"),
        Index("ix_shared_resource_center_id", "center_id"),
        Index("ix_shared_resource_org_id", "org_id"),
        Index(
            "ix_shared_resource_search_key",
            "search_key",
            postgresql_using="gin",
            postgresql_ops={"search_key": "gin_trgm_ops"},
        ),
        {"info": resource("shared_resource", Audience.MEMBERS, withheld=("search_key",))},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    org_id: UUID = Field(foreign_key="organization.id")
    resource_type: ResourceType = Field(sa_column=Column(EnumText(ResourceType), nullable=False))
    name: str
    description: str | None = None
    scope: SharingScope = Field(sa_column=Column(EnumText(SharingScope), nullable=False))
    terms: str
    fee_per_hour_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    is_open: bool = True
    search_key: str


class ResourceBooking(Base, table=True):
    """A time for which a resource is someone's; what it came to once it was used (A062)."""

    __tablename__ = "resource_booking"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="times_in_order"),
        CheckConstraint("used_minutes > 0", name="minutes_positive"),
        CheckConstraint("(state = 'used') = (used_minutes IS NOT NULL)", name="use_has_minutes"),
        CheckConstraint("usage_fact_id IS NULL OR state = 'used'", name="only_a_use_is_told"),
        UniqueConstraint("usage_fact_id", name="uq_resource_booking_usage_fact_id"),
        # Two requests can find the time free together; only the database sees both.
        ExcludeConstraint(
            ("resource_id", "="),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            name=NO_OVERLAP,
            using="gist",
            where=text("state <> 'cancelled'"),
        ),
        Index("ix_resource_booking_user_org_id", "user_org_id"),
        # Uses that no fact tells yet; none, once the clerk has been.
        Index(
            "ix_resource_booking_untold",
            "id",
            postgresql_where=text("state = 'used' AND usage_fact_id IS NULL"),
        ),
        Index(
            "ix_resource_booking_to_come", "starts_at", postgresql_where=text("state = 'booked'")
        ),
        {"info": resource("resource_booking", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    resource_id: UUID = Field(foreign_key="shared_resource.id")
    user_org_id: UUID = Field(foreign_key="organization.id")
    person_id: UUID
    starts_at: datetime = Field(sa_type=InstantColumn)
    ends_at: datetime = Field(sa_type=InstantColumn)
    purpose: str | None = None
    state: BookingState = Field(
        default=BookingState.BOOKED, sa_column=Column(EnumText(BookingState), nullable=False)
    )
    used_minutes: int | None = None
    fee_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    reason: str | None = None
    # What its use says of the centre; a correction of the use follows it (A062).
    usage_fact_id: UUID | None = Field(default=None, foreign_key="fact.id")
    booked_at: datetime = Field(sa_type=InstantColumn)


class ServiceOffering(Base, table=True):
    """A service of the catalogue that a centre offers, and the paper that it rests on (A040)."""

    __tablename__ = "service_offering"
    __table_args__ = (
        Index("ix_service_offering_center_id", "center_id"),
        Index("ix_service_offering_code_id", "code", "id"),
        Index(
            "ix_service_offering_search_key",
            "search_key",
            postgresql_using="gin",
            postgresql_ops={"search_key": "gin_trgm_ops"},
        ),
        {"info": resource("service_offering", Audience.MEMBERS, withheld=("search_key",))},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    org_id: UUID = Field(foreign_key="organization.id")
    code: ServiceCode = Field(sa_column=Column(EnumText(ServiceCode), nullable=False))
    title: str
    description: str | None = None
    price_note: str | None = None
    qualification_id: UUID | None = Field(
        default=None, foreign_key="organization_qualification.id", index=True
    )
    is_open: bool = True
    search_key: str


meaning(NO_OVERLAP, SHARING, "BOOKING_OVERLAP")
