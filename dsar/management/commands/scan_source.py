"""`manage.py scan_source KEY`: propose a Fides dataset from a live database, for a person to complete."""

from __future__ import annotations

import re
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dsar.controller import ControllerError, SourceKind, controller
from dsar.sources.base import Catalogue, SourceFailed
from dsar.sources.sql import open_source

# What a column's name tells about it: category and, where a person could bring the value, identity. First match counts.
GUESSES: tuple[tuple[str, str, str | None], ...] = (
    (r"e?_?mail|courriel", "user.contact.email", "email"),
    (r"phone|tel(ephone)?|mobile|portable", "user.contact.phone_number", "phone_number"),
    (r"(first|given)_?name|prenom", "user.name.first", None),
    (r"(last|family|sur)_?name|nom", "user.name.last", None),
    (r"name", "user.name", None),
    (r"birth|naissance", "user.demographic.date_of_birth", None),
    (r"gender|sexe|civilit[ey]", "user.demographic.gender", None),
    (r"zip|postal|postcode", "user.contact.address.postal_code", None),
    (r"city|ville", "user.contact.address.city", None),
    (r"country|pays", "user.contact.address.country", None),
    (r"street|address|adresse|line\d", "user.contact.address.street", None),
    (r"(^|_)ip(_|$)", "user.device.ip_address", None),
    (r"user_?agent|device", "user.device", None),
    (r"cookie|visitor_id|^ga$", "user.device.cookie_id", None),
    (r"password|mot_de_passe|passwd", "user.authorization.password", None),
    (r"iban|bic|card|payment|invoice|amount", "user.payment", None),
)


class Command(BaseCommand):
    help = (
        "Print a proposed Fides dataset (YAML) for the tables of an SQL source. It guesses by names: read it before you use it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="the source’s key in sources.yml")
        parser.add_argument("--all", action="store_true", help="also what the data map has already")

    def handle(self, *args: Any, key: str, **options: Any) -> None:
        try:
            who = controller()
        except ControllerError as error:
            raise CommandError(str(error.problems[0]), returncode=2) from None
        config = who.sources.get(key)
        if config is None:
            raise CommandError(f"sources.yml has no source {key!r}; it has {', '.join(who.sources)}.", returncode=2)
        if config.kind is not SourceKind.SQL:
            raise CommandError(f"{key} is of the kind {config.kind.value}; only sql can be scanned.", returncode=2)
        try:
            with open_source(config) as source:
                catalogue = source.describe()
        except SourceFailed as failure:
            raise CommandError(failure.sentence("en")) from None
        mapped = {one.name for name in config.datasets for one in who.datasets[name].collections}
        wanted = [table for table in catalogue.tables if options["all"] or (table not in mapped and table not in config.ignored)]
        if not wanted:
            self.stdout.write(f"# Every table of {key} is mapped or ignored; --all prints them nevertheless.")
            return
        proposal = {"dataset": [propose(key, catalogue, wanted)]}
        self.stdout.write("# Proposed from the live database by the names of its columns. Check every category and identity.")
        self.stdout.write(yaml.safe_dump(proposal, allow_unicode=True, sort_keys=False, width=120).rstrip())


def propose(key: str, catalogue: Catalogue, tables: list[str]) -> dict[str, Any]:
    """One dataset with these tables; keys and references as the database declares them."""
    dataset = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{key}_scanned")
    return {
        "fides_key": dataset,
        "name": f"Proposed for {key}",
        "collections": [
            {"name": table, "fields": [field(dataset, catalogue, table, column) for column in catalogue.tables[table]]}
            for table in tables
        ],
    }


def field(dataset: str, catalogue: Catalogue, table: str, column: str) -> dict[str, Any]:
    links = [link for link in catalogue.foreign_keys.get(table, ()) if link.column == column]
    category, identity = guess(column)
    key = column in catalogue.primary_keys.get(table, ())
    meta: dict[str, Any] = {"primary_key": True} if key else {}
    if links:
        meta["references"] = [
            {"dataset": dataset, "field": f"{link.table}.{link.to_column}", "direction": "from"} for link in links
        ]
    if key or links:
        category = "system.operations"
    elif identity:
        meta["identity"] = identity
    return {"name": column, "data_categories": [category]} | ({"fides_meta": meta} if meta else {})


def guess(column: str) -> tuple[str, str | None]:
    for pattern, category, identity in GUESSES:
        if re.search(pattern, column.lower()):
            return category, identity
    return "user", None
