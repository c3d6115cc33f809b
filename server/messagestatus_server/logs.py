"""Structured log lines on standard error: for people on a terminal, or as JSON."""

import logging
import sys
import traceback

import orjson
import structlog


def configure(form: str, level: str) -> None:
    """Write log lines of a level and above, in the form `console` or `json`."""
    render: structlog.types.Processor = (
        structlog.processors.JSONRenderer(lambda value, **_: orjson.dumps(value, default=str).decode())
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def described(fault: Exception) -> dict[str, object]:
    """Describe an exception without its text, which may hold what no log may hold."""
    places = traceback.extract_tb(fault.__traceback__)
    return {
        "exception": type(fault).__name__,
        "at": [f"{place.filename}:{place.lineno} {place.name}" for place in places],
    }
