"""Logs as JSON lines; tokens and secrets never reach them, since nobody logs headers or bodies."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from pydantic_core import PydanticSerializationError, to_json


def _line(event: dict[str, Any], **_: Any) -> str:  # noqa: ANN401 - structlog's own options
    # Python's own encoder is made anew for each line, and takes five times as long.
    try:
        return to_json(event, fallback=repr, inf_nan_mode="null").decode()
    except PydanticSerializationError:  # Half a letter in a caller's path, for instance.
        return json.dumps(event, default=repr)


_BEGUN: Final[tuple[Any, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_ENDED: Final[tuple[Any, ...]] = (
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(serializer=_line),
)


def configure_logs(service: str) -> None:
    """Write one JSON object per line to standard error, with the request's and the trace's id."""
    structlog.configure(
        processors=[*_BEGUN, *_ENDED],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def request_line(**told: Any) -> None:  # noqa: ANN401 - what a line may tell
    """Write the line of an answered request as the loggers write theirs, without their steps.

    Every request has one: by profile it took more than finding the request's route.
    """
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    line = _line({**told, "event": "request", "level": "info", "timestamp": at})
    sys.stderr.write(f"{line}\n")


def library_lines() -> logging.Handler:
    """Give the handler of a process's root logger: libraries tell in the same lines as we do.

    Warnings come this way, too. `logs.json` names it for uvicorn, which sets it up before the
    service is imported; the tests of a service in their own process keep their handlers.
    """
    logging.captureWarnings(capture=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_BEGUN, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ENDED],
        )
    )
    return handler
