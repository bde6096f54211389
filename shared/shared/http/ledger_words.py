"""The ledger's codes, each with its status at the edge and its two texts."""

from typing import Final

from shared.http.wording import Words

LEDGER_CODES: Final[dict[str, Words]] = {
    "PAYMENT_EXCEEDED": Words(422, "超过尚欠金额", "It is more than what is still owed"),
    "NOT_GRANTED": Words(409, "该成果不是已授权的专利", "It is not a granted patent"),
    "INVENTORS_MISSING": Words(409, "未登记本单位的发明人", "No inventor of the unit is recorded"),
    "PUBLICITY_MISSING": Words(
        409, "尚未在单位内部公示", "It has not been made public inside the unit yet"
    ),
    "SCHEDULE_MISMATCH": Words(
        422, "分期金额之和不等于认缴额", "The instalments do not sum to what is promised"
    ),
    "VALUATION_MISSING": Words(422, "非货币出资须附评估", "What is no money needs a valuation"),
    "VALUATION_EXCEEDED": Words(422, "超过评估价值", "It is more than the valuation found"),
    "CAPITAL_TERM_EXCEEDED": Words(
        422,
        "出资期限超过法定年限|（最晚 {limit}）",
        "Capital is due later than the law allows| (at the latest {limit})",
    ),
    "NO_ARREARS": Words(409, "没有到期未缴的款项", "Nothing is due and unpaid"),
    "GRACE_TOO_SHORT": Words(
        422,
        "宽限期过短|（至少 {min_days} 天）",
        "The grace is too short| (at least {min_days} days)",
    ),
    "GRACE_RUNNING": Words(
        409, "宽限期尚未届满|（至 {grace_until}）", "The grace is not over| (until {grace_until})"
    ),
    "FUNDING_FORM": Words(
        422, "资金来源与形式不符", "This source does not give money in this form"
    ),
    "NOTHING_HELD": Words(409, "没有代持的款项", "Nothing is held in trust"),
    "CAPITAL_MISSING": Words(409, "没有实缴出资", "No capital has been paid in"),
    "FIRST_REFUSAL_OPEN": Words(
        409,
        "优先受让期尚未届满|（至 {until}）",
        "The co-owners' first refusal is still open| (until {until})",
    ),
    "FILING_OPPOSED": Words(409, "有合作方反对申请专利", "A joint developer opposes the filing"),
    "TRANSFER_NOT_REGISTERED": Words(
        409, "转让尚未登记，不发生效力", "The transfer is not registered yet and has no effect"
    ),
    "LICENSE_CONFLICT": Words(
        409,
        "与已有的独占或排他许可冲突",
        "It conflicts with an exclusive or sole license that stands",
    ),
    "DEDUCTION_NOT_AGREED": Words(
        422,
        "该扣除不在法定范围内，且未引用协议条款",
        "The law does not name this deduction, and no clause of the agreement is cited",
    ),
    "PRICING_MISSING": Words(422, "未说明定价方式", "How the price was found is not told"),
    "PERIOD_CLOSED": Words(
        409, "会计期间已结账|（至 {until}）", "The period is closed| (until {until})"
    ),
    "FILE_FORMAT": Words(422, "文件格式无法识别", "The file's format is not understood"),
    # Journal and distribution
    "AMOUNT_TOO_LARGE": Words(
        422,
        "金额或余额超出可准确表示的范围|（上限 {max_fen} 分）",
        "An amount or balance is beyond what can be told exactly| (at most {max_fen} fen)",
    ),
    "UNBALANCED": Words(
        422,
        "借贷不平|（{currency} 差 {difference}）",
        "Debits and credits differ| ({currency} by {difference})",
    ),
    "CURRENCY_MISMATCH": Words(422, "币种与账户不符", "The currency is not the account's"),
    "ALREADY_REVERSED": Words(409, "已冲销", "It is reversed already"),
    "REVERSAL_BEFORE_ORIGINAL": Words(
        422, "冲销日期早于原分录", "The reversal lies before the original"
    ),
    "NET_NEGATIVE": Words(422, "净收入为负", "The net income is negative"),
    "OWNERSHIP_MISSING": Words(409, "该日无权属份额", "There are no owners on that day"),
    "REWARD_BELOW_FLOOR": Words(409, "奖励低于法定下限", "The reward is below the law's floor"),
    "ACCOUNT_UNKNOWN": Words(
        422, "账户不存在或不属于该中心", "There is no such account in this centre's books"
    ),
    "NOT_YET_RECEIVED": Words(
        422, "到账日期晚于今日|（{today}）", "It is dated after today| ({today})"
    ),
    "SOURCE_UNKNOWN": Words(
        422, "所依据的许可或合同不存在", "There is no such license or contract in this centre"
    ),
    "REWARD_OWNER_UNKNOWN": Words(
        422, "奖励规则所指单位不是权利人或重复", "The reward rule names no owner, or one twice"
    ),
    "REVENUE_OF_TWO_CENTERS": Words(
        422, "收入分属不同中心", "The income belongs to more than one centre"
    ),
    "REVENUE_DISTRIBUTED": Words(409, "该收入已分配", "This income is shared out already"),
}
