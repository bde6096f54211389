"""How the body of a batch is told in the published document: it is streamed past the framework."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

REF = "#/components/schemas/{}"


def rows_body(names: Sequence[str], examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Describe rows of the named models, as JSON, NDJSON or CSV."""
    refs = [{"$ref": REF.format(name)} for name in names]
    rows = {"type": "array", "items": refs[0] if len(refs) == 1 else {"oneOf": refs}}
    return {
        "required": True,
        "content": {
            "application/json": {"schema": rows, "example": list(examples)},
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }


def examples_of(model: type[BaseModel]) -> list[Mapping[str, Any]]:
    """Give the examples that a model carries."""
    extra: Any = model.model_config["json_schema_extra"]
    examples: list[Mapping[str, Any]] = extra["examples"]
    return examples
