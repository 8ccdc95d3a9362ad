"""How logging is set up: structlog over the standard library, one JSON object a line."""

from typing import Any

import structlog

from nannychain.logs import masking

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def dict_config(*, level: str) -> dict[str, Any]:
    """Return the LOGGING setting, and set structlog up to feed the same handler."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.processors.StackInfoRenderer(),
            _for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    structlog.processors.EventRenamer("event"),
                    masking.processor,
                    structlog.processors.JSONRenderer(sort_keys=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own line for 4xx repeats our request line, and with the path unmasked.
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "ERROR"},
            # Scanners send any Host header; the request line with its 400 says enough.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "celery": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
        },
    }


def _for_formatter(logger: Any, name: str, event: Any) -> tuple[tuple[Any], dict[str, Any]]:
    """Hand the event to our formatter, and its error to whoever else listens: Sentry."""
    arguments, named = structlog.stdlib.ProcessorFormatter.wrap_for_formatter(logger, name, event)
    return arguments, {**named, "exc_info": event.get("exc_info")}
