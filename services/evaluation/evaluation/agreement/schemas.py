"""Agreement on the wire: text for every figure, as floats would show their last digits."""

from uuid import UUID

from pydantic import Field

from shared.http.schemas import Out


class FigureOut(Out):
    """A figure with its 90 % interval, where there is one."""

    value: str | None = Field(description="The figure; none where nothing can be paired.")
    low: str | None = Field(description="The lower end of its 90 % interval, by bootstrap.")
    high: str | None = Field(description="The upper end.")


class IndicatorAgreementOut(Out):
    """Agreement on one indicator."""

    indicator: str = Field(description="The indicator; `*` is the mean of each sheet.")
    sheets: int = Field(description="How many sheets count.")
    cases: int = Field(description="How many cases they judge.")
    alpha: FigureOut = Field(description="Krippendorff's alpha, interval level.")
    icc_single: FigureOut = Field(description="ICC(1,1): one expert alone.")
    icc_panel: FigureOut = Field(description="ICC(1,k): the mean of a panel.")


class ExpertEffectOut(Out):
    """How an expert leans against those beside him."""

    expert_id: UUID = Field(description="The expert.")
    sheets: int = Field(description="How many sheets it rests on.")
    effect: str = Field(description="Points above the others, shrunken where sheets are few.")


class ExpertAgreementOut(Out):
    """How far the experts of a cycle agree. It informs, and changes no points."""

    cycle_id: UUID = Field(description="The cycle.")
    indicators: list[IndicatorAgreementOut] = Field(description="By indicator, `*` first.")
    effects: list[ExpertEffectOut] = Field(description="Leanings of experts.")
    outlying_sheets: list[UUID] = Field(description="Sheets far from those beside them.")
    groups: list[list[UUID]] = Field(
        description="Cases whose panels share experts; ranks do not compare across groups."
    )
