"""Explanations as pictures."""

from collections.abc import Sequence
from decimal import Decimal

from ip_ledger.statements.queries import ExplainedLine
from ip_ledger.statements.tree_rules import FigurePart, Node
from ip_ledger.statements.words import LANGUAGES, SENTENCES
from shared.documents import Step, waterfall

UNITS = {"zh": " 元", "en": ""}
TITLES = {"zh": "从毛收入到各方所得", "en": "From gross income to each payee"}
OTHERS = {"zh": "其他各方", "en": "Other payees"}
DUE = {"zh": "本方所得", "en": "Due to this payee"}


def run_waterfall(lines: Sequence[ExplainedLine], language: str) -> str:
    """Draw a run: its gross income, what was taken off, the net income, and who gets it."""
    sums: dict[str, int] = {}
    for line in {one.row.event_id: one for one in lines}.values():
        for node in _income(line.tree):
            sums[node.step] = sums.get(node.step, 0) + _signed(node)
    payees: dict[str, int] = {}
    for line in lines:
        name = line.payee_name or str(line.row.payee_id)
        payees[name] = payees.get(name, 0) - abs(line.row.amount_fen)
    steps = [*_of_income(sums, language), *(Step(n, _major(fen)) for n, fen in payees.items())]
    return waterfall(TITLES[language], steps, unit=UNITS[language])


def line_waterfall(line: ExplainedLine, language: str) -> str:
    """Draw a line: from the gross income of its event to what its payee gets."""
    sums = {node.step: _signed(node) for node in _income(line.tree)}
    own = abs(line.row.amount_fen)
    steps = [
        *_of_income(sums, language),
        Step(OTHERS[language], _major(own - sums["net"])),
        Step(line.payee_name or DUE[language], _major(own), "total"),
    ]
    return waterfall(TITLES[language], steps, unit=UNITS[language])


def _income(tree: Node) -> list[Node]:
    """Give the gross income, what was taken off, and the net income, in this order."""
    [net] = [node for node in tree.walk() if node.step == "net"]
    return [*net.made_of, net]


def _signed(node: Node) -> int:
    amount = node.amount_fen or 0
    return -amount if node.part is FigurePart.SUBTRACTS else amount


def _of_income(sums: dict[str, int], language: str) -> list[Step]:
    return [
        Step(_name(step, language), _major(fen), "total" if step in {"gross", "net"} else "change")
        for step, fen in sorted(sums.items(), key=lambda one: list(SENTENCES).index(one[0]))
    ]


def _name(step: str, language: str) -> str:
    return SENTENCES[step][LANGUAGES.index(language)].removesuffix("{amount}").strip()


def _major(amount_fen: int) -> Decimal:
    return Decimal(amount_fen).scaleb(-2)
