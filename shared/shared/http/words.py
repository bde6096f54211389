"""Every code that a caller may meet: its status at the edge, and its two texts.

`status` is used for codes that no rule's check carries (401, 413, …); a check's own kind decides
otherwise. `{…}` in a text is filled from the figures of the check; a missing figure leaves the
sentence without its second half (after `|`).
"""

from typing import Final

from shared.http.ledger_words import LEDGER_CODES
from shared.http.wording import Words

CODES: Final[dict[str, Words]] = {
    # The edge itself
    "BODY_UNREADABLE": Words(400, "请求体无法解析", "The body cannot be read"),
    "REQUEST_UNREADABLE": Words(400, "请求无法解析", "The request cannot be read"),
    "CONTENT_DIGEST_MISMATCH": Words(
        400, "内容摘要与请求体不符", "Content-Digest does not match the body"
    ),
    "UNAUTHENTICATED": Words(401, "缺少有效的访问令牌", "A valid access token is required"),
    "FORBIDDEN_SCOPE": Words(403, "您的身份不得进行此操作", "Your role may not do this"),
    "NOT_FOUND": Words(404, "不存在或不属于您", "There is none, or it is not yours"),
    "METHOD_NOT_ALLOWED": Words(
        405, "该地址不支持此方法", "This address does not take this method"
    ),
    "VERSION_CONFLICT": Words(
        412,
        "版本已变化，请重新读取|（当前版本 {current}）",
        "It has changed since you read it| (now version {current})",
    ),
    "REQUEST_TIMEOUT": Words(408, "请求超时", "The request took too long to arrive"),
    "BODY_TOO_LARGE": Words(
        413,
        "请求体过大|（上限 {max_bytes} 字节）",
        "The body is too large| (at most {max_bytes} bytes)",
    ),
    "ROWS_TOO_MANY": Words(
        413, "行数过多|（此方式最多 {max_rows} 行）", "Too many rows| (at most {max_rows} this way)"
    ),
    "URI_TOO_LONG": Words(414, "地址过长", "The address is too long"),
    "UNSUPPORTED_MEDIA_TYPE": Words(
        415,
        "不支持的内容类型|（可用：{accepted}）",
        "This media type is not taken| (taken: {accepted})",
    ),
    "CONTENT_INVALID": Words(422, "请求内容不合规定", "The content does not fit"),
    "FIELD_MISSING": Words(422, "缺少字段 {field}", "Field {field} is missing"),
    "FIELD_UNKNOWN": Words(422, "未知字段 {field}", "Field {field} is unknown"),
    "FIELD_INVALID": Words(
        422,
        "字段 {field} 的值不合规定|：{expected}",
        "The value of {field} does not fit|: {expected}",
    ),
    "PARAMETER_UNKNOWN": Words(422, "未知参数 {field}", "Parameter {field} is unknown"),
    "CURSOR_MISMATCH": Words(
        422, "游标与筛选条件不符", "The cursor does not belong to these filters"
    ),
    "PRECONDITION_REQUIRED": Words(428, "须带 If-Match", "If-Match is required"),
    "IDEMPOTENCY_KEY_REQUIRED": Words(428, "须带 Idempotency-Key", "Idempotency-Key is required"),
    "IDEMPOTENCY_KEY_INVALID": Words(
        400, "Idempotency-Key 应为 1–255 个可见字符", "Idempotency-Key has 1–255 visible characters"
    ),
    "RATE_LIMITED": Words(429, "请求过于频繁", "Too many requests"),
    "HEADERS_TOO_LARGE": Words(431, "请求头过大", "The headers are too large"),
    "INTERNAL": Words(500, "服务内部错误，已记录", "An internal error, which has been recorded"),
    "METHOD_UNKNOWN": Words(501, "未知的方法", "Unknown method"),
    "UNAVAILABLE": Words(
        503, "暂时无法提供服务|（{service}）", "Not available for now| ({service})"
    ),
    # The programme's own data
    "DAYS_PASSED": Words(
        422, "不得调整已过去的日期|（{days}）", "A day that has passed is not changed| ({days})"
    ),
    "EFFECTIVE_TOO_EARLY": Words(422, "生效日须晚于 {after}", "It begins after {after}"),
    "PARAMETER_NOT_OF_RULES": Words(422, "{row} 没有参数 {name}", "{row} has no parameter {name}"),
    "PARAMETER_UNFIT": Words(
        422,
        "{row} 的参数 {name} 类型或范围不符",
        "Parameter {name} of {row} is of another type or out of bounds",
    ),
    "ADJUSTMENT_TOO_LARGE": Words(
        422, "专家组调整不得超过 {most} 分", "A panel moves the score by at most {most} points"
    ),
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
    # State and repetition
    "IDEMPOTENCY_MISMATCH": Words(
        409, "同一幂等键已用于不同内容", "This Idempotency-Key was used with another body"
    ),
    "IDEMPOTENCY_IN_PROGRESS": Words(
        409, "同一幂等键的请求正在处理", "The first request with this Idempotency-Key still runs"
    ),
    "STATE_CONFLICT": Words(
        409, "当前状态不允许此操作|（{state}）", "Its state does not allow this| ({state})"
    ),
    "ALREADY_EXISTS": Words(409, "已存在|：{key}", "It exists already|: {key}"),
    "EXTERNAL_ID_MISMATCH": Words(
        409, "同一外部编号已有不同内容", "This external_id was posted with other content"
    ),
    "STALE_INPUT": Words(409, "所依据的数据已变化", "What it was computed from has changed"),
    "CLOCK_BACKWARDS": Words(
        409, "时钟不能倒退|（当前 {now}）", "The clock never goes back| (now {now})"
    ),
    "NOT_YET_SEQUENCED": Words(409, "尚未写入日志，请稍后", "Not yet covered by a checkpoint"),
    # Organizations
    "USCC_FORMAT": Words(422, "统一社会信用代码格式错误", "The USCC is malformed"),
    "USCC_CHECK_DIGIT": Words(
        422,
        "统一社会信用代码校验位错误|（应为 {expected}）",
        "The USCC's check character is wrong| (should be {expected})",
    ),
    "LEGAL_PERSON_REQUIRED": Words(
        422, "须为独立法人|（{uscc}）", "An independent legal person is required| ({uscc})"
    ),
    "ENTITY_NOT_LOCAL": Words(
        422,
        "须在本市注册|（区划 {region_code}）",
        "It must be registered in Shanghai| (region {region_code})",
    ),
    "ENTITY_AGE_EXCEEDED": Words(422, "注册时间早于 {limit}", "It was registered before {limit}"),
    "ENTITY_TAKEN": Words(
        409, "该法人已是另一中心的实体", "It is the legal person of another centre already"
    ),
    "RETURN_EXPIRED": Words(
        409, "补正期限已过（至 {last_on}）", "The time to come back is over (last day {last_on})"
    ),
    "ENTITY_EXCEPTION_PENDING": Words(409, "例外申请尚未决定", "The exception is not yet decided"),
    "EXCEPTION_NOT_ALLOWED": Words(409, "本次申报不接受例外", "This call allows no exception"),
    "CONSORTIUM_NOT_REGISTERED": Words(
        409, "联合体尚未完成实体注册", "The consortium has no registered legal entity yet"
    ),
    "COMMON_PROBLEM_MISSING": Words(
        422, "联合体须说明行业共性问题", "A consortium states the industry-common problem"
    ),
    "MODEL_SPONSOR_MISMATCH": Words(
        422, "牵头单位类型与组建模式不符", "The lead sponsor's kind does not fit the model"
    ),
    "MODEL_COMPOSITION": Words(
        422, "成员构成不足|：{missing}", "The members do not make up the model|: {missing} missing"
    ),
    "MEMBER_NOT_CONFIRMED": Words(
        409, "成员单位尚未确认|：{org_ids}", "Members have not confirmed|: {org_ids}"
    ),
    "DISHONEST_ORG": Words(
        422,
        "处于严重失信名单期内|（至 {until}）",
        "Under a record of serious dishonesty| (until {until})",
    ),
    "CORE_TECH_MISSING": Words(
        422, "缺少待突破的核心技术", "A core technology to be broken through is missing"
    ),
    "RD_SERIES_INCOMPLETE": Words(
        422, "研发投入年份不全|：{missing}", "R&D spending is not stated for all years|: {missing}"
    ),
    "SPONSOR_STRENGTH_MISSING": Words(
        422, "发起单位条件材料不全|：{missing}", "The sponsor's evidence is incomplete|: {missing}"
    ),
    "MATERIAL_MISSING": Words(422, "缺少申报材料|：{missing}", "Materials are missing|: {missing}"),
    "FIELD_INACTIVE": Words(
        422, "领域不在有效目录内|：{fields}", "The field is not active|: {fields}"
    ),
    "COVERAGE_MISSING": Words(
        422,
        "产学研用覆盖不全|：{missing}",
        "Industry, university, research and user are not all there|: {missing}",
    ),
    "HORIZON_OUT_OF_RANGE": Words(422, "规划期不在 5–10 年内", "The horizon is not 5–10 years"),
    "FEW_SHAREHOLDERS": Words(422, "成员单位偏少|（{count}）", "There are few members| ({count})"),
    "SINGLE_SOURCE": Words(422, "仅一家单位或一项技术", "One organization or one technology only"),
    "REASON_TOO_SHORT": Words(
        422, "理由不足 {min} 字", "The reason has fewer than {min} characters"
    ),
    "ROUNDS_EXHAUSTED": Words(
        409, "补正次数已满|（{max}）", "No round of correction is left| (at most {max})"
    ),
    # Governance
    "GOV_BODY_COMPOSITION": Words(
        409, "治理机构组成不合规定|：{missing}", "A body's composition does not fit|: {missing}"
    ),
    "INDEPENDENCE_BROKEN": Words(422, "该人士不具独立身份", "This person is not independent"),
    "VOTES_NOT_100": Words(
        422,
        "表决权合计不为 100%|（{sum_ppm} ppm）",
        "The votes do not sum to 100 %| ({sum_ppm} ppm)",
    ),
    "PLAN_PART_MISSING": Words(
        409, "发展规划缺少部分|：{missing}", "Parts of the plan are missing|: {missing}"
    ),
    "CLASS_NOT_SEATED": Words(
        409,
        "有成员类别在决策机构中无席位|：{missing}",
        "A class of members has no seat|: {missing}",
    ),
    "SEAT_MAJORITY": Words(
        409, "一家单位占决策机构半数以上席位", "One organization holds most of the seats"
    ),
    "ORGANS_MISSING": Words(
        409,
        "法人治理结构尚不完整|：{missing}",
        "The legal person has not shown all its organs|: {missing}",
    ),
    "VOTER_UNKNOWN": Words(
        422, "投票人无表决权或重复投票", "Somebody without a vote, or twice, is named"
    ),
    "MILESTONE_OVERDUE": Words(
        409, "应办事项已逾期|：{milestones}", "A duty is past its day|: {milestones}"
    ),
    "RECOMMENDATION_MISSING": Words(
        409, "尚无他人提出的建议", "Another person has not recommended it yet"
    ),
    "PILOT_SUMMARY_MISSING": Words(409, "试点总结尚未提交", "The pilot's summary is not filed"),
    "THEME_REPORT_MISSING": Words(
        409, "试点主题或其报告尚缺|：{missing}", "A theme of the pilot has no report|: {missing}"
    ),
    "DOSSIER_MISSING": Words(
        409, "争创国家级的材料尚未提交", "The dossier for the national level is not filed"
    ),
    "NATIONAL_GAPS": Words(
        409, "尚未满足国家级条件|：{missing}", "National conditions are not all met|: {missing}"
    ),
    "RECHECK_MISSING": Words(
        409, "整改复核结论不符|（需 {needed}）", "The re-check does not say so| (needed: {needed})"
    ),
    "PLAN_NOT_APPROVED": Words(409, "发展规划尚未批准", "The plan is not approved"),
    "SITE_VISIT_MISSING": Words(409, "现场考察尚未完成", "The site visit is not done"),
    "REVIEW_MISSING": Words(409, "专家评审尚未完成", "The expert review is not done"),
    "REVIEW_BELOW_PASS": Words(
        409,
        "评审得分低于合格线|（{mean} < {pass_line}）",
        "The review is below the pass line| ({mean} < {pass_line})",
    ),
    "NOTICE_OPEN": Words(
        409,
        "公示尚未结束|（至 {closes_on}）",
        "The public notice still runs| (to the end of {closes_on})",
    ),
    "NOTICE_MISSING": Words(409, "尚未公示", "There was no public notice"),
    "OBJECTION_PENDING": Words(409, "尚有未处理的异议", "An objection is open"),
    "OBJECTION_ANONYMOUS": Words(422, "异议须实名", "An objection needs a name"),
    "SOD_VIOLATION": Words(
        403,
        "同一人不得在同一案件中兼任|（已作为 {held}）",
        "The same person may not do both in one case| (already {held})",
    ),
    "CASE_ON_HOLD": Words(
        409, "案件已暂停：所依据的决定已变化", "The case is on hold: what it rests on has changed"
    ),
    # Panels and sheets
    "PANEL_SIZE": Words(
        422,
        "专家组人数须为不少于 {min} 的奇数",
        "A panel has an odd number of experts, at least {min}",
    ),
    "PANEL_FIELD_MISSING": Words(
        422, "专家组缺少领域|：{missing}", "The panel lacks fields|: {missing}"
    ),
    "PANEL_INCOMPLETE": Words(409, "专家组有空缺", "The panel has a vacant seat"),
    "EXPERT_INACTIVE": Words(422, "专家不在库或不可用", "The expert is not in the pool"),
    "COI_CURRENT_ORG": Words(422, "专家现任职于 {org_uscc}", "The expert works at {org_uscc}"),
    "COI_EMPLOYMENT_3Y": Words(
        422, "专家三年内曾任职于 {org_uscc}", "The expert worked at {org_uscc} within three years"
    ),
    "COI_BOARD": Words(
        422, "专家任 {org_uscc} 董事或监事", "The expert sits on the board of {org_uscc}"
    ),
    "COI_SHAREHOLDING": Words(
        422, "专家持有 {org_uscc} 股权", "The expert holds shares of {org_uscc}"
    ),
    "COI_KINSHIP": Words(
        422, "专家亲属任职于 {org_uscc}", "A relative of the expert works at {org_uscc}"
    ),
    "COI_COAUTHORED": Words(
        422, "专家与 {org_uscc} 有合作项目", "The expert shares a project with {org_uscc}"
    ),
    "COI_GOVERNANCE_SEAT": Words(
        422, "专家在该中心治理机构任职", "The expert has a seat in this centre's bodies"
    ),
    "COI_CASE_ROLE": Words(
        422, "专家已以其他身份参与本案", "The expert has another part in this case"
    ),
    "DECLARATION_MISSING": Words(403, "须先作回避声明", "Declare your interests first"),
    "SHEET_INCOMPLETE": Words(
        422, "评分表不完整|：{missing}", "The score sheet is incomplete|: {missing}"
    ),
    "SHEETS_TOO_FEW": Words(
        409, "有效评分表不足|（{count} < {min}）", "Too few valid score sheets| ({count} < {min})"
    ),
    "INDICATOR_UNKNOWN": Words(
        422,
        "评分表没有此指标，或重复|（应为 {expected}）",
        "The sheet has no such indicator, or has it twice| ({expected})",
    ),
    "VISIT_EXPERTS_TOO_FEW": Words(
        422,
        "现场考察专家不足|（{count} < {min}）",
        "Too few experts for a site visit| ({count} < {min})",
    ),
    # Evaluation
    "WEIGHTS_NOT_100": Words(
        422, "权重合计不为 100|（{sum}）", "The weights do not sum to 100| ({sum})"
    ),
    "SCHEME_FROZEN": Words(409, "指标体系已冻结", "The scheme is frozen"),
    "SCHEME_INVALID": Words(422, "指标体系不合规定", "The scheme does not fit"),
    "VALUE_NEGATIVE": Words(422, "数值为负|：{where}", "A figure is below zero|: {where}"),
    "REPORT_MISSING": Words(409, "缺少年度运行发展报告", "The annual report is missing"),
    "REPORT_LATE": Words(
        409, "报告逾期 {lateness_days} 天", "The report is {lateness_days} days late"
    ),
    "REPORT_LOCKED": Words(409, "报告已锁定", "The report is locked"),
    "SNAPSHOT_MISSING": Words(409, "尚无事实快照", "There is no snapshot"),
    "SNAPSHOT_CHANGED": Words(409, "快照与存档不符", "The snapshot is not what was stored"),
    "SECOND_READING_MISSING": Words(
        409, "临界等次须复核", "A rating near a boundary needs a second reading"
    ),
    "TRIENNIAL_INCOMPLETE": Words(
        409, "缺少连续三年的年度评估", "Three consecutive annual results are needed"
    ),
    "RATING_TOO_LOW": Words(
        409, "等次不足|（至少 {lowest}）", "The rating is too low| (at least {lowest})"
    ),
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
        409, "签署的文本摘要不符", "The text signed is not the agreement's"
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
    "CODE_UNKNOWN": Words(
        422, "代码表中没有该代码|（{scheme}）", "The code is in no such table| ({scheme})"
    ),
    "DAYS_REVERSED": Words(422, "结束日早于开始日", "The last day lies before the first"),
    "DAY_IN_FUTURE": Words(
        422, "日期在未来|（今天为 {today}）", "The day lies ahead| (today is {today})"
    ),
    "CALL_WINDOW_CLOSED": Words(
        409,
        "不在申报时间内|（{open_from} 至 {open_until}）",
        "The call is not open| (from {open_from} until {open_until})",
    ),
    "BOOKING_OVERLAP": Words(409, "该时段已被预约", "Somebody else has it for some of that time"),
    "BOOKING_TOO_LONG": Words(
        422,
        "预约时间过长|（上限 {max_days} 天）",
        "The booking is too long| (at most {max_days} days)",
    ),
    "TIME_PASSED": Words(422, "所选时间已过", "That time has passed"),
    "OWNER_NOT_IN_CENTER": Words(
        422, "该单位不属于此创新中心", "That organization does not belong to the centre"
    ),
    "QUALIFICATION_UNKNOWN": Words(
        422, "资质不存在或不属于服务提供单位", "The provider has no such qualification"
    ),
    "QUALIFICATION_EXPIRED": Words(
        422,
        "资质不在有效期内，该服务不公开展示",
        "The qualification does not hold; it is not shown",
    ),
    "QUALIFICATION_MISSING": Words(
        422, "未注明检测认证资质", "No qualification is named for testing or certification"
    ),
    "PARK_MISSING": Words(
        422,
        "平台型创新中心的园区尚未登记",
        "The park of a platform centre has not been entered yet",
    ),
    "OWNERSHIP_CYCLE": Words(
        422,
        "持有关系成环|：{chain}",
        "Organizations would own each other in a ring|: {chain}",
    ),
    "SUCCESSOR_INVALID": Words(
        422,
        "承继单位须为另一个存续的单位",
        "The successor has to be another organization that still stands",
    ),
    "MEDIA_TYPE_MISMATCH": Words(
        422,
        "文件内容与声明的类型 {media_type} 不符",
        "The file's content is not of the declared type {media_type}",
    ),
    "PARK_DEVELOPER_REQUIRED": Words(422, "须为园区开发主体", "It has to be a park's developer"),
    "FILE_UNKNOWN": Words(
        422,
        "没有这些文件或不属于您|：{file_ids}",
        "There are no such files, or not yours|: {file_ids}",
    ),
    "FACT_SUPERSEDED": Words(409, "该记录已被更正", "The fact was corrected before"),
    "CHAIN_STAGE_MISSING": Words(
        422, "须注明创新链环节", "The stage of the innovation chain is missing"
    ),
    "NUMBER_FORMAT": Words(422, "编号格式错误", "The number is malformed"),
    "CONSENT_MISSING": Words(
        409, "缺少共有人同意|：{orgs}", "Co-owners have not consented|: {orgs}"
    ),
    "ALREADY_SIGNED": Words(409, "本单位已签署", "Your organization has signed already"),
    "PARTIES_TOO_FEW": Words(422, "当事方少于 {min} 家", "There are fewer than {min} parties"),
    "PARTY_REPEATED": Words(
        422, "同一单位重复出现|：{org_ids}", "An organization stands twice|: {org_ids}"
    ),
    "PARTY_UNKNOWN": Words(
        422, "所列单位不是当事方或不存在|：{org_ids}", "Not a party, or unknown|: {org_ids}"
    ),
    "PATENT_KIND_MISMATCH": Words(
        422, "专利号的类型与所报类型不符", "The number is that of another kind of patent"
    ),
    "DAYS_OUT_OF_ORDER": Words(422, "日期先后颠倒", "The days are out of order"),
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
    # The ledger: money, rights and rewards
    **LEDGER_CODES,
    # Products
    "CATALOG_NOT_FIRST_SALE": Words(422, "不属首次投放市场", "It is not a first sale"),
    "FIRST_PURCHASE_NO": Words(422, "首购合同编号错误", "The first-purchase number is malformed"),
    "FIRST_PURCHASE_MISMATCH": Words(422, "与目录名称不一致", "It does not match the catalogue"),
}
