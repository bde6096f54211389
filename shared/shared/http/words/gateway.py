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
    # Test tenants
    "TENANTS_TOO_MANY": Words(
        409,
        "测试租户数已达上限|（{most}）",
        "There are as many test tenants as are allowed| ({most})",
    ),
    # Who runs the house
    "ADMINS_TOO_FEW": Words(
        409,
        "须保留足够的管理员|（至少 {least} 名）",
        "Enough admins have to stay| (at least {least})",
    ),
    # Notices
    "CHANNEL_NOT_OFFERED": Words(
        409, "此处不提供该通知渠道", "Notices do not go out by this channel here"
    ),
    "CODES_TOO_MANY": Words(
        409,
        "一天内发送的确认码过多|（{most}）",
        "As many codes as are allowed went out within a day| ({most})",
    ),
    "CODE_WRONG": Words(422, "确认码不正确或已失效", "The code is not right, or void"),
    # Tasks passed to agencies
    "AGENCY_REQUIRED": Words(
        409,
        "只能转办或准许给现任的协作部门",
        "Tasks are passed, and dossiers released, to agencies that hold that role",
    ),
    # The outside issuer
    "OUTSIDE_LINKED": Words(
        409, "该外部身份或账号已有关联", "That outside identity or account is linked already"
    ),
    "OUTSIDE_NO_ENTITY": Words(
        409,
        "外部登录未证明所代表的法人单位",
        "The outside issuer names no legal person for this sign-in",
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
    # Claims on organizations, and duties
    "PROOF_REFUSED": Words(
        422,
        "证明文件须为不超过 512 KiB 的 PDF、PNG 或 JPEG 文件",
        "A proof is a PDF, PNG or JPEG file of at most 512 KiB",
    ),
    "CLAIMS_TOO_MANY": Words(
        409,
        "该代码待处理的认领申请已达上限|（{most}）",
        "As many claims as are allowed wait on this code| ({most})",
    ),
    "ORG_NOT_REGISTERED": Words(
        409, "该单位尚未登记，请先登记单位", "The organization is not registered yet"
    ),
    "ORG_HAS_ACCOUNT": Words(
        409,
        "该单位已有账号，请由该单位人员邀请",
        "The organization has an account; its people invite others",
    ),
    "OFFICIAL_REQUIRED": Words(
        409, "职责只能委托给在任公务人员", "Duties are lent to officials only"
    ),
    "DUTY_HELD": Words(409, "此人已担任该职责", "The person holds the duty already"),
    "TWO_PEOPLE_NEEDED": Words(
        409,
        "授予公务职责须由两人办理，请提出授权申请",
        "Duties of officials are given by two people: propose a grant of duties",
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
        "回调地址须为 https 或本机地址，且不含片段",
        "A redirect address is https or loopback, without a fragment",
    ),
}
