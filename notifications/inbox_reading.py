"""Reads a message that anybody may have written: bounded in size, depth and parts, whatever its charsets and headers say."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import Header, decode_header
from email.message import Message as Mime
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from email.utils import getaddresses
from html import unescape
from uuid import UUID

from notifications.address import AddressRefused, normalise

LONGEST_TEXT = 20_000  # characters that are kept of a message
LONGEST_HTML = 200_000  # characters that are read
LONGEST_HEADER = 2_000
MOST_PARTS = 200
MOST_DEPTH = 20
MOST_BOUNDARIES = 60  # more is an attack on the parser: headers alone are read then
MOST_IDS = 100
# Parameters of a header cost the square of its length: in quotes, and in a charset of their own such as punycode.
LONGEST_MIME_HEADER = 8_000

STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")  # RFC 3464, RFC 6533
# Codecs of Python that are no charset of a mail; "punycode" takes seconds for 100 kB and grows with the square.
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"})

OUR_ID = re.compile(r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@dsar\.invalid>", re.IGNORECASE)
_ANY_ID = re.compile(r"<[^<>\s]{3,250}>")
_BOUNDARY = re.compile(rb"boundary[*0-9]{0,4}\s{0,8}=", re.IGNORECASE)
_MIME_HEADER = re.compile(rb"^content-[a-z-]{1,40}:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")


@dataclass(frozen=True)
class Attachment:
    """A file that came along. Its name and declared type are the sender's word and nothing more."""

    content_type: str
    content: bytes
    name: str


@dataclass(frozen=True)
class Letter:
    """What a message says, in plain text; `headers` for those who ask for one by name."""

    headers: Mime
    senders: tuple[tuple[str, str], ...]  # (display name, address) of all From headers, as written
    subject: str
    text: str
    message_id: str
    answers: tuple[str, ...]  # Message-IDs that it replies to, in angle brackets
    ours: tuple[UUID, ...]  # those of them that are mails of ours
    quoted: tuple[UUID, ...]  # mails of ours that appear anywhere in it
    attachments: tuple[Attachment, ...]
    fingerprint: str
    returned_to: str | None = None  # Return-Path without brackets; None when there is none
    unreadable: bool = False  # more than the headers could not be read
    is_cut: bool = False  # too large: only its beginning was fetched

    @property
    def sender(self) -> str:
        """The one plain mailbox of one From header, else ""."""
        if len(self.senders) != 1:
            return ""
        try:
            return normalise(self.senders[0][1])
        except AddressRefused:
            return ""

    @property
    def sender_name(self) -> str:
        return self.senders[0][0] if self.senders else ""

    def header(self, name: str) -> str:
        """The first header of that name, decoded, in one line; "" when there is none."""
        return _plain(self.headers.get(name))

    def all_headers(self, name: str) -> list[str]:
        return [_plain(value) for value in self.headers.get_all(name, [])]


def read(raw: bytes, *, is_cut: bool = False) -> Letter:
    """The message as a `Letter`; never raises on what somebody sent."""
    mime, unreadable = _parsed(raw)
    texts: list[str] = []
    files: list[Attachment] = []
    if not unreadable:
        try:
            _collect(mime, texts, files)
        except Exception:  # the parts of a hostile message may fail anywhere: what was read so far stands
            unreadable = True
    text = "\n\n".join(piece for piece in texts if piece.strip())
    answers = _ids(mime, "In-Reply-To") + _ids(mime, "References")
    own_id = _ids(mime, "Message-ID")[:1]
    return Letter(
        headers=mime,
        senders=_senders(mime),
        subject=_plain(mime.get("Subject"))[:300],
        text=text[:LONGEST_TEXT].strip(),
        message_id=own_id[0] if own_id else "",
        answers=tuple(dict.fromkeys(answers)),
        ours=_ours(" ".join(answers)),
        quoted=_ours(raw[:1_000_000].decode("latin-1") + text),
        attachments=tuple(files),
        fingerprint=_fingerprint(mime, raw),
        returned_to=_returned_to(mime),
        unreadable=unreadable,
        is_cut=is_cut,
    )


