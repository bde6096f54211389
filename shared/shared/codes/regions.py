"""Regions (GB/T 2260): the districts of Shanghai, and the Yangtze river delta around it."""

import re
from types import MappingProxyType
from typing import Final

FORM: Final = re.compile(r"[1-8]\d{5}", re.ASCII)

# Chinese and English name of every region of the city that is in force.
SHANGHAI_REGIONS: Final = MappingProxyType(
    {
        "310000": ("上海市", "Shanghai"),
        "310101": ("黄浦区", "Huangpu"),
        "310104": ("徐汇区", "Xuhui"),
        "310105": ("长宁区", "Changning"),
        "310106": ("静安区", "Jing'an"),
        "310107": ("普陀区", "Putuo"),
        "310109": ("虹口区", "Hongkou"),
        "310110": ("杨浦区", "Yangpu"),
        "310112": ("闵行区", "Minhang"),
        "310113": ("宝山区", "Baoshan"),
        "310114": ("嘉定区", "Jiading"),
        "310115": ("浦东新区", "Pudong"),
        "310116": ("金山区", "Jinshan"),
        "310117": ("松江区", "Songjiang"),
        "310118": ("青浦区", "Qingpu"),
        "310120": ("奉贤区", "Fengxian"),
        "310151": ("崇明区", "Chongming"),
    }
)
# Merged districts live on in codes that were issued before: they are read, and never offered.
RETIRED_SHANGHAI_REGIONS: Final = MappingProxyType(
    {
        "310103": ("卢湾区", "Luwan"),
        "310108": ("闸北区", "Zhabei"),
        "310119": ("南汇区", "Nanhui"),
        "310230": ("崇明县", "Chongming County"),
    }
)
YANGTZE_DELTA: Final = MappingProxyType(
    {
        "31": ("上海市", "Shanghai"),
        "32": ("江苏省", "Jiangsu"),
        "33": ("浙江省", "Zhejiang"),
        "34": ("安徽省", "Anhui"),
    }
)


def well_formed(region_code: str) -> bool:
    """Tell whether a code has the six digits of a region; not whether the region exists."""
    return FORM.fullmatch(region_code) is not None


def lies_in(region_code: str, prefix: str) -> bool:
    """Tell whether a region lies in the one that the leading digits of a code name."""
    return region_code.startswith(prefix)
