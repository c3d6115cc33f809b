"""Logs: one line an event on standard error, for people or for machines."""

import logging
import sys
from typing import Any

import orjson
import structlog
from structlog.typing import Processor

from messagestatus_gateway.access_log import AccessLog, JsonAccessLog, PlainAccessLog


def configure(log_format: str, level: str) -> AccessLog:
    """Sends the gateway's own logs and those of its libraries the same way.

    Args:
        log_format: `console` or `json`.
        level: The least severe level that is shown, in lower case.

    Returns:
        Where the line for each request goes.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    stamps: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: Processor = (
        structlog.processors.JSONRenderer(serializer=_to_json)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*stamps, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        # Straight to the stream: the detour through `logging` costs more than the look-up itself.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    foreign = logging.StreamHandler(sys.stderr)
    foreign.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=stamps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=number, handlers=[foreign], force=True)
    # It tells of every start, stop and malformed request, which the gateway logs itself.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return JsonAccessLog() if log_format == "json" and number <= logging.INFO else PlainAccessLog()


def _to_json(event: dict[str, Any], **_options: Any) -> str:
    return orjson.dumps(event, default=str).decode()
