"""A centre's year as its member posts it: what lies behind each figure of the vector.

The clients of a service are organizations of the register, since whether one is small or a member is
read from there and never from a payload.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from shared.codes.patents import check_character
from shared.codes.uscc import check_character as uscc_check_character

CHARSET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
YEAR: Final = 2027
BODY_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)  # Of the organization code inside (GB 11714).
NON_MEMBER_CLIENTS: Final = 94
SME_RECORDS: Final = 42
ASSET_KINDS: Final = (("invention", 15), ("ic_layout", 2), ("utility", 8), ("software", 4))


def fictional_uscc(prefix: str, number: int) -> str:
    """Make a code that no real organization has: its body begins with FAKE, both checks hold."""
    digits = ""
    for _ in range(4):
        number, rest = divmod(number, len(CHARSET))
        digits = CHARSET[rest] + digits
    body = f"FAKE{digits}"
    total = sum(int(c, 36) * w for c, w in zip(body, BODY_WEIGHTS, strict=True))
    first = f"{prefix}{body}{'0123456789X0'[11 - total % 11]}"
    return first + uscc_check_character(first)


def patent_number(kind: int, serial: int, year: int = YEAR) -> str:
    """Make an application number with its check digit."""
    digits = f"{year}{kind}{serial % 10_000_000:07d}"
    return f"{digits}.{check_character(digits)}"


def ndjson(rows: Sequence[dict[str, Any]]) -> bytes:
    """Write rows as NDJSON."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def yuan(amount: int) -> dict[str, Any]:
    """Write whole 元 as money."""
    return {"amount": amount * 100, "currency": "CNY"}


