"""What is expected of a value that does not fit its field, in Chinese and English.

Pydantic says it in English only, and repeats a part of some values; no answer of ours does either.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import PydanticCustomError

from shared.rules import Said

UNFIT: Final = "unfit"
_ONE_OF: Final = "应为 {expected} 之一"
_OBJECT: Final = "应为对象"
_TEXT: Final = "应为文本"
_NUMBER: Final = "应为数值"
_DAY: Final = "应为有效日期"
_INSTANT: Final = "应为有效时刻"
# By Pydantic's name of the finding, with its figures.
CHINESE: Final[Mapping[str, str]] = {
    "bool_parsing": "应为 true 或 false",
    "bool_type": "应为 true 或 false",
    "bytes_too_long": "至多 {max_length} 字节",
    "bytes_too_short": "至少 {min_length} 字节",
    "bytes_type": _TEXT,
    "date_from_datetime_inexact": "应为日期，不带时刻",
    "date_from_datetime_parsing": _DAY,
    "date_future": "应为将来的日期",
    "date_parsing": _DAY,
    "date_past": "应为过去的日期",
    "date_type": _DAY,
    "datetime_from_date_parsing": _INSTANT,
    "datetime_future": "应为将来的时刻",
    "datetime_object_invalid": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_past": "应为过去的时刻",
    "datetime_type": _INSTANT,
    "decimal_max_digits": "至多 {max_digits} 位数字",
    "decimal_max_places": "至多 {decimal_places} 位小数",
    "decimal_parsing": "应为十进制数",
    "decimal_type": "应为十进制数",
    "decimal_whole_digits": "小数点前至多 {whole_digits} 位",
    "dict_type": _OBJECT,
    "enum": _ONE_OF,
    "extra_forbidden": "不应有此字段",
    "finite_number": "应为有限数",
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "int_from_float": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "整数过大",
    "int_type": "应为整数",
    "invalid_key": "键应为文本",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "list_type": "应为数组",
    "literal_error": _ONE_OF,
    "mapping_type": _OBJECT,
    "missing": "不可缺少",
    "model_attributes_type": _OBJECT,
    "model_type": _OBJECT,
    "multiple_of": "应为 {multiple_of} 的倍数",
    "none_required": "应为 null",
    "set_type": "应为数组",
    "frozen_set_type": "应为数组",
    "string_not_ascii": "只可用 ASCII 字符",
    "string_pattern_mismatch": "应符合格式 {pattern}",
    "string_too_long": "至多 {max_length} 个字符",
    "string_too_short": "至少 {min_length} 个字符",
    "string_type": _TEXT,
    "string_unicode": "应为有效的 Unicode 文本",
    "time_delta_parsing": "应为时长",
    "time_delta_type": "应为时长",
    "time_parsing": "应为有效时间",
    "time_type": "应为有效时间",
    "timezone_aware": "时刻应带时区",
    "timezone_naive": "时刻不应带时区",
    "timezone_offset": "时区不符",
    "too_long": "至多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "tuple_type": "应为数组",
    "union_tag_invalid": "应为 {expected_tags} 之一",
    "union_tag_not_found": "缺少区分类型的字段 {discriminator}",
    "url_parsing": "应为有效网址",
    "url_scheme": "网址应以 {expected_schemes} 开头",
    "url_syntax_violation": "应为有效网址",
    "url_too_long": "网址至多 {max_length} 个字符",
    "url_type": "应为有效网址",
    "uuid_parsing": "应为有效的 UUID",
    "uuid_type": "应为有效的 UUID",
    "uuid_version": "应为第 {expected_version} 版 UUID",
}
# Where Pydantic's own sentence repeats what was sent, or says little.
ENGLISH: Final[Mapping[str, str]] = {
    "union_tag_invalid": "{expected_tags}",
    "url_parsing": "a valid URL",
    "url_syntax_violation": "a valid URL",
    "uuid_parsing": "a valid UUID",
}
# Figures that are lists in English prose.
_LISTS: Final = ("expected", "expected_tags", "expected_schemes")


def unfit(en: str, zh: str) -> PydanticCustomError:
    """Make a validator's own finding: what is expected, as a phrase in both languages."""
    return PydanticCustomError(UNFIT, "{en}", {"en": en, "zh": zh})


def expected_of(finding: Mapping[str, Any]) -> Said:
    """Give what a finding of Pydantic's expects."""
    kind, figures = finding["type"], dict(finding.get("ctx") or {})
    if kind == UNFIT:
        return Said(figures["en"], figures["zh"])
    english = ENGLISH[kind].format_map(figures) if kind in ENGLISH else str(finding["msg"])
    if kind not in CHINESE:
        return Said(english, english)
    listed = {name: _in_chinese(str(figures[name])) for name in _LISTS if name in figures}
    return Said(english, CHINESE[kind].format_map({**figures, **listed}))


def _in_chinese(many: str) -> str:
    return many.replace(", ", "、").replace(" or ", " 或 ")
