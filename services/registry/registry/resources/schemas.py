"""Resources, bookings and services on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.resources.rules import BookingState, ResourceType, ServiceCode, SharingScope
from registry.resources.tables import ResourceBooking, ServiceOffering, SharedResource
from shared.http.schemas import (
    Body,
    CheckOut,
    Earning,
    Instant,
    LongText,
    Money,
    Out,
    ShortText,
    fen,
)

SearchText = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Minutes = Annotated[int, Field(strict=True, gt=0, le=527_040)]


class ResourceIn(Body):
    """Something that an organization of a centre shares (A022)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": "019a0000-0000-7000-8000-000000000001",
                    "resource_type": "instrument",
                    "name": "晶圆缺陷检测机（示例）",
                    "scope": "members",
                    "terms": "工作日预约，使用人须经培训",
                    "fee_per_hour": {"amount": 80000, "currency": "CNY"},
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre at which it is shared.")
    org_id: UUID | None = Field(
        default=None, description="Whose it is; one's own organization's, if left out."
    )
    resource_type: ResourceType = Field(description="One of the ten types.")
    name: ShortText = Field(description="What it is called.")
    description: LongText | None = Field(default=None, description="What it does.")
    scope: SharingScope = Field(
        default=SharingScope.MEMBERS, description="`members` of the centre, or the `public`."
    )
    terms: LongText = Field(description="On which terms it may be used.")
    fee_per_hour: Earning | None = Field(
        default=None, description="What an hour costs; none: free of charge."
    )
    is_open: bool = Field(default=True, description="Whether it can be booked.")

    def values(self) -> dict[str, Any]:
        """Give the fields as they are stored: the fee in 分."""
        return {
            **self.model_dump(exclude={"center_id", "org_id", "fee_per_hour"}),
            "fee_per_hour_fen": None if self.fee_per_hour is None else self.fee_per_hour.amount,
        }


class ResourcePatch(Body):
    """What is otherwise now about a resource; a field left out or null stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"scope": "public", "is_open": False}]}
    )

    name: ShortText | None = Field(default=None, description="What it is called.")
    description: LongText | None = Field(default=None, description="What it does.")
    scope: SharingScope | None = Field(default=None, description="With whom it is shared.")
    terms: LongText | None = Field(default=None, description="On which terms.")
    fee_per_hour: Earning | None = Field(default=None, description="What an hour costs.")
    is_open: bool | None = Field(default=None, description="Whether it can be booked.")

    def values(self) -> dict[str, Any]:
        """Give what was sent, as it is stored."""
        sent = self.model_dump(exclude_none=True, exclude={"fee_per_hour"})
        if self.fee_per_hour is not None:
            sent["fee_per_hour_fen"] = self.fee_per_hour.amount
        return sent


class ResourceOut(Out):
    """A shared resource."""

    id: UUID = Field(description="The resource's id.")
    version: int = Field(description="Rises with each change; the ETag.")
    center_id: UUID = Field(description="The centre at which it is shared.")
    org_id: UUID = Field(description="Whose it is.")
    resource_type: ResourceType = Field(description="One of the ten types.")
    name: str = Field(description="What it is called.")
    description: str | None = Field(description="What it does.")
    scope: SharingScope = Field(description="With whom it is shared.")
    terms: str = Field(description="On which terms it may be used.")
    fee_per_hour: Money | None = Field(description="What an hour costs; none: free of charge.")
    is_open: bool = Field(description="Whether it can be booked.")

    @classmethod
    def of(cls, row: SharedResource) -> "ResourceOut":
        """Show a stored resource."""
        fee = None if row.fee_per_hour_fen is None else fen(row.fee_per_hour_fen)
        return cls(fee_per_hour=fee, **row.model_dump(exclude={"fee_per_hour_fen", "search_key"}))


class BookingIn(Body):
    """A time for which a resource is wanted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "starts_at": "2026-02-02T01:00:00Z",
                    "ends_at": "2026-02-02T05:30:00Z",
                    "purpose": "键合样片检测",
                }
            ]
        }
    )

    starts_at: Instant = Field(description="The first instant.")
    ends_at: Instant = Field(description="The first instant after it; another may begin then.")
    purpose: ShortText | None = Field(default=None, description="What for.")


class BookingCancelIn(Body):
    """Why a booking is given up."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "试验延期"}]})

    reason: ShortText = Field(description="Why.")


class UsageIn(Body):
    """How long a resource was really used."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"used_minutes": 255}]})

    used_minutes: Minutes = Field(description="Whole minutes.")