class Year:
    """The records of 2027 of one centre, under numbers that no other run has used."""

    def __init__(
        self, center_id: str, run: int, members: Sequence[str], clients: Sequence[str]
    ) -> None:
        """Take the centre, the run's number, two member codes and the codes of other clients."""
        self.center_id = center_id
        self.run = run
        self.members = members
        self.clients = clients

    def facts(self) -> list[dict[str, Any]]:
        """Give the facts of the registry, and one row of an unknown kind."""
        rows = [
            self._fact(kind, day, payload, index)
            for index, (kind, day, payload) in enumerate(self._happened())
        ]
        return [*rows, self._fact("moon_landing", "2027-07-20", {"crew": 3}, 9999)]

    def _fact(self, kind: str, day: str, payload: dict[str, Any], index: int) -> dict[str, Any]:
        return {
            "center_id": self.center_id,
            "kind": kind,
            "occurred_on": day,
            "external_id": f"demo-{self.run}-fact-{index}",
            "payload": payload,
            "evidence": [],
        }

    def _happened(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for number in range(2):
            yield "breakthrough", f"2027-0{number + 4}-15", {
                "technology": f"共性关键技术{number + 1}", "verified_by_uscc": self.clients[number],
            }  # fmt: skip
        for level, standard in (
            ("international", "IEC 0001-2027（示例）"),
            ("national", "GB/T 00001-2027（示例）"),
        ):
            yield "standard", "2027-09-01", {"level": level, "part": "lead", "number": standard}
        for number in range(2):
            yield (
                "incubation",
                "2027-05-10",
                {"uscc": self.clients[10 + number], "alive_on": "2027-12-31"},
            )
        yield "first_commercialization", "2027-08-18", {
            "product": "原子层沉积前驱体输送系统", "first_sale_on": "2027-08-18",
        }  # fmt: skip
        yield from self._services()
        for quarter in range(4):
            yield "resource_usage", f"2027-{3 * quarter + 2:02d}-28", {
                "resource_id": f"line-{quarter}", "hours": "500", "shared_hours": "125",
            }  # fmt: skip
        for number in range(3):
            yield (
                "talent",
                "2027-03-01",
                {"category": "leading", "person_ref": f"talent-{self.run}-{number}"},
            )
        for person_times in (150, 160, 100):
            yield "training", "2027-06-15", {"person_times": person_times}
        for partner, country in (
            ("IMEC（示例）", "BE"),
            ("Fraunhofer（示例）", "DE"),
            ("AIST（示例）", "JP"),
        ):
            yield "international_project", "2027-02-20", {"partner": partner, "country": country}
        yield "international_node", "2027-10-10", {"kind": "overseas_node", "place": "Leuven"}

    def _services(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Serve 96 enterprises in 100 records: 42 to small ones, 30 % of the income from outside."""
        # Two members have three records each; ten times their income stays in the centre.
        for number in range(6):
            yield self._service(self.members[number % 2], 116_666 if number else 116_670)
        for client in self.clients[:NON_MEMBER_CLIENTS]:
            yield self._service(client, 3_191 if client != self.clients[0] else 3_237)

    def _service(self, client: str, amount: int) -> tuple[str, str, dict[str, Any]]:
        payload = {
            "client_uscc": client,
            "catalog_code": "pilot_test",
            "amount": yuan(amount),
        }
        return "service", "2027-06-30", payload

    def contracts(self) -> list[dict[str, Any]]:
        """Give 24 commissioned contracts over 52 million, 41 million of it registered, and a bad row.

        One is large enough for the expert review of its registration, one is not registered.
        """
        rows = [self._contract(index, 2_000_000, 1_600_000) for index in range(22)]
        rows.append(self._contract(22, 2_000_000, 1_500_000, registered=False))
        rows.append(self._contract(23, 6_000_000, 5_800_000))
        broken = self._contract(24, 1_000_000, 900_000)
        return [*rows, {**broken, "registration_no": "26-31"}]

    def _contract(
        self, index: int, amount: int, technology: int, *, registered: bool = True
    ) -> dict[str, Any]:
        row: dict[str, Any] = {
            "center_id": self.center_id,
            "kind": "development",
            "role": "seller",
            "counterparty": {"uscc": self.clients[index]},
            "is_commissioned_rd": True,
            "contract_amount": yuan(amount),
            "tech_transaction_amount": yuan(technology),
            "signed_on": f"2027-{index % 12 + 1:02d}-12",
            "external_id": f"demo-{self.run}-contract-{index}",
        }
        if registered:
            serial = (self.run * 30 + index) % 1_000_000
            row |= {"registration_no": f"27310001{serial:06d}", "registered_on": "2027-12-20"}
        return row

    def assets(self) -> list[dict[str, Any]]:
        """Give what was granted or registered: 18.4 equivalents; and two filings abroad."""
        rows: list[dict[str, Any]] = []
        for kind, count in ASSET_KINDS:
            rows.extend(self._asset(kind, len(rows) + place) for place in range(count))
        for place, jurisdiction in enumerate(("PCT", "US")):
            rows.append(self._abroad(len(rows), jurisdiction, place))
        return rows

    def _asset(self, kind: str, index: int) -> dict[str, Any]:
        serial = self.run * 40 + index
        numbers = {
            "invention": patent_number(1, serial, 2026),
            "utility": patent_number(2, serial, 2026),
            "software": f"2027SR{serial % 10_000_000:07d}",
            "ic_layout": f"BS.27{serial % 10_000_000:07d}",
        }
        day = (
            {"granted_on": "2027-11-05"}
            if kind in {"invention", "utility"}
            else {"registered_on": "2027-10-08"}
        )
        return {
            "center_id": self.center_id,
            "kind": kind,
            "title": f"共性技术成果 {index + 1}",
            "number": numbers[kind],
            "filed_on": "2026-06-18",
            "background": False,
            "inventors": [],
            **day,
        }

    def _abroad(self, index: int, jurisdiction: str, place: int) -> dict[str, Any]:
        serial = self.run * 40 + index
        return {
            "center_id": self.center_id,
            "kind": "invention",
            "title": f"海外布局 {place + 1}",
            "number": f"{jurisdiction}2027{serial % 1_000_000:06d}",
            "jurisdiction": jurisdiction,
            "filed_on": "2027-04-22",
            "background": False,
            "inventors": [],
        }
