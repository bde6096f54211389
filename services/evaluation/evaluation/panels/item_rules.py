"""What an expert scores of an application, and what each of the five items looks at (A120)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from evaluation.schemes.guidance_rules import Guidance

# Its score is the mean of the five (api.md), so that no item has points of its own.
APPLICATION_INDICATORS: Final = ("technology", "economy", "industry", "management", "legal_ip")
# The conditions of 四(二) and the mechanisms of 三, as the five fields of a panel look at them.
_ITEMS: Final = (
    Guidance(
        "technology", "技术", "Technology",
        "看：1—2 项有待突破的核心技术是否选准，目标水平（国内领先或国际先进）有无依据；技术"
        "路线是否可行；长期研发的积累、承担重点项目的经历；研发平台、仪器装备和高端人才能否"
        "支撑。\n"
        "给分：以 100 分为满分，目标明确、路线可行、条件具备的得高分；目标空泛或者条件不足以"
        "支撑的得低分。",
        "Look at: whether the one or two core technologies to be broken through are well "
        "chosen and the target level (leading in China or advanced in the world) is "
        "founded; whether the route is feasible; the record of research and of key "
        "projects; whether platforms, instruments and senior people carry it.\n"
        "Scores: of 100; high where target, route and means are all there, low where the "
        "target is vague or the means do not reach it.",
    ),
    Guidance(
        "economy", "经济", "Economy",
        "看：牵头单位的科研资产和经济实力、持续的研发投入；资金筹措、研发投入与成果转化收益"
        "预算是否平衡可信；出资是否多元、到位有无保障；能否长期自负盈亏。\n"
        "给分：以 100 分为满分，投入有保障、预算可信、来源多元的得高分；依赖单一来源或者预算"
        "没有依据的得低分。",
        "Look at: the lead sponsor's research assets, economic strength and steady spending "
        "on research; whether funding, research spending and the expected income from "
        "results balance and can be believed; whether contributions come from several sides "
        "and are secured; whether the centre can carry itself in the long run.\n"
        "Scores: of 100; high where means are secured, the budget is credible and sources "
        "are several, low where there is one source or the budget has no ground.",
    ),
    Guidance(
        "industry", "产业", "Industry",
        "看：所选领域的行业共性问题是否真实、重要；成员是否覆盖产业链主要环节，龙头、骨干、"
        "中小企业和用户是否到位；技术转移扩散、成果转化和商业化的经验；首次商业化应用目标及"
        "对行业的服务安排。\n"
        "给分：以 100 分为满分，切中行业共性需求、成员结构完整、带动路径清楚的得高分；只服务"
        "牵头单位自身的得低分。",
        "Look at: whether the industry's common problem in the chosen field is real and "
        "weighty; whether the members cover the main links of the chain, with leading, "
        "backbone and small firms and users; experience in transfer, diffusion and "
        "commercialization; the targets for first commercial use and the services to the "
        "industry.\n"
        "Scores: of 100; high where the common need is met, the members are complete and "
        "the way to the industry is clear, low where the lead sponsor alone is served.",
    ),
    Guidance(
        "management", "管理", "Management",
        "看：法人治理结构和决策机构是否健全，是否有独立身份的产业界、科技界人士；技术专家委"
        "员会是否只作咨询；发展规划的目标、年度和责任是否可操作；用人、管理是否自主；成员单"
        "位的责任是否明确。\n"
        "给分：以 100 分为满分，治理完整、规划可操作可考核的得高分；机构只在纸面或者规划没有"
        "年度目标的得低分。",
        "Look at: whether governance and the decision body are complete, with independent "
        "people of industry and of science; whether the technical committee only advises; "
        "whether the development plan's targets, years and duties can be carried out; "
        "whether the centre employs and manages by itself; whether each member's duties are "
        "clear.\n"
        "Scores: of 100; high where governance is whole and the plan can be carried out and "
        "checked, low where bodies stand on paper or the plan has no targets by year.",
    ),
    Guidance(
        "legal_ip", "法律与知识产权", "Law and IP",
        "看：主体资格和申报形式是否合规；核心技术是否有自主知识产权或者取得的安排；知识产权"
        "归属与分享、风险分担与利益共享是否按市场化原则写明；背景知识产权是否声明；表决权和"
        "退出安排是否清楚。\n"
        "给分：以 100 分为满分，权属清晰、约定完整可执行的得高分；权属有争议或者关键约定缺失"
        "的得低分。",
        "Look at: whether the applicant and the form of application are regular; whether "
        "the core technology rests on IP of its own or on arrangements to get it; whether "
        "ownership and sharing of IP, risks and benefits are laid down on market terms; "
        "whether background IP is declared; whether votes and leaving are settled.\n"
        "Scores: of 100; high where title is clear and the terms are complete and can be "
        "enforced, low where title is disputed or key terms are missing.",
    ),
)  # fmt: skip
APPLICATION_GUIDANCE: Final[Mapping[str, Guidance]] = MappingProxyType(
    {one.code: one for one in _ITEMS}
)
