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
}
