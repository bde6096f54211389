"""A request as its caller sees it afterwards."""

from datetime import datetime

from pydantic import Field

from shared.http.schemas import Out


class RequestOut(Out):
    """One request; its body and its query are not kept."""

    request_id: str = Field(description="As it stood in `X-Request-Id`.")
    at: datetime = Field(description="When it was answered, in real time.")
    method: str = Field(description="The method.", examples=["POST"])
    path: str = Field(description="The path, without its query.", examples=["/v1/registry/facts"])
    service: str = Field(description="Who answered.", examples=["registry"])
    status: int = Field(description="The answer's status.", examples=[201])
    milliseconds: int = Field(description="How long it took at the door.", examples=[12])
