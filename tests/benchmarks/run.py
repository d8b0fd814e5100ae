"""`make bench`: package building against its floor, on this machine, in one run, then the others; writes docs/benchmarks.md.

The floor is what a person with a shell would do: `psql COPY` of the same rows to CSV and JSON Lines files, then `zip -1`: no
encryption, no checks, no viewer. Read the ratios, which compare within a round; machines are noisy.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from statistics import median
from typing import Any

BASE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(BASE))
ROUNDS = 3
SIZES = (10_000, 100_000)
ALSO = ("sweep.py", "relay.py")  # each writes a section of its own
ABOUT_ONE = {  # the person's rows of nine tables
    "students": "SELECT * FROM students WHERE id = {id}",
    "addresses": "SELECT * FROM addresses WHERE student_id = {id}",
    "enrolments": "SELECT * FROM enrolments WHERE student_id = {id}",
    "grades": "SELECT g.* FROM grades g JOIN enrolments e ON e.id = g.enrolment_id WHERE e.student_id = {id}",
    "diplomas": "SELECT * FROM diplomas WHERE student_id = {id}",
    "payments": "SELECT * FROM payments WHERE student_id = {id}",
    "messages": "SELECT * FROM messages WHERE sender_id = {id} OR recipient_id = {id}",
    "logins": "SELECT * FROM logins WHERE student_id = {id}",
    "survey_answers": "SELECT * FROM survey_answers WHERE student_id = {id}",
}


def main() -> None:
    for tool in ("psql", "zip"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is not installed: `apt-get install {'postgresql-client' if tool == 'psql' else tool}`.")
    from tests.components import new_postgres_database, start_postgres

    server = start_postgres()
    try:
        url = new_postgres_database(server.port, "benchmark").replace("postgres://", "postgresql://")
        with tempfile.TemporaryDirectory(prefix="dsar-bench-") as folder:
            results = measure_all(url, Path(folder))
    finally:
        server.stop()
    page = report(results)
    place = BASE / "docs" / "benchmarks.md"
    _own, *others = re.split(r"(?m)^(?=# )", place.read_text(encoding="utf-8").removeprefix("# "))
    place.write_text("\n".join([page, *(other.strip() + "\n" for other in others)]), encoding="utf-8")
    print(page)
    for other in ALSO:  # each in a process of its own: settings are read once
        subprocess.run([sys.executable, f"tests/benchmarks/{other}"], cwd=BASE, check=True)


def environment(url: str, folder: Path) -> dict[str, str]:
    from cryptography.fernet import Fernet

    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DSAR_MODE": "test",
        "DSAR_VAR": str(folder / "var"),
        "SCHOOL_DATABASE_URL": url,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "MASTER_KEYS": Fernet.generate_key().decode(),
        "LOG_LEVEL": "ERROR",
    }


def measure_all(url: str, folder: Path) -> dict[int, list[dict[str, Any]]]:
    import psycopg

    os.environ |= environment(url, folder)
    import django

    django.setup()
    from dsar.sources.example.load import generate

    (folder / "var").mkdir()
    results: dict[int, list[dict[str, Any]]] = {}
    for size in SIZES:
        generate(url=url, people=200, seed=1, big=0, huge=size, replace=True)
        with psycopg.connect(url) as connection:
            connection.execute("ANALYZE")
            row = connection.execute(
                "SELECT s.id, s.email FROM students s JOIN logins l ON l.student_id = s.id "
                "GROUP BY s.id ORDER BY count(*) DESC LIMIT 1"
            ).fetchone()
        assert row is not None
        results[size] = [one_round(url, folder, str(row[0]), row[1], number) for number in range(ROUNDS)]
    return results


def one_round(url: str, folder: Path, person: str, email: str, number: int) -> dict[str, Any]:
    """Floor and ours in turn, so that a noisy neighbour hits both."""
    found: dict[str, Any] = {"floor": floor(url, folder / "floor", person)}
    for what in ("data", "screen", "whole"):
        shutil.rmtree(folder / "var", ignore_errors=True)
        (folder / "var").mkdir()
        kept = folder / "kept.zip"
        command = [sys.executable, "tests/benchmarks/one_build.py", "--email", email, "--what", what, "--keep", str(kept)]
        done = subprocess.run(command, cwd=BASE, env=os.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        found[what] = json.loads(done.stdout)
    if number == ROUNDS - 1:
        found["search"] = viewer_search(kept, folder / "viewer")
    return found


def floor(url: str, folder: Path, person: str) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    statements, rows = [], 0
    for table, query in ABOUT_ONE.items():
        query = query.format(id=person)
        statements.append(f"\\copy ({query}) TO '{folder}/{table}.csv' WITH (FORMAT csv, HEADER, DELIMITER ';')")
        quoting = "FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'"
        statements.append(f"\\copy (SELECT row_to_json(x) FROM ({query}) x) TO '{folder}/{table}.jsonl' WITH ({quoting})")
    script = "\n".join(["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;", *statements, "COMMIT;"])
    started = time.perf_counter()
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url], input=script, text=True, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["zip", "-1", "-q", "-r", str(folder) + ".zip", "."], cwd=folder, check=True)
    seconds = time.perf_counter() - started
    for table in ABOUT_ONE:
        rows += (folder / f"{table}.jsonl").read_bytes().count(b"\n")
    size = Path(str(folder) + ".zip").stat().st_size
    Path(str(folder) + ".zip").unlink()
    return {"seconds": seconds, "rows": rows, "bytes": size}


def viewer_search(package: Path, folder: Path) -> dict[str, float] | None:
    """Milliseconds of the first and of a later search in the viewer, in Chromium; None without it."""
    binary = shutil.which("chromium")
    if binary is None:
        return None
    from playwright.sync_api import sync_playwright

    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(package) as archive:
        index = next(name for name in archive.namelist() if name.endswith("/index.html"))
        archive.extract(index, folder)
    script = """async (word) => { const start = performance.now(); location.hash = "#overview/q=" + word;
      await new Promise((done) => addEventListener("hashchange", () => done(), {once: true}));
      return performance.now() - start; }"""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        page = browser.new_page()
        started = time.perf_counter()
        page.goto((folder / index).as_uri())
        opened = (time.perf_counter() - started) * 1000
        first = page.evaluate(script, "bordeaux")
        later = median(page.evaluate(script, word) for word in ("reseau", "projet", "merci"))
        browser.close()
    return {"open": opened, "first": first, "later": later, "bytes": (folder / index).stat().st_size}


def report(results: dict[int, list[dict[str, Any]]]) -> str:
    from dsar.packaging.summary import MOST_ROWS

    largest = results[SIZES[-1]]
    lines = [
        "# Package building, measured",
        "",
        f"Written by `make bench`: {os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL (fsync off) and all",
        f"files on this machine, with other work at a load of {os.getloadavg()[2]:.1f}; medians of {ROUNDS} rounds, the ratio",
        "taken within each round. Machines are noisy: read ratios.",
        "",
        "Floor: `psql COPY` of the person's rows in nine tables to CSV and JSON Lines, then `zip -1`: plain files.",
        "Ours: the same person's rows in every mapped collection, by COPY into encrypted parts; then from these one",
        "encrypted ZIP with CSV, JSON, the portable subset, checksums and manifest, read back and compared.",
        "`package` is without `collect`.",
        "",
        "| rows | what | seconds (median) | x floor | peak memory MB | ZIP MB |",
        "|---|---|---|---|---|---|",
    ]
    for rounds in results.values():
        floor_seconds = median(one["floor"]["seconds"] for one in rounds)
        floor_mb = rounds[0]["floor"]["bytes"] / 1e6
        lines.append(f"| {rounds[0]['floor']['rows']:,} | floor | {floor_seconds:.2f} | 1 | – | {floor_mb:.1f} |")
        for label, what, parts in (
            ("collect into encrypted parts", "data", ("collect",)),
            ("package: data files", "data", ("package",)),
            ("collect + package: data files", "data", ("collect", "package")),
            ("package: data files and viewer", "screen", ("package",)),
            ("package, whole: with letter and summary", "whole", ("package",)),
            ("collect + package, whole", "whole", ("collect", "package")),
        ):
            spent = [sum(one[what][part] for part in parts) for one in rounds]
            ratio = median(s / one["floor"]["seconds"] for s, one in zip(spent, rounds, strict=True))
            memory = median(one[what]["memory"] for one in rounds)
            size = "–" if parts == ("collect",) else f"{rounds[0][what]['bytes'] / 1e6:.1f}"
            lines.append(f"| {rounds[0][what]['rows']:,} | {label} | {median(spent):.2f} | {ratio:.2f} | {memory:.0f} | {size} |")
    small, large = (median(one["whole"]["memory"] for one in results[size]) for size in SIZES)
    lines += [
        "",
        f"Memory from {SIZES[0]:,} to {SIZES[-1]:,} rows, whole package: {small:.0f} MB to {large:.0f} MB (all of the process).",
    ]
    lines += [
        f"The PDFs cost a fixed time: at most {MOST_ROWS} rows are set on paper; the viewer holds at most 50,000 rows or 25 MB."
    ]
    search = next((one["search"] for one in largest if one.get("search")), None)
    if search:
        lines.append(
            f"Viewer of the larger package ({search['bytes'] / 1e6:.1f} MB, Chromium): opens in {search['open']:.0f} ms, "
            f"first search {search['first']:.0f} ms, later ones {search['later']:.0f} ms."
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
