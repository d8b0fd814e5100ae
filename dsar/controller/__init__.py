"""Who the controller is and what it does with personal data: `config/controller/` as frozen dataclasses.

`controller()` answers everywhere in the product; `load_controller(folder)` reads another folder. A folder with mistakes gives one
`ControllerError` that lists all of them, each with file, line and mend.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from dsar.controller.audit import Audit, Conformity
from dsar.controller.durations import Duration, parse_duration
from dsar.controller.loading import load_controller
from dsar.controller.problems import ControllerError, Problem
from dsar.controller.shape import (
    Activity,
    Authority,
    Category,
    Collection,
    Contact,
    Controller,
    Dataset,
    Direction,
    Documents,
    ErasureKind,
    ErasureRule,
    Field,
    FieldUse,
    IdentityPolicy,
    OfficialChannel,
    OpenIDConnect,
    OwnRetention,
    Processor,
    Recipient,
    Reference,
    Register,
    Retention,
    Site,
    SourceConfig,
    SourceKind,
    Text,
    Transfer,
)

__all__ = [
    "Activity",
    "Audit",
    "Authority",
    "Category",
    "Collection",
    "Conformity",
    "Contact",
    "Controller",
    "ControllerError",
    "Dataset",
    "Direction",
    "Documents",
    "Duration",
    "ErasureKind",
    "ErasureRule",
    "Field",
    "FieldUse",
    "IdentityPolicy",
    "OfficialChannel",
    "OpenIDConnect",
    "OwnRetention",
    "Problem",
    "Processor",
    "Recipient",
    "Reference",
    "Register",
    "Retention",
    "Site",
    "SourceConfig",
    "SourceKind",
    "Text",
    "Transfer",
    "controller",
    "load_controller",
    "parse_duration",
]


def controller() -> Controller:
    """The controller of `settings.CONTROLLER_DIR`, read once; a change of the files takes effect at the next start."""
    return _read_once(Path(settings.CONTROLLER_DIR))


@lru_cache(maxsize=4)
def _read_once(folder: Path) -> Controller:
    return load_controller(folder)
