"""One measured run in a process of its own: collect one person's rows, build the package, tell seconds and peak memory as JSON.

Run by run.py with the environment set; `--what` says how much of the package is built.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import django

BASE = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--email", required=True)
    parser.add_argument("--what", choices=["data", "screen", "whole"], required=True)
    parser.add_argument("--keep", type=Path, default=None, help="write the ZIP here, unsealed, after measuring")
    arguments = parser.parse_args()
    sys.path.insert(0, str(BASE))
    django.setup()
    print(json.dumps(measure(arguments.email, arguments.what, arguments.keep)))


def measure(email: str, what: str, keep: Path | None) -> dict[str, Any]:
    """Sealed parts by COPY, then a sealed ZIP that is read again, as production does; a warm worker, so imports do not count."""
    from django.core.files.storage import storages

    from dsar.domain.vocabulary import CoverageState
    from dsar.packaging.build import PackageBuilder
    from dsar.services import rehearse
    from dsar.sources.base import Identity
    from identity import vault

    identity = Identity({"email": (email,)})
    place = rehearse._Place(storages["objects"], "objects/benchmark")
    found = rehearse.Rehearsal()
    for _ in PackageBuilder(rehearse._facts(found, identity, "fr", NOW), [], paper=what == "whole").stream():
        pass
    started = time.perf_counter()
    for config in rehearse.controller().sources.values():
        rehearse._source(config, identity, place, found, NOW)
    collected = time.perf_counter() - started

    from dsar.packaging.inputs import PartInput

    parts = [
        PartInput(
            line.collection,
            line.columns,
            line.rows,
            partial(vault.open_stream, storage=place.storage, path=line.file, key_name=place.key(line.file)),
            line.bytes,
        )
        for line in found.lines
        if line.state is CoverageState.FOUND
    ]
    facts = rehearse._facts(found, identity, "fr", NOW)
    started = time.perf_counter()
    builder = PackageBuilder(facts, parts, paper=what == "whole", screen=what != "data")
    sealed = vault.seal_stream(
        chunks=builder.stream(), storage=place.storage, path="package", key_name="objects/benchmark/package"
    )
    digest = hashlib.sha256()
    opened = vault.open_stream(storage=place.storage, path=sealed.path, key_name=sealed.key_name)
    for chunk in opened:
        digest.update(chunk)
    if digest.hexdigest() != sealed.plain_sha256:
        raise SystemExit("the stored package differs from the one written")
    packaged = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if keep is not None:
        with keep.open("wb") as file:
            for chunk in vault.open_stream(storage=place.storage, path=sealed.path, key_name=sealed.key_name):
                file.write(chunk)
    return {
        "rows": builder.result.rows,
        "collect": collected,
        "package": packaged,
        "memory": memory,
        "bytes": sealed.plain_bytes,
        "plain": sum(part.bytes for part in parts),
    }


if __name__ == "__main__":
    main()
