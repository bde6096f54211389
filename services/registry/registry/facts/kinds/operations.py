"""How a centre runs: its sites, its business, what it learned and what it keeps to itself."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from registry.facts.kinds.common import FactPayload, UsccField
from registry.facts.rules import FactKind
from shared.http.schemas import Code, Day, Earning, LongText, ShortText


class SitePayload(FactPayload):
    """A site for research or application (A009)."""

    KIND = FactKind.SITE
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "name": "张江中试线（示例）",
        "address": "示例路 1 号",
        "region_code": "310115",
        "purpose": "pilot_line",
    }

    name: ShortText = Field(description="What it is called.")
    address: ShortText = Field(description="Where it is.")
    region_code: Code = Field(description="Its district, GB/T 2260.")
    purpose: Literal["research", "pilot_line", "testing", "application", "training"] = Field(
        description="A code of the table `site-purposes`."
    )
    closed_on: Day | None = Field(default=None, description="The last day of its use.")


class BusinessModelPayload(FactPayload):
    """Work on a new business model; it says which link of the chain it serves (A004)."""

    KIND = FactKind.BUSINESS_MODEL
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "title": "设备共享按时计费（示例）",
        "description": "成员单位预付机时，非成员单位按小时计费。",
    }

    title: ShortText = Field(description="What is new.")
    description: LongText = Field(description="How it works, and for whom.")
    income: Earning | None = Field(default=None, description="What it brought so far.")


class OperatingActivityPayload(FactPayload):
    """What a centre does in the market on its own account (A087)."""

    KIND = FactKind.OPERATING_ACTIVITY
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "activity": "sale",
        "title": "键合设备小批量销售（示例）",
        "amount": {"amount": 12_000_000, "currency": "CNY"},
    }

    activity: Literal[
        "sale", "lease", "consulting", "investment", "procurement", "recruitment", "other"
    ] = Field(description="A code of the table `operating-activities`.")
    title: ShortText = Field(description="What was done.")
    counterparty_uscc: UsccField | None = Field(default=None, description="With whom.")
    amount: Earning | None = Field(default=None, description="What was paid for it.")


class LessonPayload(FactPayload):
    """What a pilot learned, with what follows from it (A073)."""

    KIND = FactKind.LESSON
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "theme": "operation_management",
        "lesson": "机时预约须提前三日确认，否则空置率高。",
        "measure": "修改共享管理办法（示例）",
    }

    theme: Literal["internal_organization", "operation_management", "investment_financing"] = Field(
        description="What the pilot tries out (A103)."
    )
    lesson: LongText = Field(description="What was learned.")
    measure: ShortText | None = Field(default=None, description="What was changed for it.")


class IntelligenceReportPayload(FactPayload):
    """A report on competitors' technology; it never leaves the centre and its officials (A152)."""

    KIND = FactKind.INTELLIGENCE_REPORT
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "title": "海外键合设备专利动向（示例）",
        "confidentiality": "restricted",
        "summary": "三家厂商的布局集中于对准与退火。",
    }

    title: ShortText = Field(description="What it is about.")
    confidentiality: Literal["internal", "restricted"] = Field(
        description="`internal`: for the centre's organizations; `restricted`: for who posted it "
        "and who runs the centre. Officials see both."
    )
    summary: LongText = Field(description="What it says.")
