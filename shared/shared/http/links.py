"""The way to the rest of a list (RFC 8288)."""

from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

NEXT: Final = "next"
# What may stand in a path as it is.
PLAIN: Final = "/:@!$&'()*+,;=~-._"


def to_next(path: str, query: str, cursor: str) -> str:
    """Give the `Link` to the next page: the same question, from where this page ends.

    `path` is decoded and `query` as it was sent; the link is relative to the address that was
    called, whatever stands before us.
    """
    asked = parse_qsl(query, keep_blank_values=True)
    further = [*(one for one in asked if one[0] != "cursor"), ("cursor", cursor)]
    return f'<{quote(path, safe=PLAIN)}?{urlencode(further)}>; rel="{NEXT}"'
