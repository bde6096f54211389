"""Rights brought in and licensed to the centre, rights to be filed, and what protects them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from ip_ledger.assets.rules import AssetKind
from ip_ledger.contracts.rules import State as LicenseState
from shared.rules import Check, Kind, Rule

BACKGROUND: Final = Rule("A088", "三(三)2-①")  # 吸收成员单位创新资源和科研成果
LAYOUT: Final = Rule("A026", "二(三)功能二")  # 知识产权战略储备与布局
PROTECTION: Final = Rule("A043", "二(三)功能末段")  # 加强知识产权保护运用
STANDING_LICENSES: Final = frozenset(
    {LicenseState.SIGNED, LicenseState.REGISTERED, LicenseState.PERFORMING}
)


class ProtectionKind(StrEnum):
    """What protects or uses a right."""

    INFRINGEMENT = "infringement"
    INVALIDATION = "invalidation"
    PLEDGE = "pledge"
    INSURANCE = "insurance"


# What is lent or insured against has an amount and a last day.
BY_AMOUNT: Final = frozenset({ProtectionKind.PLEDGE, ProtectionKind.INSURANCE})


def declaration_checks(
    *, is_background: bool, declaring_id: UUID, owners: Collection[UUID]
) -> list[Check]:
    """Check that a member declares what it brought in, and owns."""
    return [
        BACKGROUND.check("NOT_BACKGROUND", Kind.STATE, passed=is_background, pointer="/asset_id"),
        BACKGROUND.check(
            "FORBIDDEN_SCOPE", Kind.SCOPE, passed=declaring_id in owners, pointer="/asset_id"
        ),
    ]


@dataclass(frozen=True, slots=True)
class InLicense:
    """A license by which a declared right may become the centre's to use."""

    asset_id: UUID
    licensor_id: UUID
    licensee_id: UUID | None
    state: LicenseState


def in_license_checks(
    license_: InLicense, asset_id: UUID, declared_by: UUID, operator_id: UUID | None
) -> list[Check]:
    """Check that a standing license gives the declared right to whoever acts for the centre."""
    fits = {
        "asset": license_.asset_id == asset_id,
        "licensor": license_.licensor_id == declared_by,
        "licensee": operator_id is not None and license_.licensee_id == operator_id,
    }
    wrong = [name for name, holds in fits.items() if not holds]
    return [
        BACKGROUND.check(
            "LICENSE_MISMATCH",
            Kind.STATE,
            passed=not wrong,
            pointer="/license_id",
            parts=wrong,
        ),
        BACKGROUND.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=license_.state in STANDING_LICENSES,
            pointer="/license_id",
            state=license_.state.value,
        ),
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """Where rights are wanted: a branch of the technology, a country, a kind of right."""

    branch: str | None
    jurisdiction: str
    kind: AssetKind

    @property
    def order(self) -> tuple[bool, str, str, str]:
        """Sort by branch, what belongs to none last."""
        return (self.branch is None, self.branch or "", self.jurisdiction, self.kind.value)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was planned for a place and what was filed there; `asset_ids` are those filed."""

    place: Place
    planned: int
    asset_ids: Sequence[UUID]


def layout_checks(places: Sequence[Place]) -> list[Check]:
    """Check that a plan names each place once."""
    repeated = [at for at, place in enumerate(places) if place in places[:at]]
    return [
        LAYOUT.check(
            "PLAN_LINE_REPEATED",
            Kind.CONTENT,
            passed=not repeated,
            pointer=f"/lines/{repeated[0]}" if repeated else None,
        )
    ]


def compared(planned: Mapping[Place, int], filed: Iterable[tuple[Place, UUID]]) -> list[Comparison]:
    """Lay what was filed beside what was planned; what nobody planned stands there with nothing."""
    found: dict[Place, list[UUID]] = {place: [] for place in planned}
    for place, asset_id in filed:
        found.setdefault(place, []).append(asset_id)
    return [
        Comparison(place, planned.get(place, 0), found[place])
        for place in sorted(found, key=lambda place: place.order)
    ]


def protection_checks(
    kind: ProtectionKind,
    occurred_on: date,
    until_on: date | None,
    amount_fen: int | None,
    *,
    first_on: date | None,
    today: date,
) -> list[Check]:
    """Check the days of an event, and that a pledge or an insurance has its amount and end."""
    whole = amount_fen is not None and until_on is not None
    return [
        PROTECTION.check(
            "BEFORE_ASSET",
            Kind.CONTENT,
            passed=first_on is None or first_on <= occurred_on,
            pointer="/occurred_on",
            first_on=first_on.isoformat() if first_on else None,
        ),
        PROTECTION.past(occurred_on, today, "/occurred_on"),
        PROTECTION.check(
            "DAYS_REVERSED",
            Kind.CONTENT,
            passed=until_on is None or occurred_on <= until_on,
            pointer="/until_on",
        ),
        PROTECTION.check(
            "PROTECTION_INCOMPLETE",
            Kind.CONTENT,
            passed=kind not in BY_AMOUNT or whole,
            pointer="/amount" if amount_fen is None else "/until_on",
        ),
    ]


def concern_checks(*, is_concerned: bool) -> list[Check]:
    """Check that an owner of the right, or who acts for the centre, reports about it."""
    return [PROTECTION.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=is_concerned)]
