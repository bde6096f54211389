"""Panels, sheets, schemes, cycles and results."""

from typing import Final

from shared.http.wording import Words

CODES: Final[dict[str, Words]] = {
    "RESULT_VOID": Words(
        409,
        "该结果版本已作废，系决定而非计算所得",
        "This version is void: it was decided, not computed",
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
    "SEED_MISSING": Words(
        409, "本次抽取前未公布种子的承诺值", "No seed was committed to before this draw"
    ),
    "SEED_MISMATCH": Words(
        409,
        "种子与公布的承诺值 {commitment} 不符",
        "The seed is not the one committed to as {commitment}",
    ),
    "SEED_OPEN": Words(
        409,
        "冻结专家库时该种子已经公开，须重新抽取",
        "The seed was open when the pool froze; draw again",
    ),
    "DRAW_NOT_PROVEN": Words(
        409, "抽取结果未经证明，不能采用", "The draw has no proof and cannot be accepted"
    ),
    "SEPARATE_CONSENT_MISSING": Words(
        409, "缺少本人对此类信息的单独同意", "The person has not consented to this kind of data"
    ),
    "PANEL_CONFLICT": Words(
        409,
        "专家组成员存在利益冲突，须先作废其评分表|：{codes}",
        "An expert of the panel has a conflict; the sheet must be voided first|: {codes}",
    ),
    "PANEL_COLLEAGUES": Words(
        422,
        "同一单位的专家在一个专家组中只占一席|：{organizations}",
        "Two experts of one organization do not sit on one panel|: {organizations}",
    ),
    "EXPERT_OVERLOADED": Words(
        422,
        "专家手头已有 {held} 件，上限 {max} 件",
        "The expert has {held} cases at work and may have {max}",
    ),
    "ALTERNATE_PASSED_OVER": Words(
        422,
        "有候补专家可以递补，另选他人须说明理由|：{alternates}",
        "An alternate could take the seat; say why somebody else does|: {alternates}",
    ),
    "ALTERNATES_EXHAUSTED": Words(
        409, "没有可以递补的候补专家", "No alternate can take a vacant seat"
    ),
    "EXPERT_REPEATED": Words(
        422, "同一人在一个专家组中只占一席", "A person takes one seat of a panel"
    ),
    "EXPERT_INACTIVE": Words(422, "专家不在库或不可用", "The expert is not in the pool"),
    "EXPERT_AWAY": Words(
        422,
        "专家于 {from_on} 至 {until_on} 外出，评审或考察为 {work_from} 至 {work_until}",
        "The expert is away from {from_on} to {until_on}; the panel's work, or the visit, is from"
        " {work_from} to {work_until}",
    ),
    "ABSENCES_OVERLAP": Words(
        409,
        "专家的外出日期重叠|：{days}",
        "The expert is already away on some of these days|: {days}",
    ),
    "ABSENCE_OVER": Words(409, "外出已于 {until_on} 结束", "The absence ended on {until_on}"),
    "ABSENCE_BEGUN": Words(
        409, "外出已于 {from_on} 开始，不能撤回", "The absence began on {from_on} and stays"
    ),
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
        422, "专家曾与 {org_uscc} 合作项目", "The expert shares a project with {org_uscc}"
    ),
    "COI_GOVERNANCE_SEAT": Words(
        422, "专家在该中心治理机构任职", "The expert has a seat in this centre's bodies"
    ),
    "DECLARATION_MISSING": Words(403, "须先作回避声明", "Declare your interests first"),
    "SHEET_INCOMPLETE": Words(
        422, "评分表不完整|：{missing}", "The score sheet is incomplete|: {missing}"
    ),
    "SHEETS_TOO_FEW": Words(
        409, "有效评分表不足|（{count} < {min}）", "Too few valid score sheets| ({count} < {min})"
    ),
    "SHEETS_WAITING": Words(
        409,
        "还有 {count} 份评分表没有提交；不再提交的须先作废",
        "{count} score sheets are not handed in yet; void those that will not be",
    ),
    "INDICATOR_UNKNOWN": Words(
        422,
        "评分表没有此指标，或该指标重复|（应为 {expected}）",
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
    "SCHEME_INVALID": Words(
        422, "指标体系不符合规定|（{problem}）", "The scheme does not fit| ({problem})"
    ),
    "VALUE_NEGATIVE": Words(422, "数值为负|：{where}", "A figure is below zero|: {where}"),
    "REPORT_MISSING": Words(409, "缺少年度运行发展报告", "The annual report is missing"),
    "REPORT_LATE": Words(
        409, "报告逾期 {lateness_days} 天", "The report is {lateness_days} days late"
    ),
    "REPORT_LOCKED": Words(409, "报告已锁定", "The report is locked"),
    "SNAPSHOT_MISSING": Words(409, "尚无事实快照", "There is no snapshot"),
    "SNAPSHOT_CHANGED": Words(409, "快照与存档不符", "The snapshot is not what was stored"),
    "RESULT_DIFFERS": Words(
        409,
        "重算结果与存档不一致|（{stored} ≠ {recomputed}）",
        "Computed again, the result is another one| ({stored} ≠ {recomputed})",
    ),
    "SECOND_READING_MISSING": Words(
        409, "得分处于等次临界，须先复核", "A rating near a boundary needs a second reading"
    ),
    "LEAF_WAITING": Words(
        409,
        "已重开的指标尚待重新评分或更正|：{leaves}",
        "A reopened leaf waits for its new sheets or its correction|: {leaves}",
    ),
    "OPERATING_YEAR_AHEAD": Words(
        409,
        "中心运营尚未满 {years} 年|（{reached_on} 期满）",
        "The centre has not operated for {years} years| (until {reached_on})",
    ),
    "PUBLIC_SERVICE_NOT_SHOWN": Words(
        422,
        "公共服务占比没有上升或保持，不能得出正在转化的结论",
        "The public part of its services has not held or risen: no such conclusion",
    ),
    "OBJECTION_TOO_LATE": Words(
        409, "异议期已过|（截至 {last_on}）", "The time for objecting is over| (until {last_on})"
    ),
    "DAY_BEHIND": Words(
        422,
        "最后期限已过|：{due_on} 早于 {today}",
        "The last day is behind|: {due_on} is before {today}",
    ),
    "LEAF_NOT_REOPENED": Words(
        409,
        "未重开的指标不得变动|：{leaves}",
        "A leaf that was not reopened would change|: {leaves}",
    ),
    "ROUND_UNDECIDED": Words(
        409,
        "本轮考核还有 {count} 家中心未决定，也未说明",
        "{count} centres of the round are neither decided nor explained",
    ),
    "YEARS_OVERLAP": Words(
        409,
        "年度重叠|：{years} 已有考核",
        "Its years overlap those of another|: {years}",
    ),
    "TRIENNIAL_INCOMPLETE": Words(
        409, "缺少连续三年的年度评估结果", "Three consecutive annual results are needed"
    ),
    "RATING_TOO_LOW": Words(
        409, "等次不足|（至少 {lowest}）", "The rating is too low| (at least {lowest})"
    ),
    "ADJUSTMENT_TOO_LARGE": Words(
        422, "专家组调整不得超过 {most} 分", "A panel moves the score by at most {most} points"
    ),
}
