"""Templates on the wire."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from ip_ledger.templates.rules import Language, State
from shared.http.schemas import Body, Code, LongText, Out, ShortText

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
TemplateText = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
MOST_FIELDS: Final = 100


class TemplateFieldIn(Body):
    """A blank of the text."""

    name: FieldName = Field(description="Its name: `{{name}}` in the text.")
    label: ShortText = Field(description="What to call it in a form.")
    hint: ShortText | None = Field(default=None, description="What to fill in.")


class TemplateIn(Body):
    """A text with blanks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "joint_development",
                    "language": "zh",
                    "title": "共建协议",
                    "body": "甲方：{{party_a}}\n乙方：{{party_b}}\n……",
                    "fields": [
                        {"name": "party_a", "label": "甲方"},
                        {"name": "party_b", "label": "乙方"},
                    ],
                }
            ]
        }
    )

    code: Code = Field(description="What it is called in all versions and languages.")
    language: Language = Field(description="`zh` or `en`.")
    title: ShortText = Field(description="Its title.")
    body: TemplateText = Field(description="The text; blanks are `{{names}}`.")
    fields: list[TemplateFieldIn] = Field(
        default_factory=list, max_length=MOST_FIELDS, description="Exactly its blanks."
    )


class FillingIn(Body):
    """What stands in the blanks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"fields": {"party_a": "（示例）研究院", "party_b": "（示例）公司"}}]
        }
    )

    fields: dict[FieldName, LongText] = Field(
        default_factory=dict, max_length=MOST_FIELDS, description="By the names of the blanks."
    )


class TemplateFieldOut(Out):
    """A blank of the text."""

    name: str = Field(description="Its name.")
    label: str = Field(description="What to call it in a form.")
    hint: str | None = Field(description="What to fill in.")


class TemplateOut(Out):
    """A version of a template in one language."""

    id: UUID = Field(description="The template.")
    code: str = Field(description="What it is called in all versions and languages.")
    language: Language = Field(description="Its language.")
    edition: int = Field(description="Counts the texts under the code in the language, from 1.")
    title: str = Field(description="Its title.")
    body: str = Field(description="The text.")
    body_sha256: str = Field(description="The text's hash, which agreements cite.")
    fields: list[TemplateFieldOut] = Field(description="Its blanks.")
    state: State = Field(description="Only a published one is used.")
    version: int = Field(description="Counts its changes; the ETag.")
    published_at: datetime | None = Field(description="When it was published.")
