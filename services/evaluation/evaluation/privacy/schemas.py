"""What is kept of a person, on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from evaluation.privacy.rules import SensitiveKind
from shared.http.schemas import Body, Digest, Instant, LongText, Out, ShortText

ValueText = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class SeparateConsentIn(Body):
    """A consent to one kind of data alone."""

    agreed: Literal[True] = Field(description="Nothing else is a consent.")
    purpose: ShortText = Field(description="What the data is for.")
    notice_sha256: Digest = Field(description="SHA-256 of the text that the person was shown.")


class SensitiveDataIn(Body):
    """A value that an expert gives of himself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "value": "6200000000000000003",
                    "consent": {
                        "agreed": True,
                        "purpose": "支付评审费",
                        "notice_sha256": "9f" * 32,
                    },
                }
            ]
        }
    )

    value: ValueText = Field(description="The value. Sensitive personal data.")
    consent: SeparateConsentIn | None = Field(
        default=None, description="Needed the first time; given again, it takes the former's place."
    )


class SensitiveDataOut(Out):
    """A value as it may be shown."""

    kind: SensitiveKind = Field(description="What it is.")
    masked: str = Field(description="Its last digits.")
    value: str | None = Field(default=None, description="The whole, for the expert himself only.")
    consent_id: UUID = Field(description="The consent that it is kept by.")
    updated_at: Instant = Field(description="When it was given.")


class ConsentOut(Out):
    """A consent, standing or withdrawn."""

    id: UUID = Field(description="Names the consent.")
    kind: SensitiveKind = Field(description="What it is about.")
    purpose: str = Field(description="What the data is for.")
    notice_sha256: str = Field(description="SHA-256 of the text that was shown.")
    given_at: Instant = Field(description="When it was given.")
    withdrawn_at: Instant | None = Field(description="When it was withdrawn or replaced.")


class DisclosureItemOut(Out):
    """That an official asked to see a value whole."""

    kind: SensitiveKind = Field(description="What he asked for.")
    reason: str = Field(description="Why.")
    asked_at: Instant = Field(description="When.")


class KeptOfPersonOut(Out):
    """Everything sensitive that is kept of an expert, and what was done with it."""

    items: list[SensitiveDataOut] = Field(description="What he gave.")
    consents: list[ConsentOut] = Field(description="What he agreed to, oldest first.")
    disclosures: list[DisclosureItemOut] = Field(description="Who asked, newest first.")


class DisclosureIn(Body):
    """Why an official must see a value whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "支付2027年评审费"}]})

    reason: LongText = Field(description="The reason; the expert sees it.")


class DisclosureOut(Out):
    """A disclosure: the value is read at its address while it lasts."""

    id: UUID = Field(description="Names the disclosure.")
    until: Instant = Field(description="When it ends.")


class DisclosedValueOut(Out):
    """A value, whole."""

    kind: SensitiveKind = Field(description="What it is.")
    value: str = Field(description="The value. Sensitive personal data.")


class NameCorrectionIn(Body):
    """The right name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "林一舟"}]})

    name: ShortText = Field(description="The full name. Personal data.")
