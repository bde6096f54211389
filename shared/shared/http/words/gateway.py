"""Webhooks and what else only the door says."""

from typing import Final

from shared.http.wording import Words

CODES: Final[dict[str, Words]] = {
    # Webhooks
    "URL_REFUSED": Words(
        422,
        "推送地址须为完整的 https 地址，且不含用户名、密码和片段",
        "A target is a whole https address without a name, password or fragment in it",
    ),
    "ADDRESS_PRIVATE": Words(
        422, "推送地址不得指向非公开网络", "A target may not lead to an address that is not public"
    ),
    "SUBSCRIPTIONS_TOO_MANY": Words(
        409, "订阅数已达上限|（{most}）", "There are as many subscriptions as are allowed| ({most})"
    ),
    # Keys of programs
    "CLIENT_ENDED": Words(409, "该程序已停用", "The program was ended"),
    "KEY_REFUSED": Words(
        422, "公钥不是 P-256 曲线上的点", "The public key is no point of the curve P-256"
    ),
    "KEYS_TOO_MANY": Words(
        409, "公钥数已达上限|（{most}）", "There are as many keys as are allowed| ({most})"
    ),
    "KEY_TAKEN": Words(409, "该密钥编号已被使用", "A key with this id is registered already"),
    "LAST_KEY": Words(
        409,
        "最后一把公钥不能停用，请先登记新公钥",
        "The last key stays; register the next one first",
    ),
    # Accounts and front ends
    "LOGIN_TAKEN": Words(
        409, "该账号名已被使用，或此人已有账号", "The login is taken, or the person has an account"
    ),
    "ACCOUNT_CLOSED": Words(409, "账号已关闭", "The account is closed"),
    "PASSWORD_LENGTH": Words(
        422, "密码须为 {least} 至 {most} 个字符", "A password has {least} to {most} characters"
    ),
    "PASSWORD_TOO_PLAIN": Words(422, "密码过于简单", "The password is too plain"),
    "REDIRECT_URI_REFUSED": Words(
        422,
        "回跳地址须为 https 或本机地址，且不含片段",
        "A redirect address is https or loopback, without a fragment",
    ),
}
