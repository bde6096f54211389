"""What the gateway says about itself."""

from pydantic import Field

from shared.http.schemas import Out


class WelcomeOut(Out):
    """Where to go on from here."""

    name: str = Field(default="Zhichuang 制创", description="What this is.")
    openapi: str = Field(default="/openapi.json", description="Every operation.")
    token: str = Field(default="/oauth/token", description="Where to get a token.")
    keys: str = Field(default="/.well-known/jwks.json", description="Keys that verify tokens.")


class ReadyOut(Out):
    """Whether the gateway can do its work."""

    status: str = Field(default="ok", description="`ok`.")
