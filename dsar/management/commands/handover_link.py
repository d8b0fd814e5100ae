"""Print a hand-over link: to try one, or for a tool on this machine that can call a command."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dsar.forms.handover import CONTACT, begin
from dsar.forms.public import OTHER, OTHER_RIGHTS, RIGHTS
from dsar.services.handover import LONGEST, make_link


class Command(BaseCommand):
    help = "Print a link to the form, filled in with what is given and valid for 24 hours (docs/handover.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tool", default="", help="whose key of HANDOVER_KEYS; not needed when there is one tool only")
        parser.add_argument("--language", choices=[code for code, _ in settings.LANGUAGES], default=settings.LANGUAGE_CODE)
        rights = [right for right in (*RIGHTS, *OTHER_RIGHTS) if right != OTHER]
        parser.add_argument("--right", action="append", default=[], choices=rights, dest="rights", help="may be repeated")
        parser.add_argument("--site", default="", help="a site key of controller.toml")
        for name in CONTACT:
            parser.add_argument(f"--{name.replace('_', '-')}", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        tools = list(dict.fromkeys(tool for tool, _ in settings.HANDOVER_KEYS))
        if not tools:
            raise CommandError("HANDOVER_KEYS is not set, so no tool may hand over; docs/handover.md shows how to make a key.")
        tool = options["tool"] or tools[0]
        if tool not in tools or (len(tools) > 1 and not options["tool"]):
            raise CommandError(f"--tool: name one of {', '.join(tools)}.")
        said = {name: options[name] for name in ("rights", "site", *CONTACT) if options[name]}
        if unread := begin(said).unread:
            raise CommandError(f"The form would not take what you wrote for {', '.join(unread)}.")
        link = make_link(tool, said, language=options["language"], now=timezone.now())
        if len(link.rstrip("/").rsplit("/", 1)[-1]) > LONGEST:
            raise CommandError(f"That is too much: a token has at most {LONGEST} characters.")
        self.stdout.write(link)