class UsageCorrectionIn(UsageIn):
    """How long a resource was really used, after it was logged otherwise."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"used_minutes": 240, "reason": "设备日志复核"}]}
    )

    reason: ShortText = Field(description="Why what was logged was wrong.")


class BookingOut(Out):
    """A booking, and what it came to."""

    id: UUID = Field(description="The booking's id.")
    version: int = Field(description="Rises with each change.")
    resource_id: UUID = Field(description="What is booked.")
    user_org_id: UUID = Field(description="For whom.")
    starts_at: datetime = Field(description="The first instant.")
    ends_at: datetime = Field(description="The first instant after it.")
    purpose: str | None = Field(description="What for.")
    state: BookingState = Field(description="Where it stands.")
    used_minutes: int | None = Field(description="How long it was really used.")
    fee: Money = Field(description="What it costs; of what was used, once that is logged.")
    reason: str | None = Field(description="Why it was cancelled.")
    usage_fact_id: UUID | None = Field(description="The fact that tells its use.")
    booked_at: datetime = Field(description="When it was made.")

    @classmethod
    def of(cls, row: ResourceBooking) -> "BookingOut":
        """Show a stored booking."""
        return cls(fee=fen(row.fee_fen), **row.model_dump(exclude={"fee_fen", "person_id"}))


class BusyTimeOut(Out):
    """A time that is taken; by whom is not said."""

    starts_at: datetime = Field(description="The first instant.")
    ends_at: datetime = Field(description="The first instant after it.")


class OfferingIn(Body):
    """A service of the catalogue that a centre offers (A040)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": "019a0000-0000-7000-8000-000000000001",
                    "code": "inspection_testing",
                    "title": "晶圆级可靠性试验（示例）",
                    "price_note": "按样片计价，面议",
                    "qualification_id": "019a0000-0000-7000-8000-000000000099",
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre that offers it.")
    org_id: UUID | None = Field(
        default=None, description="Who renders it; one's own organization, if left out."
    )
    code: ServiceCode = Field(description="A code of the table `service-catalog`.")
    title: ShortText = Field(description="What it is called.")
    description: LongText | None = Field(default=None, description="What it comprises.")
    price_note: ShortText | None = Field(default=None, description="How its price is found.")
    qualification_id: UUID | None = Field(
        default=None, description="The paper that it rests on; without it in force it is hidden."
    )
    is_open: bool = Field(default=True, description="Whether it is offered now.")

    def values(self) -> dict[str, Any]:
        """Give the fields as they are stored."""
        return self.model_dump(exclude={"center_id", "org_id"})


class OfferingPatch(Body):
    """What is otherwise now about an offering; a field left out or null stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_open": False}]})

    title: ShortText | None = Field(default=None, description="What it is called.")
    description: LongText | None = Field(default=None, description="What it comprises.")
    price_note: ShortText | None = Field(default=None, description="How its price is found.")
    qualification_id: UUID | None = Field(default=None, description="The paper it rests on.")
    is_open: bool | None = Field(default=None, description="Whether it is offered now.")

    def values(self) -> dict[str, Any]:
        """Give what was sent."""
        return self.model_dump(exclude_none=True)


class OfferingOut(Out):
    """A service that a centre offers."""

    id: UUID = Field(description="The offering's id.")
    version: int = Field(description="Rises with each change; the ETag.")
    center_id: UUID = Field(description="The centre that offers it.")
    org_id: UUID = Field(description="Who renders it.")
    code: ServiceCode = Field(description="A code of the table `service-catalog`.")
    title: str = Field(description="What it is called.")
    description: str | None = Field(description="What it comprises.")
    price_note: str | None = Field(description="How its price is found.")
    qualification_id: UUID | None = Field(description="The paper that it rests on.")
    is_open: bool = Field(description="Whether it is offered now.")
    shown: bool = Field(
        description="Whether everyone sees it: open, its centre standing, its paper in force."
    )
    warnings: list[CheckOut] = Field(default_factory=list, description="What to look at.")

    @classmethod
    def of(
        cls, row: ServiceOffering, *, shown: bool, warnings: Sequence[CheckOut] = ()
    ) -> "OfferingOut":
        """Show a stored offering."""
        return cls(shown=shown, warnings=list(warnings), **row.model_dump(exclude={"search_key"}))


class PublicResourceOut(Out):
    """What anyone may read of a resource that is shared with everyone (A072)."""

    center_code: str = Field(description="The centre's code.", examples=["C01"])
    center_name: str = Field(description="The centre's name.")
    resource_type: ResourceType = Field(description="One of the ten types.")
    name: str = Field(description="What it is called.")
    description: str | None = Field(description="What it does.")
    terms: str = Field(description="On which terms it may be used.")


class PublicServiceOut(Out):
    """What anyone may read of a service that a centre offers (A040)."""

    center_code: str = Field(description="The centre's code.", examples=["C01"])
    center_name: str = Field(description="The centre's name.")
    code: ServiceCode = Field(description="A code of the table `service-catalog`.")
    title: str = Field(description="What it is called.")
    description: str | None = Field(description="What it comprises.")
    price_note: str | None = Field(description="How its price is found.")
