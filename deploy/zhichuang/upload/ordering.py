"""The command's words, made into an order."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from zhichuang.upload.line import credential
from zhichuang.upload.sending import Order, main
from zhichuang.upload.sheet import Unusable


def run(
    *,
    file: Path,
    to: str,
    address: str,
    credentials: Path | None,
    name: str | None,
    mapped: Sequence[str],
    constants: Sequence[str],
    ignored: Sequence[str],
    encoding: str | None,
    errors: Path | None,
    chunk: int,
    patience: float,
    check: bool,
    environment: Mapping[str, str],
) -> int:
    """Make the order and carry it out; what cannot be used is said on standard error."""
    console = Console(stderr=True, highlight=False)
    try:
        order = Order(
            file=file,
            batch=to.removesuffix("-batches"),
            address=address,
            who=credential(credentials, name, environment),
            mapped=_pairs(mapped, "--map"),
            constants=_pairs(constants, "--set"),
            ignored=ignored,
            encoding=encoding,
            errors=errors or file.with_name(f"{file.stem}.errors.csv"),
            chunk_rows=chunk,
            patience=patience,
            only_check=check,
        )
    except Unusable as unusable:
        console.print(f"✗ {unusable}", markup=False, style="red")
        return 1
    return main(order, console)


def _pairs(words: Sequence[str], option: str) -> dict[str, str]:
    """Read `NAME=VALUE`; a column's name may hold an equals sign, a field's may not."""
    pairs: dict[str, str] = {}
    for word in words:
        left, equals, right = word.rpartition("=") if option == "--map" else word.partition("=")
        if not (left and equals and right) or left in pairs:
            raise Unusable(f"{option} {word!r}: it takes NAME=VALUE, each name once.")
        pairs[left.strip()] = right.strip()
    return pairs
