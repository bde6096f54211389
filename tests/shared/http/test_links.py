"""The link to the next page asks the same question, and says it in a form that any client reads."""

from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from shared.http.links import to_next


@pytest.mark.parametrize(
    ("path", "query", "link"),
    [
        ("/v1/a", "", '</v1/a?cursor=c>; rel="next"'),
        ("/v1/a", "limit=2", '</v1/a?limit=2&cursor=c>; rel="next"'),
        ("/v1/a", "cursor=old&limit=2", '</v1/a?limit=2&cursor=c>; rel="next"'),
        ("/v1/a", "kind=x&kind=y&empty=", '</v1/a?kind=x&kind=y&empty=&cursor=c>; rel="next"'),
        ("/v1/中", "", '</v1/%E4%B8%AD?cursor=c>; rel="next"'),
        ("/v1/a>b", "", '</v1/a%3Eb?cursor=c>; rel="next"'),
    ],
)
def test_a_link_keeps_the_question_and_changes_the_place(path: str, query: str, link: str) -> None:
    assert to_next(path, query, "c") == link


@pytest.mark.parametrize("name", ["上海", 'a>; rel="self"', "a&b=c", "a\r\nset-cookie: b", "%"])
def test_whatever_was_asked_for_stays_one_value(name: str) -> None:
    """Nothing that a caller sends becomes another link or another header."""
    query = httpx.QueryParams({"name": name, "limit": "2"})
    link = to_next("/v1/a", str(query), "c")
    target, _, rest = link.removeprefix("<").partition(">")
    assert rest == '; rel="next"'
    assert dict(parse_qsl(urlsplit(target).query)) == {"name": name, "limit": "2", "cursor": "c"}
    assert httpx.Response(200, headers={"link": link}).links["next"]["url"] == target
