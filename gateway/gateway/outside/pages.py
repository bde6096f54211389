"""The pages around a sign-in at the outside issuer."""

from typing import Final

from gateway.grants.pages import Form, form_markup, form_page
from shared.documents.pages import paragraph

WORDS: Final = {
    "zh": {
        "link": "关联外部登录",
        "link_why": "关联后，您可以用{name}登录本系统。系统只保存对方给出的不透明标识的摘要。",
        "claim": "以可信登录认领单位",
        "claim_why": "由{name}确认您所代表的法人单位后，您将成为该单位的首个账号，并可邀请其他人。",
        "invitation": "以可信登录接受邀请",
        "invitation_why": "无须设置密码，今后用{name}登录。",
        "go_on": "继续",
        "done": "已完成",
        "may_sign_in": "您现在可以用外部登录进入本系统。",
        "unknown": "尚未关联",
        "unknown_why": "该外部身份尚未关联任何账号。请先用账号和密码登录后关联，或使用邀请。",
        "refused": "未能完成",
        "refused_why": "外部登录没有完成，或其内容未被接受。请重新开始。",
        "taken": "未能完成",
        "taken_why": "该身份或账号已有关联，或该单位已有账号、尚未登记，"
        "或对方未证明所代表的法人单位。",
    },
    "en": {
        "link": "Link an outside sign-in",
        "link_why": "Once it is linked, you may sign in here with {name}. Only a digest of its "
        "opaque name for you is kept.",
        "claim": "Claim an organization by a trusted sign-in",
        "claim_why": "Once {name} has confirmed for which legal person you act, you are its first "
        "account here and invite the others.",
        "invitation": "Take the invitation by a trusted sign-in",
        "invitation_why": "You set no password, and sign in with {name} from then on.",
        "go_on": "Continue",
        "done": "Done",
        "may_sign_in": "You may now sign in here by your outside sign-in.",
        "unknown": "Not linked yet",
        "unknown_why": "That outside identity belongs to no account here. Sign in with your "
        "password first and link it, or use your invitation.",
        "refused": "It did not work",
        "refused_why": "The outside sign-in was not completed, or what it said was not accepted. "
        "Please begin again.",
        "taken": "It did not work",
        "taken_why": "That identity or account is linked already, or the organization has an "
        "account or is not registered, or the issuer names no legal person for you.",
    },
}


def beginning_page(form: Form, purpose: str, issuer: str, language: str) -> str:
    """Say what follows, and let the person begin."""
    words = WORDS[language]
    said = paragraph(words[f"{purpose}_why"].format(name=issuer))
    return form_page(words[purpose], [said, form_markup(form, [], words["go_on"], words)], language)


def told_page(title: str, sentence: str, language: str) -> str:
    """Tell one thing."""
    words = WORDS[language]
    return form_page(words[title], [paragraph(words[sentence])], language)
