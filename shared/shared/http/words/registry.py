"""The programme, organizations, centres and what they do."""

from typing import Final

from shared.http.wording import Words

CODES: Final[dict[str, Words]] = {
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
    "YEAR_WITHOUT_FIGURES": Words(
        422, "报告年份须在 {first} 至 {last} 之间", "Reports are of the years {first} to {last}"
    ),
    "CODE_UNKNOWN": Words(
        422, "代码表中没有该代码|（{scheme}）", "The code is in no such table| ({scheme})"
    ),
    "CALL_WINDOW_CLOSED": Words(
        409,
        "不在申报时间内|（{open_from} 至 {open_until}）",
        "The call is not open| (from {open_from} until {open_until})",
    ),
    # Organizations
    "LEGAL_PERSON_REQUIRED": Words(
        422, "须为独立法人|（{uscc}）", "An independent legal person is required| ({uscc})"
    ),
    "OWNERSHIP_CYCLE": Words(
        422,
        "上级单位关系形成循环|：{chain}",
        "Organizations would own each other in a ring|: {chain}",
    ),
    "SUCCESSOR_INVALID": Words(
        422,
        "承继单位须为另一个存续的单位",
        "The successor has to be another organization that still stands",
    ),
    "PARK_MISSING": Words(
        422,
        "平台型创新中心的园区尚未登记",
        "The park of a platform centre has not been entered yet",
    ),
    "PARK_DEVELOPER_REQUIRED": Words(422, "须为园区开发主体", "It has to be a park's developer"),
    "MEDIA_TYPE_MISMATCH": Words(
        422,
        "文件内容与声明的类型 {media_type} 不符",
        "The file's content is not of the declared type {media_type}",
    ),
    # The legal entity and the application
    "ENTITY_NOT_LOCAL": Words(
        422,
        "须在本市注册|（区划 {region_code}）",
        "It must be registered in Shanghai| (region {region_code})",
    ),
    "ENTITY_AGE_EXCEEDED": Words(422, "注册时间早于 {limit}", "It was registered before {limit}"),
    "ENTITY_CONSENT_MISSING": Words(
        409,
        "该法人尚未以自己的账号同意担任中心的运营主体",
        "The legal person has not agreed by its own account to carry the centre",
    ),
    "ENTITY_TAKEN": Words(
        409, "该法人已是另一中心的运营主体", "It is the legal person of another centre already"
    ),
    "RETURN_EXPIRED": Words(
        409, "补正期限已过（截至 {last_on}）", "The time to come back is over (last day {last_on})"
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
        422,
        "成员构成不符合组建模式|：缺 {missing}",
        "The members do not make up the model|: {missing} missing",
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
        422,
        "发起单位的证明材料不全|：{missing}",
        "The sponsor's evidence is incomplete|: {missing}",
    ),
    "MATERIAL_MISSING": Words(422, "缺少申报材料|：{missing}", "Materials are missing|: {missing}"),
    "VERIFIER_CONCERNED": Words(
        422,
        "核验机构须为第三方，不得为中心自身、牵头单位、受托单位或报送单位",
        "The verifier must be a third party: neither the centre, its lead or trustee, nor the poster",
    ),
    "CALL_FIELD_MISMATCH": Words(
        422,
        "所选领域不在申报通知的领域之内|：{call_fields}",
        "None of the fields is one of the call's|: {call_fields}",
    ),
    "FIELD_INACTIVE": Words(
        422, "领域不在有效目录内|：{fields}", "The field is not active|: {fields}"
    ),
    "COVERAGE_MISSING": Words(
        422,
        "产学研用覆盖不全|：缺 {missing}",
        "Industry, university, research and user are not all there|: {missing}",
    ),
    "HORIZON_OUT_OF_RANGE": Words(422, "规划期须为 5–10 年", "The horizon is not 5–10 years"),
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
        409, "治理机构组成不符合规定|：{missing}", "A body's composition does not fit|: {missing}"
    ),
    "INDEPENDENCE_BROKEN": Words(422, "该人士不具备独立身份", "This person is not independent"),
    "VOTES_NOT_100": Words(
        422,
        "表决权合计不为 100%|（{sum_ppm} ppm）",
        "The votes do not sum to 100 %| ({sum_ppm} ppm)",
    ),
    "PLAN_PART_MISSING": Words(
        409, "发展规划内容不全|：缺 {missing}", "Parts of the plan are missing|: {missing}"
    ),
    "CLASS_NOT_SEATED": Words(
        409,
        "部分类别的成员在决策机构中没有席位|：{missing}",
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
    "VOTER_NOT_MEMBER": Words(
        422,
        "表决权只能由当日的成员单位持有|：{org_ids}",
        "Only members of the centre on that day hold votes|: {org_ids}",
    ),
    "BODY_NOT_IN_OFFICE": Words(
        422, "该机构当日不在任期内", "The body was not in office on that day"
    ),
    "NOTICE_TOO_SHORT": Words(
        422,
        "通知期不足|：最后一日不得早于 {earliest}",
        "The notice is too short|: the last day is {earliest} or later",
    ),
    "RESOLUTION_MISSING": Words(
        409, "缺少已通过的相关决议", "A resolution on it that was carried is missing"
    ),
    "MILESTONE_OVERDUE": Words(
        409, "应办事项已逾期|：{milestones}", "A duty is past its day|: {milestones}"
    ),
    "RECOMMENDATION_MISSING": Words(
        409, "尚未由他人提出建议", "Another person has not recommended it yet"
    ),
    "PILOT_SUMMARY_MISSING": Words(409, "试点总结尚未提交", "The pilot's summary is not filed"),
    "THEME_REPORT_MISSING": Words(
        409, "试点主题或主题报告尚缺|：{missing}", "A theme of the pilot has no report|: {missing}"
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
    "FINDINGS_OPEN": Words(
        409,
        "评估发现的问题尚未全部整改闭环|：{findings}",
        "Findings of the evaluation are not closed yet|: {findings}",
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
    "CASE_ON_HOLD": Words(
        409, "案件已暂停：所依据的决定已变化", "The case is on hold: what it rests on has changed"
    ),
    "CENTER_ON_HOLD": Words(
        409,
        "中心的阶段变更已暂停：所依据的评估结果已变化",
        "The centre is on hold: a result that it rests on has changed",
    ),
    # Products
    "CATALOG_NOT_FIRST_SALE": Words(422, "不属首次投放市场", "It is not a first sale"),
    "FIRST_PURCHASE_NO": Words(422, "首购合同编号错误", "The first-purchase number is malformed"),
    "FIRST_PURCHASE_MISMATCH": Words(
        422, "产品或制造单位与目录所列不一致", "It does not match the catalogue"
    ),
    "FIRST_PURCHASE_LATE": Words(
        422, "首购合同录入逾期|（最迟 {due_on}）", "It is entered late| (due on {due_on})"
    ),
    "CATALOG_NOT_VALID": Words(
        422,
        "签订日不在目录有效期内|（{valid_from} 至 {valid_to}）",
        "It was signed outside the catalogue's validity| ({valid_from} to {valid_to})",
    ),
    "PRODUCT_PARTICULARS": Words(
        422,
        "须且仅须填写该类产品的要件|（{needed}）",
        "Only its own kind's part is given| ({needed})",
    ),
    "MATERIAL_SPEC_MISSING": Words(
        422,
        "新材料须注明牌号和规格|（缺 {missing}）",
        "A material needs grade and spec| ({missing})",
    ),
    "SOFTWARE_NOT_FIRST_VERSION": Words(
        422, "软件主版本号须为 {needed}", "The software's main version has to be {needed}"
    ),
    "SOFTWARE_NOT_FOR_MARKET": Words(
        422, "定制开发或自用软件不属首版次", "Bespoke or in-house software is no first version"
    ),
    "RIGHT_TOO_OLD": Words(
        422,
        "授权或取得日期不在 {first_day} 至 {last_day} 之间",
        "It was not granted or acquired between {first_day} and {last_day}",
    ),
    "INVENTION_PATENT_MISSING": Words(
        422, "须有自有的授权发明专利", "A granted invention patent of its own is needed"
    ),
    "NOT_AN_INVENTION": Words(422, "该号码不是发明专利", "That number is no invention patent's"),
    "PATENT_NOT_OWN": Words(
        422,
        "专利权人须为制造单位或中心的运营主体",
        "The patent is neither the maker's nor the centre's",
    ),
    # Support and publicity
    "MEASURE_NOT_APPLICABLE": Words(
        422,
        "该类措施不适用于此组建模式和阶段|（{measure}，{model_type}，{stage}）",
        "That kind does not fit model and stage| ({measure}, {model_type}, {stage})",
    ),
    "AMOUNT_MISSING": Words(422, "该类措施须注明金额", "That kind of measure needs an amount"),
    "MEASURE_PARTICULARS": Words(
        422, "须且仅须填写该类措施的要件", "What its own kind asks for is given, and nothing else"
    ),
    "SUPPORT_PLAN_MISSING": Words(
        409, "该中心没有已批准的支持方案", "The centre has no approved plan of support"
    ),
    "MEASURE_NOT_PLANNED": Words(
        409, "支持方案未列入该类措施或用途", "The plan of support does not foresee it"
    ),
    "FACT_UNKNOWN": Words(
        422,
        "没有这些事实，或不属于该中心|：{fact_ids}",
        "The centre has no such facts|: {fact_ids}",
    ),
    "FACT_CONFIDENTIAL": Words(
        422,
        "涉密内容不得用于宣传|：{fact_ids}",
        "Confidential facts are not made public|: {fact_ids}",
    ),
    "LAUREATE_UNCLEAR": Words(
        422, "受奖者须为一人或一家单位，且只能择一", "One person or one organization is named"
    ),
    "PUBLICITY_WITHDRAWN": Words(410, "已撤回|：{reason}", "It was withdrawn|: {reason}"),
    "RULE_SET_PROVISIONAL": Words(
        422,
        "本类产品的认定规则为暂行参照|（来源：{source}）",
        "The tests of this kind are provisional| (from {source})",
    ),
    "POSITIONS_REVERSED": Words(
        422,
        "起始位置不得晚于终止位置|：{after}、{until}",
        "The first position comes after the last|: {after}, {until}",
    ),
    "DEMAND_OVERDUE": Words(
        422,
        "需求截止日早于今天|（今天 {today}）",
        "The need is over before today| (today {today})",
    ),
    # Shared resources and services
    "BOOKING_OVERLAP": Words(409, "该时段已被预约", "Somebody else has it for some of that time"),
    "BOOKING_TOO_LONG": Words(
        422,
        "预约时间过长|（上限 {max_days} 天）",
        "The booking is too long| (at most {max_days} days)",
    ),
    "USE_TOO_LONG": Words(
        422,
        "使用时间不可能这样长|（最多 {max_minutes} 分钟）",
        "Nobody can have used it for so long| (at most {max_minutes} minutes)",
    ),
    "USER_NOT_IN_CENTER": Words(
        422, "预约期内已不是该中心成员", "The user is no member of the centre for all of that time"
    ),
    "TIME_PASSED": Words(422, "所选时间已过", "That time has passed"),
    "QUALIFICATION_UNKNOWN": Words(
        422, "资质不存在或不属于服务提供单位", "The provider has no such qualification"
    ),
    "QUALIFICATION_EXPIRED": Words(
        422,
        "资质不在有效期内，该服务不公开展示",
        "The qualification does not hold; it is not shown",
    ),
    "QUALIFICATION_MISSING": Words(
        422, "检测、认证类服务须注明资质", "No qualification is named for testing or certification"
    ),
    "CASE_NOT_FROM_ELSEWHERE": Words(
        422,
        "须为境外国家或其他省份的案例|（{place}）",
        "A case comes from another country or another province| ({place})",
    ),
    # Uses of bookings
    "REFERENCE_RESERVED": Words(
        422,
        "以 {prefix} 开头的编号专用于由预约生成的事实",
        "References that begin with {prefix} are those of bookings",
    ),
    "FACT_OF_BOOKING": Words(
        409, "该事实由预约生成，须通过预约更正", "A booking told this; it is corrected there"
    ),
    # Facts
    "FACT_SUPERSEDED": Words(409, "该事实已被更正", "The fact was corrected before"),
    "DAY_NOT_OF_MEMBERSHIP": Words(
        422,
        "当日本单位不是该中心的成员|（成员期：{days}）",
        "The organization was no member of the centre on that day| (its days: {days})",
    ),
    "CHAIN_STAGE_MISSING": Words(
        422, "须注明创新链环节", "The stage of the innovation chain is missing"
    ),
    "DIRECTION_MISSING": Words(
        422,
        "自主项目须注明所依据的研究方向",
        "A project of the centre's own names the research direction that it follows",
    ),
    "RESOURCES_ONE_SIDED": Words(
        422,
        "未区分现有资源与新建资源|：缺 {missing}",
        "Resources at hand and to be built are not both named|: {missing} missing",
    ),
    # Payments of support
    "BUDGET_EXCEEDED": Words(
        422,
        "拨付金额超出支持措施的余额|（剩余 {left_fen} 分）",
        "More than is left of the measure| ({left_fen} fen left)",
    ),
    "PAYMENT_OUT_OF_PERIOD": Words(
        422, "拨付日须在 {first} 至 {last} 之间", "It is paid between {first} and {last}"
    ),
    "MILESTONE_NAMED": Words(
        409,
        "进展已引用该项目的里程碑，不得删除|：{codes}",
        "Progress names milestones that would be gone|: {codes}",
    ),
    # Patents of a nomination, as the ip-ledger has them
    "PATENT_UNRECORDED": Words(
        422, "知识产权台账中没有该专利", "The ip-ledger does not know this patent"
    ),
    "PATENT_NOT_IN_FORCE": Words(
        422,
        "台账中该权利不是有效的发明专利|（{state}）",
        "In the ip-ledger it is no invention patent in force| ({state})",
    ),
    "PATENT_DAY_DIFFERS": Words(
        422, "授权日与台账不一致", "The ip-ledger has another day of grant"
    ),
}
