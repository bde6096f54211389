"""Results to try, made of random years, and the same figures counted the slow way."""

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

from evaluation.results import rules as computing
from evaluation.results.leaf_rules import Inputs
from evaluation.robustness.draw_rules import Figure, Whole
from evaluation.robustness.rules import Stance, stance
from tests.evaluation.results.random_years import random_year


def stance_of(inputs: Inputs, case_id: str = "c") -> Stance:
    outcome = computing.compute(inputs)
    return stance(
        case_id=case_id,
        result_hash=outcome.result_hash,
        document=outcome.document,
        exact=outcome.exact,
        scheme=inputs.scheme,
        sheets=[{"scores": sheet.scores} for sheet in inputs.sheets],
    )


def random_inputs(seed: int) -> Inputs:
    return random_year(seed).inputs()


def under(inputs: Inputs, row: Whole) -> computing.Outcome:
    """Compute under drawn weights with the product's own computation."""
    codes = sorted(inputs.weights)
    drawn = {code: inputs.weights[code] * int(row[at]) for at, code in enumerate(codes)}
    whole = sum(drawn.values(), Fraction(0))
    return computing.compute(
        replace(inputs, weights={code: one * 100 / whole for code, one in drawn.items()})
    )


def geometric(figure: Figure, row: Whole) -> Decimal:
    """Multiply the rates to the power of their parts, at two hundred digits."""
    parts = {place: weight * int(row[place]) for place, weight in figure.weights}
    whole = sum(parts.values(), Fraction(0))
    with localcontext() as context:
        context.prec = 200
        mean = Decimal(100)
        for place, part in parts.items():
            rate = figure.rates[place]
            if rate == 0:
                return Decimal(0)
            base = Decimal(rate.numerator) / Decimal(rate.denominator)
            power = Decimal((part / whole).numerator) / Decimal((part / whole).denominator)
            mean *= base**power
        return mean
