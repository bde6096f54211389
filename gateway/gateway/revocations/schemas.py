"""What the list looks like on the wire."""

from pydantic import ConfigDict, Field

from shared.http.schemas import Out


class RevocationListOut(Out):
    """The list of revoked tokens, signed with a published key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"list": "eyJhbGciOiJFUzI1NiIs…", "version": "4f53cda18c2baa0c"}]
        }
    )

    list: str = Field(
        description="A JWT of type `revocations+jwt`: `tokens` (ids), and `clients` and `people` "
        "with the second up to which their tokens have ended."
    )
    version: str = Field(description="Changes when what is revoked changes; unsigned.")
