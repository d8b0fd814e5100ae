"""What becomes of odd and hostile files: refused with a reason, or pictures of pages with nothing else in them."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops

from identity.refusals import Refusal
from identity.sanitise import run, sniff
from tests.identity import corpus, portable
from tests.identity.corpus import ACCEPTED, CANARY, TABLE, Odd
from tests.processes import BASE_DIR

LABEL = "IE-7K4M-2XQ9 · 10 mars 2026 · Vérification d’identité"
WHEN = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
FILES = [odd for odds in corpus.files().values() for odd in odds]


@dataclass(frozen=True)
class Became:
    outcome: str
    pages: tuple[bytes, ...] = field(repr=False)


def became(odd: Odd) -> Became:
    refusal = sniff.refusal(odd.data)
    if refusal is not None:
        return Became(str(refusal), ())
    made = run.sanitise(odd.data, label=LABEL, at=WHEN, seconds=odd.seconds)
    return Became(str(made.refusal or ACCEPTED), tuple(made.pages))


@pytest.fixture(scope="module")
def results() -> dict[str, Became]:
    with ThreadPoolExecutor(2) as both_cores:
        return dict(zip((odd.name for odd in FILES), both_cores.map(became, FILES), strict=True))


def reds(image: Image.Image) -> int:
    """How many pixels are clearly red."""
    red, green, blue = image.convert("RGB").split()
    strong, weak = red.point(lambda v: 255 * (v > 180)), ImageChops.lighter(green, blue).point(lambda v: 255 * (v < 90))
    return ImageChops.multiply(strong, weak).histogram()[255]


def test_the_corpus_has_sixty_files_and_more_each_with_a_name_of_its_own() -> None:
    assert len({odd.name for odd in FILES}) == len(FILES) >= 60


@pytest.mark.parametrize("odd", FILES, ids=lambda odd: odd.name)
def test_each_file_is_refused_with_its_reason_or_becomes_bare_pictures(odd: Odd, results: dict[str, Became]) -> None:
    got = results[odd.name]
    assert got.outcome in odd.outcome.split(" or ")
    assert bool(got.pages) == (got.outcome == ACCEPTED)
    for page in got.pages:
        assert run.is_bare_jpeg(page)
        image = Image.open(io.BytesIO(page))
        image.load()
        assert not image.getexif() and set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
        assert CANARY not in page and CANARY[:8] not in page
        assert reds(image) == 0


@pytest.mark.parametrize("odd", [odd for odd in FILES if odd.hides == "bytes"], ids=lambda odd: odd.name)
def test_what_is_hidden_in_a_carrier_was_there(odd: Odd) -> None:
    assert CANARY in odd.data


def test_what_is_hidden_in_frames_layers_and_revisions_was_there() -> None:
    files = {odd.name: odd.data for odd in FILES if odd.hides == "red"}
    for name in ("second-picture.jpeg", "moving.png"):
        image = Image.open(io.BytesIO(files.pop(name)))
        image.seek(1)
        assert reds(image) > 10_000
    earlier = files.pop("earlier-revision.pdf")
    first = pypdfium2.PdfDocument(earlier[: earlier.index(b"%%EOF") + 6])
    assert reds(first[0].render().to_pil()) > 10_000
    assert set(files) == {"layer-switched-off.pdf", "unseen-note.pdf"}
    for data in files.values():
        shown = data.replace(b"/OFF[6 0 R]", b"/ON [6 0 R]").replace(b"/F 2/", b"/F 4/")
        assert reds(pypdfium2.PdfDocument(shown)[0].render().to_pil()) > 10_000


MEASURES = """
import sys, resource
sys.path.insert(0, sys.argv[1])
from datetime import datetime, UTC
from identity.sanitise import run
made = run.sanitise(sys.stdin.buffer.read(), label="x", at=datetime.now(UTC))
print(len(made.pages), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@pytest.mark.parametrize("name", ["48-megapixels.jpeg", "ten-pages.pdf", "picture-bomb.pdf", "400-megapixels.png"])
def test_no_child_takes_more_than_seven_hundred_megabytes(name: str) -> None:
    [data] = [odd.data for odd in FILES if odd.name == name]
    measured = subprocess.run([sys.executable, "-c", MEASURES, str(BASE_DIR)], input=data, capture_output=True, timeout=60)
    assert 20 < int(measured.stdout.split()[1]) < 700


def test_the_table_of_outcomes_is_the_committed_one(results: dict[str, Became]) -> None:
    made = corpus.table({name: got.outcome for name, got in results.items()})
    same = made == TABLE.read_text()
    fresh = Path(tempfile.gettempdir()) / TABLE.name
    fresh.write_text(made)
    assert same, f"look at what differs in {fresh}, then put it in the place of {TABLE}"


def test_each_refusal_has_a_sentence_in_both_languages() -> None:
    for refusal in Refusal:
        assert refusal.sentence("fr") != refusal.sentence("en")


def test_every_page_of_a_pdf_becomes_a_picture_with_the_watermark() -> None:
    """Where the page was white there are grey letters, all over it and on a line below."""
    [plain] = pypdfium2.PdfDocument(corpus.pdf(content=b""))
    assert plain.render().to_pil().convert("L").getextrema() == (255, 255)
    made = run.sanitise(corpus.pdf(content=b"", count=3), label=LABEL, at=WHEN)
    assert len(made.pages) == 3
    for page in made.pages:
        image = Image.open(io.BytesIO(page)).convert("L")
        for quarter in quarters(image):
            assert 180 < quarter.getextrema()[0] < 225
        assert image.getextrema()[0] < 120


def test_the_watermark_is_seen_on_a_dark_photo_too() -> None:
    black = Image.new("RGB", (1200, 800), "black")
    made = run.sanitise(corpus.saved(black, "JPEG"), label=LABEL, at=WHEN)
    for quarter in quarters(Image.open(io.BytesIO(made.pages[0])).convert("L")):
        assert quarter.getextrema()[1] > 40


def quarters(image: Image.Image) -> list[Image.Image]:
    """The four quarters of the page above the line."""
    width, height = image.width // 2, int(image.height * 0.45)
    return [image.crop((x, y, x + width, y + height)) for x in (0, width) for y in (0, height)]


def test_a_turned_photo_stands_upright() -> None:
    made = run.sanitise(corpus.saved(corpus.picture((600, 300)), "JPEG", exif=corpus.exif()), label=LABEL, at=WHEN)
    image = Image.open(io.BytesIO(made.pages[0]))
    assert image.height > image.width


def test_a_file_that_takes_too_long_is_given_up() -> None:
    assert run.sanitise(portable.laughs(), label=LABEL, at=WHEN, seconds=1).refusal is Refusal.HEAVY


def test_a_file_that_takes_too_much_processor_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CPU_SECONDS", 1)
    assert run.sanitise(portable.laughs(), label=LABEL, at=WHEN).refusal is Refusal.HEAVY


def test_a_child_that_cannot_start_is_our_fault_and_not_the_file_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_START", "import sys; sys.exit(3)")
    with pytest.raises(run.CageError):
        run.sanitise(corpus.JPEG, label=LABEL, at=WHEN)


def test_an_answer_that_is_no_bare_picture_is_not_believed() -> None:
    """The child may be an attacker's by then."""
    [page] = run.sanitise(corpus.JPEG, label=LABEL, at=WHEN).pages
    assert run.is_bare_jpeg(page)
    for forged in (page + b"tail", page[:2] + b"\xff\xfe\x00\x06abcd" + page[2:], page[:-2], corpus.PNG, b""):
        assert not run.is_bare_jpeg(forged)


TRIES = """
import ctypes, os, socket, sys
sys.path.insert(0, sys.argv[1])
from identity.sanitise import cage
def connect(): socket.create_connection(("127.0.0.1", int(sys.argv[2])), 2)
def read(): open("/etc/passwd").read()
def write(): open("/tmp/identity-cage-test", "w")
def fork(): os.fork() or os._exit(0)
def execute(): os.execv("/bin/true", ["true"])
def kill(): os.kill(os.getppid(), 0)
def memory(): bytearray(900 << 20)
ctypes.CDLL(None)
if "free" not in sys.argv:
    cage.limit(memory_bytes=700 << 20, cpu_seconds=20)
    cage.leave_the_network()
    cage.lock()
for act in (connect, read, kill, memory):
    try: act(); print(act.__name__, "done")
    except (OSError, MemoryError) as error: print(act.__name__, type(error).__name__)
if "free" not in sys.argv:
    for act in (write, fork, execute):
        try: act(); print(act.__name__, "done")
        except OSError as error: print(act.__name__, type(error).__name__)
"""


def tried(*more: str) -> dict[str, str]:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-c", TRIES, str(BASE_DIR), str(listener.getsockname()[1]), *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return dict(line.split() for line in done.stdout.splitlines())


@pytest.mark.skipif(sys.platform != "linux", reason="the cage is the Linux kernel's")
def test_the_caged_child_reaches_neither_network_nor_files_nor_programs() -> None:
    assert tried("free") == {"connect": "done", "read": "done", "kill": "done", "memory": "done"}
    caged = tried()
    assert caged.pop("memory") == "MemoryError"
    assert caged == dict.fromkeys(("connect", "read", "kill", "write", "fork", "execute"), "PermissionError")
