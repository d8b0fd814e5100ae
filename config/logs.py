"""One JSON object a line: references and counts, never people."""

import logging
import re
from typing import Any

import structlog
from structlog.typing import Processor

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LINK = re.compile(r"(/(?:confirm|follow/open|identity/open|request/resume|calendar|handover)/)[\w-]+")  # where secrets lead


def formatter() -> logging.Formatter:
    """The formatter of the root handler; also sets structlog up, so that both kinds of logger look alike."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
            without_links,
        ],
    )


def without_links(_logger: Any, _method: str, line: Any) -> Any:
    """The line without the secrets of mailed links: whoever reads logs must not be able to open what they open."""
    return LINK.sub(r"\1…", line)
