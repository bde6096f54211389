"""The pages that a person sees when signing in: plain, without script, in two languages."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from starlette.responses import HTMLResponse

from shared.documents.pages import STYLE, page, paragraph

FORM_STYLE: Final = """
form{max-width:26rem;display:grid;gap:.9rem;margin:1.2rem 0}
label{display:grid;gap:.25rem;font-weight:600}
input[type=text],input[type=password]{font:inherit;padding:.55rem .7rem;border:1px solid #8899a8;
border-radius:.3rem;width:100%}
fieldset{border:1px solid var(--line);border-radius:.3rem;display:grid;gap:.4rem}
fieldset label{display:flex;gap:.5rem;font-weight:400;align-items:baseline;overflow-wrap:anywhere}
button{font:inherit;padding:.6rem 1rem;border:0;border-radius:.3rem;background:var(--accent);
color:#fff;cursor:pointer}
input:focus-visible,button:focus-visible{outline:3px solid #e8a33d;outline-offset:2px}
.wrong{border-left:.3rem solid #b3261e;background:#fdecea;padding:.5rem .8rem;max-width:26rem}
""".strip()

EMPTY: Final = Markup()
WORDS: Final = {
    "zh": {
        "sign_in": "登录",
        "to": "登录后将返回 {name}",
        "login": "账号",
        "password": "密码",
        "again": "再输入一次密码",
        "step_over": "登录时间过长或已失效，请重新输入账号和密码。",
        "wrong": "账号或密码不正确，或账号暂停登录。连续失败后须等待一段时间。",
        "choose": "代表谁登录",
        "authority": "主管部门",
        "go_on": "继续",
        "set_password": "设置密码",
        "password_rule": "密码须为 12 至 128 个字符，且不得包含账号。",
        "differ": "两次输入的密码不一致。",
        "unfit": "密码过短、过长、过于简单或包含账号。",
        "done": "密码已设置",
        "may_sign_in": "现在可以回到您使用的系统登录。",
        "not_valid": "链接无效",
        "not_valid_why": "该链接已失效、已使用或不完整，请重新发起。",
        "no_standing": "没有可用的身份",
        "no_standing_why": "您的账号目前没有任何有效的角色，请联系管理员。",
    },
    "en": {
        "sign_in": "Sign in",
        "to": "You will return to {name}",
        "login": "Account",
        "password": "Password",
        "again": "Password, once more",
        "step_over": "That took too long or has ended; please sign in from the beginning.",
        "wrong": "Account or password is not right, or the account rests after failed attempts.",
        "choose": "For whom do you sign in?",
        "authority": "The competent authority",
        "go_on": "Continue",
        "set_password": "Set your password",
        "password_rule": "12 to 128 characters, without the account's name in it.",
        "differ": "The two passwords differ.",
        "unfit": "The password is too short, too long, too plain or holds the account's name.",
        "done": "The password is set",
        "may_sign_in": "You may go back to your program and sign in.",
        "not_valid": "This link is not valid",
        "not_valid_why": "It has ended, was used already or is not whole; please begin again.",
        "no_standing": "Nothing to sign in for",
        "no_standing_why": "Your account holds no role today; please ask an administrator.",
    },
}


@dataclass(frozen=True, slots=True)
class Form:
    """Where a form goes, the token that ties it to this browser, and what was wrong before."""

    action: str
    token: str
    wrong: str = ""


def sign_in_page(form: Form, front_end: str, language: str, *, offered: Markup = EMPTY) -> str:
    """Ask for account and password; `offered` is another way in."""
    words = WORDS[language]
    fields = [
        text_field("login", words["login"], "username", kind="text"),
        text_field("password", words["password"], "current-password"),
    ]
    body = form_markup(form, fields, words["sign_in"], words)
    to = words["to"].format(name=front_end)
    return form_page(words["sign_in"], [body, offered], language, subtitle=to)


def choosing_page(form: Form, choices: Sequence[tuple[str, str]], language: str) -> str:
    """Ask for whom somebody signs in who may act for several; pairs of value and name."""
    words = WORDS[language]
    options = Markup().join(
        Markup(
            "<label><input type='radio' name='org' value='{value}' required{checked}>"
            " {name}</label>"
        ).format(
            value=value,
            name=name or words["authority"],
            checked=Markup(" checked") if place == 0 else "",
        )
        for place, (value, name) in enumerate(choices)
    )
    group = Markup("<fieldset><legend>{}</legend>{}</fieldset>").format(words["choose"], options)
    return form_page(words["choose"], [form_markup(form, [group], words["go_on"], words)], language)


def password_page(form: Form, language: str) -> str:
    """Ask for a new password, twice."""
    words = WORDS[language]
    fields = [
        text_field("password", words["password"], "new-password"),
        text_field("again", words["again"], "new-password"),
    ]
    parts = [
        paragraph(words["password_rule"]),
        form_markup(form, fields, words["set_password"], words),
    ]
    return form_page(words["set_password"], parts, language)


def told_page(title: str, sentence: str, language: str) -> str:
    """Tell one thing."""
    words = WORDS[language]
    return form_page(words[title], [paragraph(words[sentence])], language)


def response(html: str, status: int = 200, *, sends_to: str = "", script: str = "") -> HTMLResponse:
    """Answer with a page that runs nothing but `script`, is framed nowhere and kept by no cache.

    `sends_to` is the origin to which its form leads in the end: browsers hold a redirect after a
    form to the same policy.
    """
    styles = " ".join(f"'sha256-{_digest(style)}'" for style in (STYLE, FORM_STYLE))
    scripts = f"script-src 'sha256-{_digest(script)}'; " if script else ""
    policy = (
        f"default-src 'none'; style-src {styles}; {scripts}img-src data:; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {sends_to}".strip()
    )
    safe = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    return HTMLResponse(html, status, safe)


def form_page(title: str, body: Sequence[Markup], language: str, *, subtitle: str = "") -> str:
    """Give a page with the forms' own style."""
    style = Markup("<style>{}</style>").format(Markup(FORM_STYLE))  # noqa: S704 - our own constant
    return page(title, [style, *body], subtitle=subtitle, language=language)


def form_markup(form: Form, fields: Sequence[Markup], button: str, words: dict[str, str]) -> Markup:
    """Give a form that is tied to this browser, with what was wrong before."""
    wrong = Markup()
    if form.wrong:
        wrong = Markup("<p class='wrong' role='alert'>{}</p>").format(words[form.wrong])
    return Markup(
        "{wrong}<form method='post' action='{action}'>"
        "<input type='hidden' name='form_token' value='{token}'>{fields}"
        "<button type='submit'>{button}</button></form>"
    ).format(
        wrong=wrong, action=form.action, token=form.token, fields=Markup().join(fields),
        button=button,
    )  # fmt: skip


def text_field(name: str, label: str, autocomplete: str, kind: str = "password") -> Markup:
    """Give a field under its label."""
    return Markup(
        "<label for='{name}'>{label}<input id='{name}' name='{name}' type='{kind}' required "
        "maxlength='128' autocomplete='{autocomplete}'></label>"
    ).format(name=name, label=label, autocomplete=autocomplete, kind=kind)


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
