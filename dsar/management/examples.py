"""The example accounts of the embedded product: made by setup_embedded, shown by serve, used by demo."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class ExampleAccount:
    email: str
    first_name: str
    last_name: str
    role: str
    what: str  # in the operator's words
    sites: tuple[str, ...] = ()  # none: all
    password: str = ""
    totp_secret: str = ""


ACCOUNTS = (
    ExampleAccount("dominique.temoin@cesi.example", "Dominique", "Témoin", "dpo", "data protection officer, all sites"),
    ExampleAccount("noa.specimen@cesi.example", "Noa", "Specimen", "deputy", "deputy, all sites"),
    ExampleAccount("alix.figurant@cesi.example", "Alix", "Figurant", "officer", "officer, Bordeaux only", ("bordeaux",)),
)


def accounts_file() -> Path:
    return Path(settings.VAR_DIR) / "example_accounts.json"


def read_accounts() -> list[ExampleAccount]:
    """The accounts with their passwords; none where there are no examples."""
    if not settings.EMBEDDED or not accounts_file().is_file():
        return []
    return [ExampleAccount(**{**kept, "sites": tuple(kept["sites"])}) for kept in json.loads(accounts_file().read_text())]


def write_accounts(accounts: list[ExampleAccount]) -> None:
    write_private(accounts_file(), json.dumps([asdict(account) for account in accounts], ensure_ascii=False, indent=1))


def write_private(place: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all."""
    beside = place.with_name(place.name + ".new")
    beside.touch(mode=0o600)
    beside.write_text(text)
    beside.replace(place)
