"""Agreements, rights, contracts, money and proof."""

from typing import Final

from shared.http.wording import Words

CODES: Final[dict[str, Words]] = {
    # Agreements, ownership, contracts
    "IP_AGREEMENT_MISSING": Words(
        409,
        "尚无生效的知识产权协议|（缺 {clause}）",
        "No IP agreement is in force| ({clause} missing)",
    ),
    "CLAUSE_MISSING": Words(
        422, "协议缺少条款|：{missing}", "The agreement lacks clauses|: {missing}"
    ),
    "TEXT_HASH_MISMATCH": Words(
        409, "所签文本与存档文本的摘要不符", "The text signed is not the agreement's"
    ),
    "SHARES_NOT_100": Words(
        422,
        "份额合计不为 1,000,000|（{sum_ppm}）",
        "The shares do not sum to 1,000,000 ppm| ({sum_ppm})",
    ),
    "SHARES_PRECISION": Words(422, "份额须为整数 ppm", "A share is a whole number of ppm"),
    "PATENT_NO_FORMAT": Words(422, "专利号格式错误", "The patent number is malformed"),
    "PATENT_NO_CHECK_DIGIT": Words(
        422,
        "专利号校验位错误|（应为 {expected}）",
        "The patent number's check digit is wrong| (should be {expected})",
    ),
    "OWNER_NOT_IN_CENTER": Words(
        422, "该单位不属于此创新中心", "That organization does not belong to the centre"
    ),
    "CONSENT_MISSING": Words(
        409, "缺少共有人同意|：{orgs}", "Co-owners have not consented|: {orgs}"
    ),
    "ALREADY_SIGNED": Words(409, "本单位已签署", "Your organization has signed already"),
    "PARTIES_TOO_FEW": Words(422, "当事方少于 {min} 家", "There are fewer than {min} parties"),
    "PARTY_REPEATED": Words(
        422, "同一单位重复出现|：{org_ids}", "An organization stands twice|: {org_ids}"
    ),
    "INVENTOR_REPEATED": Words(
        422, "同一发明人重复出现", "A person stands twice among the inventors"
    ),
    "PARTY_UNKNOWN": Words(
        422, "所列单位不是当事方或不存在|：{org_ids}", "Not a party, or unknown|: {org_ids}"
    ),
    "PATENT_KIND_MISMATCH": Words(
        422, "专利号的类型与所报类型不符", "The number is that of another kind of patent"
    ),
    "BEFORE_ASSET": Words(
        422,
        "早于该成果产生之日|（{first_on}）",
        "The asset did not exist yet| (first on {first_on})",
    ),
    "RIGHT_EXPIRED": Words(
        409,
        "权利届时已期满|（至 {until}）",
        "The right has expired by then| (its last day is {until})",
    ),
    "RIGHT_LAPSED": Words(
        409,
        "该权利当日处于终止状态|（自 {gone_from} 起，{back_on} 恢复）",
        "The right was gone on that day| (from {gone_from}, back on {back_on})",
    ),
    "LICENSOR_NOT_OWNER": Words(
        422, "许可人当日不是权利人", "The licensor does not own the asset on that day"
    ),
    "LICENSE_RECORD_OVERDUE": Words(409, "许可合同备案逾期", "The license's recording is overdue"),
    "CONTRACT_NOT_REGISTERED": Words(
        409, "技术合同未登记", "The technology contract is not registered"
    ),
    "AMOUNT_EXCEEDED": Words(
        422, "技术交易额大于合同成交额", "The technology amount exceeds the contract amount"
    ),
    "FORFEITURE_EXCEEDED": Words(
        422,
        "失权金额超过未缴出资|（未缴 {left_fen} 分）",
        "The resolution takes more than is unpaid| ({left_fen} fen)",
    ),
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
    "REVENUE_UNDONE": Words(
        409, "该笔收入已被撤销|：{event_ids}", "The income has been undone|: {event_ids}"
    ),
    "BENEFIT_SHARES_MISSING": Words(
        409,
        "协议没有收益份额，或当日已无成员分享|：{days}",
        "The agreement names no shares of benefit, or nobody shares on that day|: {days}",
    ),
    "FAMILY_CYCLE": Words(
        422, "权利不能源自其自身", "A right cannot come from itself, however far back"
    ),
    "KINSHIP_INVALID": Words(
        422,
        "两项权利之间不能有这种关系|：{parts}",
        "Two such rights cannot be kin in this way|: {parts}",
    ),
    "KINSHIP_TERM_OVER": Words(
        422,
        "超过法定期限|（最晚 {limit}）",
        "It was filed after the term that the law gives| (at the latest {limit})",
    ),
    "COST_EXCEEDED": Words(
        422,
        "资金来源合计大于该项支出|（{sources_fen} 分）",
        "Its sources sum to more than was spent| ({sources_fen} fen)",
    ),
    "SOURCE_SPENT": Words(
        409,
        "该笔资金余额不足|（余 {left_fen} 分）",
        "Less than that is left of this money| ({left_fen} fen)",
    ),
    "DIVISION_PAID_OUT": Words(
        409,
        "已有款项付出，须先退回|（账户 {account_ids}）",
        "Something of it has been paid out and is led back first| (accounts {account_ids})",
    ),
    "SPENT_BEFORE_RECEIVED": Words(
        422,
        "支出早于资金到账|（{received_on}）",
        "The money had not come in yet| (it came on {received_on})",
    ),
    "PROJECT_UNKNOWN": Words(
        422, "登记系统没有该项目或不属于本中心", "The registry has no such project of this centre"
    ),
    "PROJECT_MISMATCH": Words(
        409,
        "项目与合同不符|：{parts}",
        "The project does not fit the contract|: {parts}",
    ),
    "FEE_NOT_OWED": Words(
        409,
        "现在应缴的不是该项年费|（应缴第 {next} 项）",
        "That fee is not the one owed now| (number {next} is)",
    ),
    "FEE_GRACE_OVER": Words(
        409,
        "补缴期限已过，权利已终止|（至 {until}）",
        "The grace is over and the right with it| (its last day was {until})",
    ),
    "RESTORATION_TOO_LATE": Words(
        409,
        "请求恢复权利的期限已过|（至 {until}）",
        "Restoring was asked for too late| (the last day was {until})",
    ),
    "FEE_MISMATCH": Words(
        422,
        "金额与应缴年费及滞纳金不符|（应为 {expected_fen} 分）",
        "It is not what the fee comes to on that day| ({expected_fen} fen)",
    ),
    "FUNDING_FORM": Words(
        422, "资金来源与形式不符", "This source does not give money in this form"
    ),
    "USE_RATE_REPEATED": Words(
        422,
        "同一要素与计量单位只能约定一个价格|：{org_ids}",
        "One price for one thing of one party| ({org_ids})",
    ),
    "USE_RATE_MISSING": Words(
        409,
        "当日协议没有约定该要素的使用价格|（{element}，{unit}）",
        "The agreement of that day has no price for it| ({element}, {unit})",
    ),
    "USE_UNPROVEN": Words(
        422,
        "使用须有使用记录、许可或证明材料；知识产权须有许可",
        "Use rests on a log, a license or files; that of IP on its license",
    ),
    "USE_MISMATCH": Words(
        422, "与所依据的记录或许可不一致", "It is not what the log or license says"
    ),
    "SOURCE_SUPERSEDED": Words(
        409, "所依据的记录已被更正或尚未生效", "What it rests on was corrected, or holds not yet"
    ),
    "SAME_ORGANIZATION": Words(422, "双方须为不同单位", "Both sides are one organization"),
    "NOTHING_TO_SETTLE": Words(
        409, "该期间没有待结算的使用", "Nothing of those days waits to be settled"
    ),
    "ALREADY_CONFIRMED": Words(409, "本方已确认", "This side has confirmed it"),
    "NOTHING_HELD": Words(409, "没有代持的款项", "Nothing is held in trust"),
    "CAPITAL_MISSING": Words(409, "没有实缴出资", "No capital has been paid in"),
    "FIRST_REFUSAL_OPEN": Words(
        409,
        "优先受让期尚未届满|（至 {until}）",
        "The co-owners' first refusal is still open| (until {until})",
    ),
    "FILING_OPPOSED": Words(409, "有合作方反对申请专利", "A joint developer opposes the filing"),
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
    "PERIOD_CLOSED": Words(
        409, "会计期间已结账|（至 {until}）", "The period is closed| (until {until})"
    ),
    "FILE_FORMAT": Words(422, "文件格式无法识别", "The file's format is not understood"),
    # Witnesses of the log
    "WITNESS_KEY_INVALID": Words(
        422, "见证人公钥无效", "This is no verifier line of a witness's Ed25519 key"
    ),
    "COSIGNATURE_INVALID": Words(
        422, "见证签名无效", "The signature does not fit the checkpoint, or is dated ahead"
    ),
    "COSIGNATURE_STALE": Words(
        409,
        "见证签名已过时|（已签至 {last_size}）",
        "The witness has signed this tree or a larger one| (up to {last_size})",
    ),
    "WITNESSES_MISSING": Words(
        409,
        "见证人不足|（需 {needed}，已有 {seen_by}）",
        "Too few witnesses have seen what this rests on| ({needed} needed, {seen_by} so far)",
    ),
    # Journal and distribution
    "AMOUNT_TOO_LARGE": Words(
        422,
        "金额或余额超出可准确表示的范围|（上限 {max_fen} 分）",
        "An amount or balance is beyond what can be told exactly| (at most {max_fen} fen)",
    ),
    "KEY_INVALID": Words(422, "公钥无法识别", "The public key cannot be read"),
    "KEY_SIGNATURE_INVALID": Words(422, "签名与公钥不符", "The signature is not the key's"),
    "KEY_UNKNOWN": Words(
        422, "没有该密钥，或当日无效", "There is no such key, or it does not hold today"
    ),
    "OWN_KEY_REQUIRED": Words(
        409,
        "已登记密钥的一方须以其密钥签署|：{key_ids}",
        "A party that has a key of its own signs with it|: {key_ids}",
    ),
    "DAY_IN_PAST": Words(422, "日期已过|（今天为 {today}）", "The day is past| (today is {today})"),
    "TEMPLATE_UNKNOWN": Words(
        422, "没有该范本，或尚未发布", "There is no such template, or it is not published"
    ),
    "FIELDS_MISMATCH": Words(
        422, "填写项与范本的空白项不一致|：{fields}", "The fields are not the blanks|: {fields}"
    ),
    "CURRENCY_UNKNOWN": Words(422, "没有该币种（ISO 4217）", "ISO 4217 has no such currency"),
    "RATE_MISMATCH": Words(
        422,
        "金额与所列汇率不符|（应为 {expected}）",
        "The amounts are not what the rate makes| (should be {expected})",
    ),
    "OPENING_TOO_LATE": Words(
        409,
        "期初数只能在首笔记录之前录入",
        "An opening comes before the first record, or not at all",
    ),
    "APPROVALS_ONE_SIDED": Words(
        409,
        "两次审批中须有一次由主管部门作出",
        "One of the two approvals must be an official's",
    ),
    "ACCOUNT_REPEATED": Words(
        422, "同一账户重复或类型不一|：{accounts}", "An account is named twice|: {accounts}"
    ),
    "BEFORE_OPENING": Words(
        409,
        "日期早于账簿期初日|（{opened_on}）",
        "The day lies before the books were opened| ({opened_on})",
    ),
    "CURRENCIES_MIXED": Words(
        422,
        "除兑换分录外，一笔分录只能使用一种币种|（{currencies}）",
        "An entry is in one currency, unless it is an exchange| ({currencies})",
    ),
    "UNBALANCED": Words(
        422,
        "借贷不平|（{currency} 差 {difference}）",
        "Debits and credits differ| ({currency} by {difference})",
    ),
    "CURRENCY_MISMATCH": Words(422, "币种与账户不符", "The currency is not the account's"),
    "ACCOUNT_OVERDRAWN": Words(409, "账户余额不得为负", "The account may not go negative"),
    "REVERSAL_OF_REVERSAL": Words(
        409, "冲销分录不得再冲销，应另记新分录", "A reversal is not reversed: post the entry anew"
    ),
    "HOLD_EXCEEDED": Words(422, "超过已冻结的金额", "It is more than what is held"),
    "ALREADY_REVERSED": Words(409, "已冲销", "It is reversed already"),
    "AMOUNT_ZERO": Words(422, "金额不能为零", "The amount is zero"),
    "ENTRY_OF_RECORD": Words(
        409,
        "该分录由业务记录产生，请撤销该记录",
        "The entry belongs to a record, which is undone as a whole",
    ),
    "REVERSAL_BEFORE_ORIGINAL": Words(
        422, "冲销日期早于原分录", "The reversal lies before the original"
    ),
    "NET_NEGATIVE": Words(422, "净收入为负", "The net income is negative"),
    "OWNERSHIP_MISSING": Words(409, "该日没有登记权属份额", "There are no owners on that day"),
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
        422,
        "奖励规则所列单位不是权利人，或重复出现",
        "The reward rule names no owner, or one twice",
    ),
    "REVENUE_OF_TWO_CENTERS": Words(
        422, "收入分属不同中心", "The income belongs to more than one centre"
    ),
    "PRICE_PUBLICITY_MISSING": Words(
        422,
        "协议定价须在本单位公示成果名称和拟交易价格",
        "An agreed price must have been made public inside, with the result's name",
    ),
    "PRICE_VENUE_MISSING": Words(
        422, "挂牌或拍卖须写明交易场所", "A listing or an auction names its place"
    ),
    "PRICE_MISMATCH": Words(
        422,
        "价格与合同金额不符|（合同为 {agreed_fen} 分）",
        "The price is not the contract's| ({agreed_fen} fen)",
    ),
    "NOT_BACKGROUND": Words(
        409, "该成果不是成员带入的背景知识产权", "The asset was not brought in by a member"
    ),
    "LICENSE_MISMATCH": Words(
        409,
        "该许可不能使中心使用所申报的权利|（{parts}）",
        "That license does not give the declared right to the centre| ({parts})",
    ),
    "PLAN_LINE_REPEATED": Words(422, "布局计划中有重复的行", "The plan names a place twice"),
    "PROTECTION_INCOMPLETE": Words(
        422, "质押或保险须写明金额和期限", "A pledge or insurance has an amount and a last day"
    ),
    "CORRECTION_PENDING": Words(
        409, "该分配已更正，或正在更正", "A correcting run is on its way, or done"
    ),
    "CORRECTION_NOT_NEEDED": Words(
        409, "按现有数据重算，各方所得不变", "Computed anew, nobody's part changes"
    ),
    "REVENUE_DISTRIBUTED": Words(409, "该收入已分配", "This income is shared out already"),
}
