"""The controller's files are read when anything of the product starts: a mistake stops it with file, line and mend."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from dsar.controller import ControllerError, Documents, controller


@register(Tags.files)
def controller_is_readable(app_configs: object = None, **kwargs: Any) -> list[CheckMessage]:
    """One error for each mistake in the folder of CONTROLLER_DIR."""
    try:
        who = controller()
    except ControllerError as error:
        return [
            Error(f"{problem.file}, line {problem.line}: {problem.message}", hint=problem.mend, id="dsar.E010")
            for problem in error.problems
        ]
    if who.identity.documents is Documents.ALWAYS:
        message = "controller.toml asks everybody for an identity document (GDPR Art. 12(6): only on reasonable doubt)."
        return [Warning(message, hint='Write `documents = "on_doubt"`.', id="dsar.W011")]
    return []
