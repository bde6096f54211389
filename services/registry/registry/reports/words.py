"""The words of the pages and spreadsheets, in both languages; codes bear their tables' names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from registry.reports.rules import TargetLevel, TargetState
from shared.codes.regions import YANGTZE_DELTA

SCHEMES: Final = (
    "center-stages", "model-types", "org-types", "chain-stages", "fact-kinds",
)  # fmt: skip
OWN: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("工程年度报告", "The programme in a year"),
    "network_title": ("协同网络年度报告", "The network in a year"),
    "as_of": ("数据截至", "Figures until"),
    "policy": ("政策版本", "Policy version"),
    "targets": ("建设目标与进度", "Targets and progress"),
    "year": ("年份", "Year"),
    "level": ("级别", "Level"),
    "min": ("下限", "At least"),
    "max": ("上限", "At most"),
    "built": ("已认定", "Recognized"),
    "under_way": ("筹建与试点", "Under way"),
    "state": ("状态", "State"),
    "on": ("计数日", "Counted on"),
    "centers": ("创新中心", "Centres"),
    "center": ("创新中心", "Centre"),
    "code": ("代码", "Code"),
    "name": ("名称", "Name"),
    "count": ("数量", "Count"),
    "by_stage": ("按阶段", "By stage"),
    "by_level": ("按级别", "By level"),
    "by_model": ("按模式", "By model"),
    "by_field": ("按领域", "By field"),
    "listings": ("历年列入", "Listings by year"),
    "listed": ("当年列入", "Listed in the year"),
    "total": ("累计", "In all"),
    "circle": ("参与单位", "Organizations taking part"),
    "organizations": ("单位数", "Organizations"),
    "sme": ("中小企业", "Small and medium"),
    "sme_share": ("中小企业占比", "Share of small and medium"),
    "divisions": ("行业大类数", "Industrial divisions"),
    "unknown_division": ("行业未登记", "Industry unknown"),
    "division_diversity": ("行业多样性", "Diversity of industries"),
    "type_diversity": ("单位类型多样性", "Diversity of kinds"),
    "by_type": ("按单位类型", "By kind"),
    "by_division": ("按行业大类", "By division"),
    "by_region": ("按地区", "By region"),
    "clients": ("服务对象", "Who was served"),
    "services": ("服务次数", "Services"),
    "to_members": ("服务成员单位", "To members"),
    "delta_share": ("长三角占比", "Share of the Yangtze delta"),
    "chain": ("创新链环节", "Links of the innovation chain"),
    "activities": ("活动数", "Activities"),
    "closing": ("覆盖全部环节的中心", "Centres that serve every link"),
    "facts": ("事实", "Facts"),
    "gaps": ("争创国家级的差距", "What is lacking for the national level"),
    "condition": ("条件", "Condition"),
    "lacking": ("不满足的中心", "Centres lacking it"),
    "recognized": ("已认定中心", "Recognized centres"),
    "ready": ("满足全部条件", "Meeting every condition"),
    "shared_hours": ("共享机时", "Hours shared"),
    "hours": ("使用机时", "Hours used"),
    "shared": ("共享占比", "Share of it shared"),
    "booked_minutes": ("他方预约分钟", "Minutes booked"),
    "projects": ("研发项目", "Projects"),
    "joint_projects": ("联合项目", "Joint projects"),
    "international": ("国际项目", "Projects abroad"),
    "covers_chain": ("覆盖全部环节", "Serves every link"),
    "together": ("共享与联合", "Shared and joint work"),
    "division": ("大类", "Division"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "none": ("未提出", "none named"),
    "other": ("其他", "Elsewhere"),
    f"level/{TargetLevel.ANY}": ("国家级和市级", "National and municipal"),
    f"level/{TargetLevel.MUNICIPAL}": ("市级", "Municipal"),
    f"level/{TargetLevel.NATIONAL}": ("国家级", "National"),
    f"target/{TargetState.UNQUANTIFIED}": ("无数量指标", "No figure"),
    f"target/{TargetState.OPEN}": ("进行中", "Under way"),
    f"target/{TargetState.MET}": ("已达成", "Met"),
    f"target/{TargetState.EXCEEDED}": ("超过上限", "Above the upper bound"),
    f"target/{TargetState.MISSED}": ("未达成", "Missed"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language: the reports' own, and the names of codes."""

    language: str
    names: Mapping[str, tuple[str, str]]

    def __call__(self, key: str) -> str:
        """Give a word of the reports."""
        return OWN[key][self._place]

    def of(self, scheme: str, code: str) -> str:
        """Give the name of a code; one that no table knows stands for itself."""
        key = f"{scheme}/{code}"
        pair = self.names.get(key) or OWN.get(key)
        return code if pair is None else pair[self._place]

    def region(self, code: str) -> str:
        """Give the name of a province of the delta, or the word for elsewhere."""
        pair = YANGTZE_DELTA.get(code) or OWN["other"]
        return pair[self._place]

    def division(self, code: str) -> str:
        """Name a division of GB/T 4754 by its two digits."""
        return f"{self('division')} {code}"

    def share(self, ppm: int | None) -> str:
        """Write a share for people, in percent."""
        return "" if ppm is None else f"{ppm // 10_000}.{ppm % 10_000 // 1_000}%"

    def either(self, zh: str, en: str) -> str:
        """Choose between two names."""
        return (zh, en)[self._place]

    @property
    def _place(self) -> int:
        return 0 if self.language == "zh" else 1
