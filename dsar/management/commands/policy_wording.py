"""Write the passage about people's rights that the controller can publish, as its files and the law have it (LAW section 0)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.template.loader import get_template

from dsar.controller import controller
from dsar.services.tell import absolute


class Command(BaseCommand):
    help = "Print the corrected wording about rights for the controller’s published policy, from controller.toml."

    def add_arguments(self, parser: ArgumentParser) -> None:
        languages = [code for code, _ in settings.LANGUAGES]
        parser.add_argument("--language", choices=languages, default=settings.LANGUAGE_CODE)

    def handle(self, *args: Any, **options: Any) -> None:
        language = options["language"]
        context = {
            "kept": controller().own_retention,
            "form_url": absolute("public:start", language),
            "notice_url": absolute("public:notice", language),
        }
        self.stdout.write(get_template(f"policy/{language}.txt").render(context))
