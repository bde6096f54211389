"""The quick parser gives what the library gives, and leaves to it what it does not take."""

import json
import random
from typing import Any

import pytest

from shared.reading import read_json


def drawn(dice: random.Random, depth: int) -> Any:
    """Draw JSON data of every kind, with texts of every plane."""
    kind = dice.randrange(8 if depth else 6)
    if kind == 0:
        return dice.choice([None, True, False])
    if kind == 1:
        return dice.randint(-(10**25), 10**25)
    if kind == 2:
        return dice.uniform(-1, 1) * 10 ** dice.randint(-320, 300)
    if kind < 6:
        return "".join(chr(dice.choice([9, 34, 92, 127, 0x4E0A, 0x1F600, 0])) for _ in range(4))
    if kind == 6:
        return [drawn(dice, depth - 1) for _ in range(dice.randint(0, 5))]
    return {f"键{n % 3}": drawn(dice, depth - 1) for n in range(dice.randint(0, 5))}


@pytest.mark.parametrize("seed", range(50))
def test_any_value_is_read_as_the_library_reads_it(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(20):
        value = drawn(dice, 4)
        for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
            # Compared as written, so that 1, 1.0 and true are told apart.
            assert repr(read_json(text.encode())) == repr(json.loads(text))


@pytest.mark.parametrize(
    "text",
    ["-0", "-0.0", "1e400", "1e-400", "NaN", "-Infinity", '{"a":1,"a":2}', '"\\ud800"',
     '"\\ud83d\\ude00"', "1" * 4_000, " [1 , 2]\n", "[" * 300 + "]" * 300],
)  # fmt: skip
def test_what_is_rare_is_read_alike(text: str) -> None:
    assert repr(read_json(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", ["", "tru", "01", "1.", '"\t"', '{"a":1,}', "[1] 2", "{1:2}"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        read_json(text)
