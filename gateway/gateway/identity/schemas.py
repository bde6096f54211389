"""What goes over the wire about people and programs."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from gateway.identity import networks
from gateway.identity.rules import ClientRole, Duty
from shared.http.expected import unfit
from shared.http.schemas import Body, Out, ShortText

ORG = "019b2f6e-0000-7000-8000-000000000001"
PERSON = "019b2f6e-0000-7000-8000-000000000002"


class PersonRef(Body):
    """The person for whom a program speaks: one who is known, or a new one by name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "周启明"}]})

    id: UUID | None = Field(default=None, description="A person who is registered already.")
    name: ShortText | None = Field(default=None, description="The name of a new person.")

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        """Refuse neither and both."""
        if (self.id is None) == (self.name is None):
            raise unfit("either id or name", "id 与 name 应给出其中一个")
        return self


class PersonIn(Body):
    """A person to register before any program speaks for him or her."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "沈知衡"}]})

    name: ShortText = Field(description="Kept in one place, from which it can be erased.")


class PersonOut(Out):
    """A registered person."""

    id: UUID = Field(description="Names the person everywhere; `sub` of his or her tokens.")
    name: str = Field(description="The name.")


def _network(text: str) -> str:
    try:
        return networks.network_of(text)
    except ValueError:
        raise unfit(
            "a network such as 203.0.113.0/24 or 2001:db8::/48, without bits behind it",
            "应为网段，如 203.0.113.0/24 或 2001:db8::/48，主机位为零",
        ) from None


Networks = Annotated[
    list[
        Annotated[
            str,
            StringConstraints(pattern=r"^[0-9A-Fa-f:./]{2,43}$"),
            AfterValidator(_network),
        ]
    ],
    Field(max_length=networks.MOST),
]


class ClientIn(Body):
    """A program to register."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "C11 运营系统", "org_id": ORG, "person": {"name": "周启明"}},
            ]
        }
    )

    name: ShortText = Field(description="What the program is, for people who read lists.")
    org_id: UUID | None = Field(
        default=None, description="The organization it speaks for; officials and experts have none."
    )
    person: PersonRef = Field(description="The person who answers for what it does.")
    roles: Annotated[list[ClientRole], Field(min_length=1, max_length=4)] = Field(
        default=[ClientRole.MEMBER], description="Only an admin gives others than `member`."
    )
    duties: Annotated[list[Duty], Field(max_length=7)] = Field(
        default=[],
        description="Duties of an official, or `finance` of an agency; only an admin gives them.",
    )
    expert_id: UUID | None = Field(
        default=None, description="The person's entry in the pool of experts, with role `expert`."
    )
    networks: Networks = Field(
        default=[],
        description="From where it may speak, as networks (CIDR); none means from anywhere.",
    )


class ClientNetworksIn(Body):
    """From where a program may speak from now on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"networks": ["203.0.113.0/24", "2001:db8:5::/48"]}]}
    )

    networks: Networks = Field(
        description="All of them, as networks (CIDR); none means from anywhere."
    )


class ClientNetworksOut(Out):
    """From where a program may speak."""

    client_id: str = Field(description="What the program calls itself at `/oauth/token`.")
    networks: list[str] = Field(description="The networks, in order; none means anywhere.")


class ClientCreatedOut(Out):
    """A new program and its secret, which is shown this once."""

    id: UUID = Field(description="The registration.")
    client_id: str = Field(description="What the program calls itself at `/oauth/token`.")
    client_secret: str = Field(description="Keep it: it is stored nowhere.")
    sub: UUID = Field(description="The person for whom the program speaks.")
    org_id: UUID | None = Field(description="The organization it speaks for.")


Coordinate = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class ClientKeyIn(Body):
    """A public key (RFC 7517) by which a program proves itself instead of by a secret."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kty": "EC",
                    "crv": "P-256",
                    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
                    "kid": "2026-1",
                }
            ]
        }
    )

    kty: Literal["EC"] = Field(description="Key type.")
    crv: Literal["P-256"] = Field(description="Curve.")
    x: Coordinate = Field(description="First coordinate, base64url without padding.")
    y: Coordinate = Field(description="Second coordinate.")
    kid: KeyId = Field(description="What the header of each assertion names it by.")


class ClientKeyOut(Out):
    """A public key of a program."""

    key_id: str = Field(description="`kid` in the header of its assertions.")
    created_at: datetime = Field(description="When it was registered, in real time.")
    ended_at: datetime | None = Field(description="When it was ended.")


class ClientKeysOut(Out):
    """Every key that a program had, newest first."""

    items: list[ClientKeyOut] = Field(description="The keys.")


class ClientOut(Out):
    """A registered program."""

    id: UUID = Field(description="The registration.")
    client_id: str = Field(description="What the program calls itself at `/oauth/token`.")
    name: str = Field(description="What the program is.")
    sub: UUID = Field(description="The person for whom the program speaks.")
    person_name: str | None = Field(description="His or her name, unless it was erased.")
    org_id: UUID | None = Field(description="The organization it speaks for.")
    roles: list[str] = Field(description="Roles that hold today.")
    duties: list[str] = Field(description="Duties that hold today.")
    expert_id: UUID | None = Field(description="The person's entry in the pool of experts.")
    networks: list[str] = Field(description="From where it may speak; none means anywhere.")
    created_at: datetime = Field(description="When it was registered, in real time.")
    deactivated_at: datetime | None = Field(description="When it was ended.")


class MeOut(Out):
    """Who the bearer of this token is."""

    sub: UUID = Field(description="The person.")
    name: str | None = Field(description="His or her name, unless it was erased.")
    roles: list[str] = Field(description="Roles in this token.")
    duties: list[str] = Field(description="Duties in this token.")
    org_id: UUID | None = Field(description="The organization spoken for.")
    center_ids: list[UUID] = Field(description="Centres that the organization has a part in.")
    expert_id: UUID | None = Field(description="The person's entry in the pool of experts.")
