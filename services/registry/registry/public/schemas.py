"""What anyone may read; money and scores have no field here."""

from datetime import date

from pydantic import Field

from registry.reports.schemas import TargetProgressOut
from shared.http.schemas import Out


class PublicMemberOut(Out):
    """An organization of a centre."""

    name: str = Field(description="Its registered name.")
    role: str = Field(description="What it is in the centre.")


class PublicCenterOut(Out):
    """A listed centre."""

    code: str = Field(description="Its code.", examples=["C01"])
    name: str = Field(description="Its name.")
    model_type: str = Field(description="Who leads it.")
    field_codes: list[str] = Field(description="Its fields, as in `/v1/registry/fields`.")
    stage: str = Field(description="Where it stands.")
    level: str = Field(description="On whose list it stands.")
    listed_on: date = Field(description="The day of its listing.")
    listing_doc_no: str | None = Field(description="The document that listed it.")
    members: list[PublicMemberOut] = Field(description="Its members today.")


class PublicCenterListOut(Out):
    """Every listed centre, for those who keep a copy."""

    on: date = Field(description="The day for which members are given.")
    centers: list[PublicCenterOut] = Field(description="In the order of listing.")


class CountOut(Out):
    """A word and how many there are."""

    code: str = Field(description="A code of its code table.")
    count: int = Field(description="How many.")


class FieldCountOut(CountOut):
    """A field and how many centres name it."""

    name_zh: str = Field(description="Chinese name.")
    name_en: str = Field(description="English name.")


class StatisticsOut(Out):
    """Figures of the programme (A014, A015)."""

    on: date = Field(description="The day for which they hold.")
    targets: list[TargetProgressOut] = Field(description="How many are aimed at, and how far.")
    centers: int = Field(description="Listed centres.")
    members: int = Field(description="Organizations that are members of one or more.")
    facts: int = Field(
        description="Facts recorded at listed centres, each once however often it was corrected."
    )
    by_stage: list[CountOut] = Field(description="Centres by stage.")
    by_model: list[CountOut] = Field(description="Centres by model.")
    by_field: list[FieldCountOut] = Field(description="Centres by field; one may name several.")
    by_region: list[CountOut] = Field(description="Members by province, first two digits.")
