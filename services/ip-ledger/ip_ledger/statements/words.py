"""What each figure of an explanation is called, as sentences in Chinese and English."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ip_ledger.statements.tree_rules import Node

LANGUAGES: Final = ("zh", "en")

# `{amount}` is money, `{exact}` minor units unrounded, `{percent}` a share, `{rank}` a place.
SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "gross": ("毛收入 {amount}", "Gross income {amount}"),
    "less_tax": ("税费 {amount}", "Taxes {amount}"),
    "less_maintenance": ("成果维护费 {amount}", "Upkeep of the result {amount}"),
    "less_direct": ("交易直接费用 {amount}", "Direct costs of the deal {amount}"),
    "less_management_fee": ("约定的管理费 {amount}", "Management fee as agreed {amount}"),
    "net": ("可分配净收入 {amount}", "Net income to share {amount}"),
    "share": ("到账当日的权属份额 {percent}", "Share owned on the day of receipt {percent}"),
    "quota": ("净收入乘以份额，不作取整：{exact}", "Net income times share, unrounded: {exact}"),
    "carry_before": ("此前取整的结转 {exact}", "Carried over from earlier rounding {exact}"),
    "owed": ("本次应得，不作取整：{exact}", "Owed this time, unrounded: {exact}"),
    "floor": ("取整到最小单位 {amount}", "Whole units of that {amount}"),
    "remainder_unit": (
        "余数排序第 {rank} 位，补或扣 {amount}",
        "Place {rank} among the remainders, adjusted by {amount}",
    ),
    "amount": ("应付本方 {amount}", "Due to this payee {amount}"),
    "carry_handed": (
        "因退出或结清而移交的结转 {exact}",
        "Of that handed over for who left, or settled {exact}",
    ),
    "carry_after": ("结转下次 {exact}", "Carried over to the next run {exact}"),
    "taken_back": ("冲回原分配 {amount}", "Earlier line taken back {amount}"),
    "reward": ("应付发明人的奖酬 {amount}", "Reward owed to the inventors {amount}"),
    "reward_rate": ("奖酬比例 {percent}", "Rate of the reward {percent}"),
    "reward_floor": ("法定下限 {amount}", "The least that the law allows {amount}"),
    "inventor": ("发明人应得 {amount}", "Part of an inventor {amount}"),
}
UNITS: Final = {"zh": "分", "en": "fen"}


def sentence(node: Node, currency: str, language: str) -> str:
    """Say a figure in words."""
    return SENTENCES[node.step][LANGUAGES.index(language)].format(
        amount=money(node.amount_fen or 0, currency, language),
        exact=_exact(node.exact or Fraction(0), language),
        percent=percent(node.ppm or 0),
        rank=node.rank or "—",
    )


def money(amount_fen: int, currency: str, language: str) -> str:
    """Write an amount for people: 元 in Chinese, the currency's code in English."""
    shown = f"{Decimal(amount_fen).scaleb(-2):,.2f}"
    return f"{shown} 元" if language == "zh" else f"{currency} {shown}"


def percent(ppm: int) -> str:
    """Write a share with every digit that it has."""
    return f"{Decimal(ppm).scaleb(-4):f}".rstrip("0").rstrip(".") + "%"


def _exact(value: Fraction, language: str) -> str:
    digits = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{digits:,f} {UNITS[language]}"