def _parsed(raw: bytes) -> tuple[Mime, bool]:
    too_long = any(len(found[0]) > LONGEST_MIME_HEADER for found in _MIME_HEADER.finditer(raw))
    if not too_long and sum(1 for _ in _BOUNDARY.finditer(raw)) <= MOST_BOUNDARIES:
        with contextlib.suppress(Exception):  # RecursionError too
            return BytesParser(policy=compat32).parsebytes(raw), False
    mime = BytesHeaderParser(policy=compat32).parsebytes(raw.split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0][:200_000])
    for name in {name for name in mime if len(str(mime[name])) > LONGEST_MIME_HEADER and name.lower().startswith("content-")}:
        del mime[name]
    return mime, True


def _collect(mime: Mime, texts: list[str], files: list[Attachment]) -> None:
    """Texts and files in reading order; of alternatives the plain one, else the HTML made plain."""
    waiting: list[tuple[Mime, int]] = [(mime, 0)]
    seen = 0
    while waiting and seen < MOST_PARTS:
        part, depth = waiting.pop()
        seen += 1
        kind = part.get_content_type()
        # Not asked of a single part: it would decode it by whatever charset it names.
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list):
            if kind in STATUS_TYPES or depth >= MOST_DEPTH:
                continue
            inside = [child for child in inner if isinstance(child, Mime)]
            if kind == "multipart/alternative":
                inside = _best(inside)
            waiting += [(child, depth + 1) for child in reversed(inside)]
        elif kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            if sum(map(len, texts)) < LONGEST_TEXT:
                said = _decoded(part)
                texts.append(html_to_text(said[:LONGEST_HTML]) if kind == "text/html" else clean(said[: LONGEST_TEXT * 2]))
        elif kind != "text/rfc822-headers":
            files.append(_attachment(part, kind))


def _best(alternatives: list[Mime]) -> list[Mime]:
    for wanted in ("text/plain", "text/html"):
        for part in alternatives:
            if part.get_content_type() == wanted and (wanted == "text/html" or _decoded(part).strip()):
                others = [other for other in alternatives if other.is_multipart()]
                return [part, *(o for o in others if o.get_content_type() != "multipart/related")]
    return alternatives[:1]


def _decoded(part: Mime) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return str(part.get_payload())
    return in_charset(content, str(part.get_content_charset() or "utf-8"))


def in_charset(content: bytes, charset: str) -> str:
    """Text in the declared charset, else UTF-8, else Windows-1252: a wrong label loses an accent, not a request."""
    for candidate in (charset, "utf-8"):
        try:
            if codecs.lookup(candidate).name.replace("-", "_") in _NO_CHARSETS:
                continue
            return content.decode(candidate)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _attachment(part: Mime, kind: str) -> Attachment:
    content = part.get_payload(decode=True)
    try:
        name = _plain(part.get_filename())[:120]
    except Exception:  # a broken name must not lose the file: nobody keeps the name anyway
        name = ""
    return Attachment(
        kind if _TYPE.fullmatch(kind) else "application/octet-stream", content if isinstance(content, bytes) else b"", name
    )


def _senders(mime: Mime) -> tuple[tuple[str, str], ...]:
    """All mailboxes of all From headers. Addresses come from the raw header: an encoded word must not become an address."""
    written = [_as_written(value) for value in mime.get_all("From", [])]
    found = [(_plain(name)[:120], address) for name, address in getaddresses(written) if name or address]
    if any(value.count("@") > 1 for value in written) and len(found) == 1:
        return (*found, *found)  # "a@one <b@two>" reads as two senders to people: neither is taken at its word
    return tuple(found)


def _ids(mime: Mime, header: str) -> list[str]:
    return _ANY_ID.findall(" ".join(str(value)[: LONGEST_HEADER * 4] for value in mime.get_all(header, [])))[:MOST_IDS]


def _ours(text: str) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(UUID(found) for found in OUR_ID.findall(text)[:MOST_IDS]))


def _returned_to(mime: Mime) -> str | None:
    value = mime.get("Return-Path")
    return None if value is None else str(value).strip().strip("<>").strip()


