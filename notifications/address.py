"""Which addresses we write to: one plain mailbox, and nothing that could add a recipient or a header (SECURITY T13)."""

from __future__ import annotations

import re
import unicodedata

LONGEST_LOCAL_PART = 64  # RFC 5321 section 4.5.3.1.1; Django's EmailField lets longer ones pass
LONGEST_ADDRESS = 254

# Dot-atoms only: no quoted local part, no address literal in brackets, no list, no display name, no encoded word.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP = r"(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})"  # a number would be an address literal without brackets
_NAMES_OF_THEIR_OWN = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")  # ß, its capital, final sigma, the two joiners
_MAILBOX = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@{_LABEL}(?:\.{_LABEL})*\.{_TOP}")


class AddressRefused(ValueError):
    """Not one plain e-mail address; the sentence is for whoever typed it and never repeats what they typed."""

    fr = "Cette adresse e-mail n’est pas valable. Écrivez une seule adresse, par exemple prenom.nom@exemple.fr."
    en = "This email address is not valid. Write a single address, for example first.last@example.com."

    def __init__(self) -> None:
        super().__init__(self.en)

    def sentence(self, language: str) -> str:
        """The refusal in `language` ("fr" or "en")."""
        return self.fr if language == "fr" else self.en


def normalise(address: str) -> str:
    """The address as we compare it: trimmed, with the domain in lower case and ASCII. Raises `AddressRefused`."""
    local, at, domain = address.strip(" \t").rpartition("@")
    if not at:
        raise AddressRefused
    if not domain.isascii():
        try:
            domain = ".".join(map(_in_ascii, re.split("[.\u3002\uff0e\uff61]", domain)))
        except UnicodeError:
            raise AddressRefused from None
    plain = f"{local}@{domain.lower()}"
    check_address(plain)
    return plain


def _in_ascii(label: str) -> str:
    """One part of a domain as the name system knows it. Raises UnicodeError.

    Python's codec follows IDNA 2003, which reads straße as strasse and drops the joiners: today these are names of their own, and
    our mail would reach somebody else (RFC 5894 section 7.2).
    """
    if not _NAMES_OF_THEIR_OWN.intersection(label):
        return label.encode("idna").decode()
    label = unicodedata.normalize("NFKC", label).lower()
    for part in filter(None, re.split(f"[{''.join(_NAMES_OF_THEIR_OWN)}]", label)):
        part.encode("idna")  # what may not stand in a domain at all
    return f"xn--{label.encode('punycode').decode()}"


def readable(address: str) -> str:
    """The address as its owner writes it: a domain beyond ASCII in its own letters. To show, never to send to."""
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain:
        return address
    try:
        written = f"{local}{at}{'.'.join(map(_in_letters, domain.split('.')))}"
        return written if normalise(written) == address else address
    except (UnicodeError, AddressRefused):
        return address


def _in_letters(label: str) -> str:
    return label[4:].encode().decode("punycode") if label.startswith("xn--") else label


def check_address(address: str) -> None:
    """Raises `AddressRefused` unless it is one plain mailbox at a named domain: no CR LF, list, literal or `root@localhost`."""
    found = _MAILBOX.fullmatch(address)
    if not found or len(address) > LONGEST_ADDRESS or len(found["local"]) > LONGEST_LOCAL_PART:
        raise AddressRefused
    if "=?" in address:  # an encoded word could hide a header from whoever decodes it
        raise AddressRefused


def mailbox_of(address: str) -> str:
    """One spelling for all those that commonly reach one mailbox: for counting only, never for writing to it.

    `Camille.Exemple+news@example.com` and `camilleexemple@example.com` count as one.
    """
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


DOTS_COUNT_FOR_NOTHING = frozenset({"gmail.com", "googlemail.com"})


def same_reader(one: str, other: str) -> bool:
    """Whether two spellings surely reach one mailbox, so that what is meant for either may be told to the other.

    What follows a plus sign is a label of the same person (RFC 5233); dots and spelling tell people apart nearly everywhere.
    """
    return _reader(one) == _reader(other)


def _reader(address: str) -> str:
    local, _, domain = address.lower().rpartition("@")
    plain = local.partition("+")[0]
    return f"{plain.replace('.', '') if domain in DOTS_COUNT_FOR_NOTHING else plain}@{domain}"
