"""Offering passkeys on a page: one short script, allowed by its hash, and hidden without it."""

from typing import Final

from markupsafe import Markup

from gateway.grants.pages import Form, form_page
from shared.documents.pages import paragraph

# The form stays hidden where the browser has no passkeys, or runs no script.
SCRIPT: Final = """
document.querySelectorAll('form[data-passkey]').forEach(form=>{
const api=window.PublicKeyCredential;
if(!api||!api.parseRequestOptionsFromJSON)return;
form.hidden=false;
form.addEventListener('submit',async event=>{
if(form.passkey.value)return;
event.preventDefault();
try{const asked=JSON.parse(form.dataset.passkey);
const shown=form.dataset.make
?await navigator.credentials.create({publicKey:api.parseCreationOptionsFromJSON(asked)})
:await navigator.credentials.get({publicKey:api.parseRequestOptionsFromJSON(asked)});
form.passkey.value=JSON.stringify(shown.toJSON());form.submit();
}catch(error){form.querySelector('[role=alert]').hidden=false;}
});});
""".strip()
WORDS: Final = {
    "zh": {
        "use": "使用通行密钥登录",
        "make": "添加通行密钥",
        "failed": "未能使用通行密钥，请重试或使用账号和密码登录。",
        "title": "通行密钥",
        "why": "通行密钥保存在您的设备上，登录时用指纹、面容或锁屏密码确认，可代替密码和验证码。",
        "held": "已添加 {count} 个通行密钥。",
        "done": "通行密钥已添加。",
        "refused": "未能添加通行密钥，请重试。",
        "full": "通行密钥数已达上限。",
    },
    "en": {
        "use": "Sign in with a passkey",
        "make": "Add a passkey",
        "failed": "The passkey could not be used; try again, or sign in with your password.",
        "title": "Passkeys",
        "why": "A passkey stays on your device. You confirm with a fingerprint, your face or the "
        "screen lock, and it stands for password and code.",
        "held": "You have {count} passkeys.",
        "done": "The passkey was added.",
        "refused": "The passkey could not be added; please try again.",
        "full": "You have as many passkeys as are allowed.",
    },
}


def passkey_form(form: Form, options: str, language: str, *, make: bool = False) -> Markup:
    """Give the form whose button asks the device for a passkey."""
    words = WORDS[language]
    return Markup(
        "<form method='post' action='{action}' data-passkey='{options}'{make} hidden>"
        "<p class='wrong' role='alert' hidden>{failed}</p>"
        "<input type='hidden' name='form_token' value='{token}'>"
        "<input type='hidden' name='passkey' value=''>"
        "<button type='submit'>{button}</button></form>"
    ).format(
        action=form.action,
        options=options,
        make=Markup(" data-make='1'") if make else "",
        failed=words["failed"],
        token=form.token,
        button=words["make" if make else "use"],
    )


def script() -> Markup:
    """Give the script that every form of passkeys needs."""
    return Markup("<script>{}</script>").format(Markup(SCRIPT))  # noqa: S704 - our own constant


def passkeys_page(form: Form, options: str, count: int, language: str, *, told: str = "") -> str:
    """Tell about one's passkeys, and offer to add one; `told` is what just happened."""
    words = WORDS[language]
    parts = [paragraph(words["why"]), paragraph(words["held"].format(count=count))]
    if told:
        parts.insert(0, Markup("<p role='status'>{}</p>").format(words[told]))
    if options:
        parts += [passkey_form(form, options, language, make=True), script()]
    return form_page(words["title"], parts, language)