def _fingerprint(mime: Mime, raw: bytes) -> str:
    body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    named = [str(mime.get(name, "")) for name in ("Message-ID", "From", "Date", "Subject")]
    whole = hashlib.sha256(body)
    for value in named:
        whole.update(b"\0" + value.encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def id_hash(message_id: str) -> str:
    return hashlib.sha256(message_id.strip().encode("utf-8", "surrogateescape")).hexdigest() if message_id else ""


def _plain(value: object) -> str:
    """A header as one line of readable text, whatever is wrong with its encoded words."""
    if value is None:
        return ""
    written = _as_written(value)
    try:
        pieces = [
            in_charset(piece, charset or "utf-8") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(written)
        ]
        written = "".join(pieces)
    except Exception:  # a broken encoded word is shown as it came
        written = written.encode("utf-8", "replace").decode()
    return re.sub(r"\s+", " ", clean(written)).strip()


def _as_written(value: object) -> str:
    """A header before its encoded words are decoded; bytes without a label, as many programs write them, are mostly UTF-8."""
    if isinstance(value, Header):
        pieces = [piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace") for piece, _ in decode_header(value)]
        return in_charset(b"".join(pieces)[:LONGEST_HEADER], "utf-8")
    return str(value)[:LONGEST_HEADER]


def clean(text: str) -> str:
    """Without what no reader can see: control characters, direction marks, halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn", "Cf"))
    return "".join(kept)


_LINES = frozenset(
    re.findall(r"\w+", "address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section table tr ul")
)
_UNSEEN = frozenset(re.findall(r"\w+", "script style title template noscript object svg math textarea select"))
_TAG_NAME = re.compile(r"[a-z][a-z0-9]{0,20}")


def html_to_text(html: str) -> str:
    """Text of HTML with its line breaks; nothing of scripts, styles and comments.

    One pass that only moves forward: `html.parser` of Python 3.11 takes over 120 s for 50,000 times "<a ", and tinyhtml5 40 s for
    60,000 times "<b>".
    """
    lower, place, pieces = html.lower(), 0, []
    while place < len(html):
        opening = html.find("<", place)
        if opening < 0:
            break
        pieces.append(_spaced(html[place:opening]))
        place, piece = _after_tag(lower, opening)
        pieces.append(piece)
    else:
        opening = len(html)
    if opening < 0:
        pieces.append(_spaced(html[place:]))
    text = unescape("".join(pieces))
    return clean(re.sub(r"\n[ \t]*(?:\n[ \t]*)+", "\n\n", re.sub(r"[ \t\xa0]+", " ", text))).strip()


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _after_tag(lower: str, opening: int) -> tuple[int, str]:
    """The place after what begins with "<" at `opening`, and what it stands for in plain text."""

    def past(end: str, start: int) -> int:
        found = lower.find(end, start)
        return len(lower) if found < 0 else found + len(end)

    if lower.startswith("<!--", opening):
        return past("-->", opening + 4), ""
    closes = lower.startswith("</", opening)
    name = _TAG_NAME.match(lower, opening + 1 + closes)
    if name is None:
        return (past(">", opening), "") if lower[opening + 1 : opening + 2] in ("!", "?", "/") else (opening + 1, "<")
    if name[0] in _UNSEEN and not closes:
        return past(">", past(f"</{name[0]}", name.end())), ""
    return past(">", name.end()), "\n" if name[0] in _LINES else ""


def status_blocks(letter: Letter) -> Iterator[Mime]:
    """The groups of headers of a delivery report (RFC 3464)."""
    for part in letter.headers.walk() if not letter.unreadable else ():
        inner = part.get_payload() if part.get_content_type() in STATUS_TYPES and part.is_multipart() else None
        for block in inner if isinstance(inner, list) else ():
            if isinstance(block, Mime):
                yield block
                if part.get_content_type() == STATUS_TYPES[1]:  # read as one message: its other groups are its body
                    rest = block.get_payload(decode=True)
                    groups = rest.replace(b"\r\n", b"\n").split(b"\n\n") if isinstance(rest, bytes) else []
                    yield from (
                        BytesHeaderParser(policy=compat32).parsebytes(group[:20_000]) for group in groups[:MOST_BOUNDARIES]
                    )
