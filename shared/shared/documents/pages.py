"""A plain page around tables and charts: no script, no outside address, readable on a phone.

Texts are escaped by the type that carries them: a `str` is text, only `Markup` is markup.
"""

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape
from starlette.responses import Response

STYLE: Final = """
:root{color-scheme:light;--ink:#1b2733;--muted:#5a6b7b;--line:#d5dde5;--accent:#0b5cad}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);background:#fff;
font:16px/1.65 "Noto Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif}
main,header,footer{max-width:60rem;margin:0 auto;padding:1rem 1.25rem}
header{border-bottom:1px solid var(--line)}
footer{color:var(--muted);font-size:.85rem;border-top:1px solid var(--line)}
h1{font-size:1.6rem;line-height:1.3;margin:.4rem 0;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2rem 0 .6rem;color:var(--accent)}
a{color:var(--accent)}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;background:#fff;padding:.4rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;color:var(--muted);padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line);
overflow-wrap:anywhere;min-width:3.5em}
td.long{min-width:9em}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
th[scope=row]{width:1%;min-width:10em;font-weight:600}
figure{margin:1rem 0;overflow-x:auto}
figure svg{display:block;width:100%;min-width:38rem;height:auto}
@media(max-width:40rem){figure svg.round{min-width:0;aspect-ratio:1.32}}
.wide+.wide{margin-top:1.2rem}
figcaption{color:var(--muted);font-size:.88rem}
.none{color:var(--muted)}
@media print{header,footer,main{max-width:none}}
""".strip()
POLICY: Final = (
    "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)
NUMBER: Final = Markup(" class='number'")
LONG: Final = Markup(" class='long'")
# So many letters still stand well in a narrow column.
SHORT: Final = 12
WORDS: Final = {
    "zh": ("跳到正文", "无记录", "制创 · 上海市制造业创新中心建设工程"),
    "en": ("Skip to the content", "No records", "Zhichuang · Manufacturing innovation centres"),
}


def page(title: str, body: Sequence[Markup], *, subtitle: str = "", language: str = "zh") -> str:
    """Give a whole page; `body` comes from the functions below."""
    skip, _, foot = WORDS[language]
    below = Markup("<p class='none'>{}</p>").format(subtitle) if subtitle else Markup()
    return Markup(
        "<!doctype html><html lang='{language}'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        "<title>{title}</title><style>{style}</style></head><body>"
        "<a class='skip' href='#content'>{skip}</a><header><h1>{title}</h1>{below}</header>"
        "<main id='content'>{body}</main><footer>{foot}</footer></body></html>"
    ).format(
        language="zh-CN" if language == "zh" else language,
        title=title,
        style=Markup(STYLE),  # noqa: S704 - our own constant
        skip=skip,
        below=below,
        body=Markup().join(body),
        foot=foot,
    )


def section(heading: str, *parts: Markup) -> Markup:
    """Give a part of a page under its heading."""
    return Markup("<section><h2>{}</h2>{}</section>").format(heading, Markup().join(parts))


def paragraph(text: str) -> Markup:
    """Give a paragraph of plain text."""
    return Markup("<p>{}</p>").format(text)


def listing(pairs: Sequence[tuple[str, str]]) -> Markup:
    """Give pairs of name and value, as a table with row headings."""
    rows = Markup().join(
        Markup("<tr><th scope='row'>{}</th><td>{}</td></tr>").format(name, value or "—")
        for name, value in pairs
    )
    return Markup("<div class='wide'><table>{}</table></div>").format(rows)


def _kind(at: int, rows: Sequence[Sequence[object]], numbers: Sequence[int]) -> Markup:
    """Tell how a column is set: beside many others a long name would be a tower of two letters."""
    if at in numbers:
        return NUMBER
    return LONG if any(_letters(row[at]) > SHORT for row in rows) else Markup()


def _letters(cell: object) -> int:
    return len(cell.striptags() if isinstance(cell, Markup) else str(cell))


def table(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    numbers: Sequence[int] = (),
    language: str = "zh",
) -> Markup:
    """Give a table; `numbers` are the columns set to the right. An empty one says so.

    A cell is text, whatever it holds, unless it is `Markup`, such as a link.
    """
    if not rows:
        return Markup("<p class='none'>{}：{}</p>").format(caption, WORDS[language][1])
    kinds = [_kind(at, rows, numbers) for at in range(len(columns))]
    head = Markup().join(
        Markup("<th scope='col'{}>{}</th>").format(NUMBER if kind is NUMBER else "", name)
        for kind, name in zip(kinds, columns, strict=True)
    )
    body = Markup().join(
        Markup("<tr>{}</tr>").format(
            Markup().join(
                Markup("<td{}>{}</td>").format(kind, "—" if cell in (None, "") else cell)
                for kind, cell in zip(kinds, row, strict=True)
            )
        )
        for row in rows
    )
    return Markup(
        "<div class='wide' tabindex='0' role='region' aria-label='{caption}'><table>"
        "<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    ).format(caption=caption, head=head, body=body)


def figure(svg: str, caption: str) -> Markup:
    """Give a chart of `shared.documents.charts` with its caption below."""
    drawn = Markup(svg)  # noqa: S704 - drawn by us, every text in it escaped
    return Markup("<figure tabindex='0'>{}<figcaption>{}</figcaption></figure>").format(
        drawn, caption
    )


def page_response(html: str, *, cache: str = "private, no-cache") -> Response:
    """Answer with a page that may load nothing and run nothing."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": cache}
    return Response(html, media_type="text/html", headers=headers)


def text(value: str) -> Markup:
    """Escape a text for use beside markup."""
    return escape(value)
