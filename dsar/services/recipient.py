"""Whose data the copy holds, read from what was collected, beside whom the request names (SECURITY T24)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.files.storage import storages

from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import CoverageState, SubjectKind
from dsar.models import DataSubjectRequest, Package, PartFile
from dsar.services.person import THEMSELVES
from identity import vault

ROWS_READ = 20  # of each collection that names a person


class OtherPerson(DsarError):
    """The copy names somebody else than the request: it does not leave."""

    fr = "La copie porte un autre nom et une autre adresse que la demande. N’envoyez rien ; prévenez le DPO."
    en = "The copy bears another name and another address than the request. Send nothing; tell the DPO."


@dataclass(frozen=True)
class Compared:
    """One identifier as the request gives it and as the copy bears it. `copy` is empty when the copy does not bear it."""

    key: str  # name, address, reference
    request: str
    copy: str

    @property
    def same(self) -> bool:
        return not self.copy or _plain(self.request) == _plain(self.copy)


def compare(dsr: DataSubjectRequest, package: Package) -> tuple[Compared, ...]:
    """Name, address and reference. Of several in the copy, the one that agrees with the request is shown."""
    names, addresses = _borne_by(dsr)
    address = dsr.answer_email
    reference = dsr.reference if dsr.reference.casefold() in package.file_name.casefold() else package.file_name
    return (
        Compared("name", dsr.data_subject_name, _closest(dsr.data_subject_name, names)),
        Compared("address", address, _closest(address, addresses)),
        Compared("reference", dsr.reference, reference),
    )


def mismatch(dsr: DataSubjectRequest, compared: tuple[Compared, ...]) -> bool:
    """Whether the copy is another person's. A new surname or a second address alone makes no other person."""
    by_key = {pair.key: pair for pair in compared}
    if not by_key["reference"].same:
        return True
    if SubjectKind(dsr.subject_kind) not in THEMSELVES:
        return False
    return not by_key["name"].same and not by_key["address"].same


def require_same_person(dsr: DataSubjectRequest, package: Package) -> None:
    """Raises `OtherPerson`."""
    if mismatch(dsr, compare(dsr, package)):
        raise OtherPerson


def _borne_by(dsr: DataSubjectRequest) -> tuple[list[str], list[str]]:
    """Names and addresses in the collected rows that were found by the person's own identifiers."""
    names: list[str] = []
    addresses: list[str] = []
    known = {f"{d.key}.{c.name}": c for d in controller().datasets.values() for c in d.collections}
    files = PartFile.objects.filter(task__dsr=dsr, current=True, state=CoverageState.FOUND, destroyed_at__isnull=True)
    for part in files.select_related("task"):
        collection, source = known.get(part.collection), controller().sources.get(part.task.source_key)
        mails = [field.name for field in collection.fields if field.identity == "email"] if collection else []
        columns = source.name_fields.get(part.collection, ()) if source else ()
        if not mails or not part.path:
            continue
        for row in islice(_rows(part), ROWS_READ):
            first = " ".join(str(row[column]) for column in columns[:2] if row.get(column))
            names += [first] if first else []
            addresses += [str(row[mail]) for mail in mails if row.get(mail)]
    return list(dict.fromkeys(names)), list(dict.fromkeys(addresses))


def _rows(part: PartFile) -> Iterator[dict[str, Any]]:
    rest = b""
    for chunk in vault.open_stream(storage=storages["objects"], path=part.path, key_name=part.key_name):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (json.loads(line) for line in lines if line)


def _closest(wanted: str, found: list[str]) -> str:
    return next((one for one in found if _plain(one) == _plain(wanted)), found[0] if found else "")


def _plain(text: str) -> str:
    """Without regard to capital letters and to the order of first and last name."""
    return " ".join(sorted(text.casefold().split()))
