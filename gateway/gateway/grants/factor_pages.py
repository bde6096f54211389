"""The pages of the second step: enrolling an authenticator app, and showing its code."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

import segno
from markupsafe import Markup

from gateway.accounts.rules import grouped
from gateway.factors import rules
from gateway.grants.pages import Form, form_markup, form_page, text_field
from shared.documents.pages import paragraph

ISSUER: Final = "Zhichuang"
WORDS: Final = {
    "zh": {
        "allowed": "输入绑定码",
        "allowed_why": "公务账号首次绑定身份验证器，须输入授权人当面或另行交给您的绑定码。"
        "没有绑定码时，请联系管理员。",
        "enrolment": "绑定码",
        "wrong_enrolment": "绑定码不正确或已失效，或账号暂停登录。",
        "enrol": "绑定身份验证器",
        "enrol_why": "公务账号登录须使用两种凭证。请用身份验证器应用扫描二维码，"
        "再输入应用显示的六位验证码。",
        "picture": "供身份验证器应用扫描的二维码",
        "by_hand": "无法扫描时，请在应用中手动输入密钥：",
        "second": "输入验证码",
        "second_why": "请输入身份验证器应用显示的六位验证码，或一个未使用的恢复码。",
        "code": "验证码",
        "go_on": "继续",
        "wrong_code": "验证码不正确、已使用，或账号暂停登录。",
        "kept": "请保存恢复码",
        "kept_why": "手机不在身边时，每个恢复码可代替验证码使用一次。"
        "恢复码只显示这一次，请妥善保存。",
    },
    "en": {
        "allowed": "Enter your enrolment code",
        "allowed_why": "Before an official's first authenticator app is connected, enter the code "
        "that whoever gave you your duties handed over. Without one, ask an admin.",
        "enrolment": "Enrolment code",
        "wrong_enrolment": "The enrolment code is not right or has ended, or the account rests "
        "after failed attempts.",
        "enrol": "Connect an authenticator app",
        "enrol_why": "Officials sign in with two factors. Scan this code with an authenticator "
        "app, then enter the six digits that it shows.",
        "picture": "QR code for the authenticator app",
        "by_hand": "If it cannot be scanned, enter this key in the app by hand:",
        "second": "Enter your code",
        "second_why": "The six digits that your authenticator app shows, or a recovery code that "
        "was not used.",
        "code": "Code",
        "go_on": "Continue",
        "wrong_code": "The code is not right or was used, or the account rests after failed "
        "attempts.",
        "kept": "Keep your recovery codes",
        "kept_why": "Without your phone, each of them stands in once for a code of the app. They "
        "are shown this once.",
    },
}


def allowed_page(form: Form, language: str) -> str:
    """Ask for the code without which nobody enrols, whatever password he knows."""
    words = WORDS[language]
    field = text_field("enrolment", words["enrolment"], "off", kind="text")
    parts = [paragraph(words["allowed_why"]), form_markup(form, [field], words["go_on"], words)]
    return form_page(words["allowed"], parts, language)


def enrolling_page(form: Form, secret: str, login: str, language: str) -> str:
    """Show a secret as a picture and as letters, and ask for its first code."""
    words = WORDS[language]
    picture = Markup("<img src='{uri}' alt='{alt}' width='240' height='240'>").format(
        uri=segno.make(address_of(secret, login), error="m").svg_data_uri(scale=6, border=4),
        alt=words["picture"],
    )
    key = Markup("<p><code>{}</code></p>").format(grouped(secret))
    parts = [
        paragraph(words["enrol_why"]),
        picture,
        paragraph(words["by_hand"]),
        key,
        _code_form(form, words),
    ]
    return form_page(words["enrol"], parts, language)


def code_page(form: Form, language: str) -> str:
    """Ask for a code of the app, or a recovery code."""
    words = WORDS[language]
    parts = [paragraph(words["second_why"]), _code_form(form, words)]
    return form_page(words["second"], parts, language)


def recovery_page(form: Form, codes: Sequence[str], language: str) -> str:
    """Show the recovery codes, once."""
    words = WORDS[language]
    listed = Markup("<ol>{}</ol>").format(
        Markup().join(Markup("<li><code>{}</code></li>").format(code) for code in codes)
    )
    onwards = Markup("<input type='hidden' name='go_on' value='1'>")
    parts = [
        paragraph(words["kept_why"]),
        listed,
        form_markup(form, [onwards], words["go_on"], words),
    ]
    return form_page(words["kept"], parts, language)


def address_of(secret: str, login: str) -> str:
    """Give the address that an authenticator app reads from the picture."""
    label = quote(f"{ISSUER}:{login}")
    said = {
        "secret": secret,
        "issuer": ISSUER,
        "digits": rules.DIGITS,
        "period": rules.STEP_SECONDS,
    }
    return f"otpauth://totp/{label}?{urlencode(said)}"


def _code_form(form: Form, words: dict[str, str]) -> Markup:
    field = text_field("code", words["code"], "one-time-code", kind="text")
    return form_markup(form, [field], words["go_on"], words)
