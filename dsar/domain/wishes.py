"""Reads free wording, French or English, and proposes which rights it uses, with the words that led there.

Plain rules, and a proposal only: any wording counts (LAW R-01), and a person names the rights (GDPR Art. 12(2)).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dsar.domain.vocabulary import RequestType
from dsar.domain.wish_words import ADVERTISING, LIST, MEANWHILE, NAMES, WISHES

LONGEST_READ = 20_000


@dataclass(frozen=True)
class Wish:
    """One proposed right and the words of the text, as they were written, that led to it."""

    right: RequestType
    words: tuple[str, ...]


_NAMES = {right: tuple(re.compile(rule) for rule in rules) for right, rules in NAMES.items()}
_WISHES = {right: tuple(re.compile(rule) for rule in rules) for right, rules in WISHES.items()}

# What undoes a match when it stands before it in the sentence: "do not delete", "I am not asking you to erase".
_NOT = re.compile(r"\b(do not|don.t|never|not|n'|ne|pas|sans)\s*(\w+\s){0,1}$")
_NOT_ASKING = re.compile(
    r"\b((am |are |do |is )?not|n.t) (ask|want|wish|request|looking|need)\w*( for| to| you| me| my \w+| be| have| a)*\s*$"
    r"|\b(ne|n.) ?(demand|veux|veut|souhait|voulons)\w* pas( a| de| que| etre| mon| la| le| d.)*\s*$"
)
_NOT_AROUND = re.compile(r"\b(n'|ne )(effacez|supprimez|detruisez|corrigez|modifiez)\b.{0,12}\b(pas|surtout|rien|jamais)\b")
# What they say, not what we should do: "you write that you must erase my file".
_REPORTED = re.compile(r"\b(vous (m.|nous )?(indiquez|dites|ecrivez|annoncez|repondez)|you (say|said|told|wrote)).{0,40}$")
# Somebody who gives us something, and does not ask for it.
_GIVING = re.compile(
    r"\b(souhaite|dois|veux|voudrais|vais|peux|puis|pour|de|je|nous) vous $|\b(how|where|when) (do|can|should) i $"
)
_RECEIVE_NO_MORE = re.compile(r"\b(plus|pas) recevoir\b|\b(not|n.t|no longer)\b.{0,20}\b(receive|get)\b")
_NEGATIVE = frozenset({RequestType.MARKETING_OBJECTION, RequestType.OBJECTION, RequestType.WITHDRAWAL, RequestType.RESTRICTION})
_USE, _PURPOSE = re.compile(r"\b(us(e|ing)|utilise|exploite|traite|process)"), re.compile(r"\b(pour|for|to|a des fins)\b")
_OWN_NEGATION = re.compile(r"(do not|don.t|not to|ne |n')")
_ADVERTISING = re.compile(ADVERTISING)
_LISTED = re.compile(rf"^.{{0,60}}?({LIST}|{ADVERTISING})")
_AND = re.compile(r"\b(et|and|puis|then)\b")
_MEANWHILE = re.compile(MEANWHILE)
# Sentences that are nobody's wish: the small print of mail programs and newsletters, and a word about an earlier mail.
_SMALL_PRINT = re.compile(
    r"\b(pas (le|la|les) destinataires?\b|destinataire (de ce|vise|prevu)|intended recipient|legally privileged"
    r"|confidentiels?\b.{0,80}|confidential\b.{0,80}and)"
    r"|\b(recu|parvenu|adresse|received|sent)\b.{0,30}\b(par erreur|in error)\b|\b(before printing|ne pas imprimer|imprimer ce)\b"
    r"|\b(our|notre) (privacy|politique)|\bvirus\b.{0,40}\b(scan|check|antivirus)|\bwrong (attachment|file)\b|\bmauvaise piece\b"
    r"|\b(you are receiving|vous recevez (ce|cet)|cliquez|click (here|below)|manage (your )?preferences|suivez le lien)\b"
)
# What the letters of lawyers and services say beside their request: duties of ours, what follows from silence, the law quoted.
_PROCEDURE = re.compile(
    r"\b(vous devez|you (have to|must))\b.{0,150}\b(confirm\w*|demande|request|justif\w*|repond\w*|answer|fournir|provide)\b"
    r"|\b(si|if|in case) (vous|you) (avez (communique|transmis)|have disclosed|(ne|do not) (repond|answer)|vous oppos|object)"
    r"|\b(which|qui|that) (provides?|prevoi\w+|dispos\w+|grants?|gives?|allows?)\b|\b(toute personne|any person|individuals)\b"
)
# Mails that speak of these rights and use none: offers, studies, lists of publications, meetings, news.
_SPEAKS_OF_RIGHTS = re.compile(
    r"\b(demo|startup|partnership|partenariat|our (platform|solution|software)|notre (plateforme|solution|logiciel)"
    r"|webinar|webinaire|dissertation|(un|mon) memoire|thesis|i have published|j.ai publie|agenda|ordre du jour"
    r"|this week:|cette semaine :|curiosite)\b"
)
_QUOTED_FROM = re.compile(
    r"^\s*(-{2,} ?(message d.origine|original message)|le .{4,120} a ecrit ?:|on .{4,120} wrote:|_{10,}|-- ?$)"
)
_HEADER_FROM = re.compile(r"^\s*\*?(from|de) ?:\*? ?\S")
_HEADER_NEXT = re.compile(r"^\s*\*?(sent|envoye|date|to|a|objet|subject) ?:")
_FORWARDED = re.compile(r"^\s*(fwd?|tr|wg)\s*:|^-{2,} ?(message transfere|forwarded message)", re.MULTILINE)
_NEW_ITEM = r"\n\s*(?=[-•*–]\s|\(?[a-z0-9]\s?[.)]\s)"


@dataclass
class _Found:
    """What led to a right: words that say a wish, and words that only name the right."""

    wishes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def propose(text: str, *, subject: str = "") -> tuple[Wish, ...]:
    """The rights that these words seem to use, in the order of the law; none when only a person can tell."""
    found: dict[RequestType, _Found] = {}
    speaks_only = bool(_SPEAKS_OF_RIGHTS.search(_plain(f"{subject}\n{text}"[:LONGEST_READ])))
    objects_to_a_list = False
    for sentence, plain in _sentences(text[:LONGEST_READ], subject):
        in_it = list(_in_sentence(sentence, plain))
        if objects_to_a_list and not in_it and (named := _ADVERTISING.search(plain)):
            in_it = [(RequestType.MARKETING_OBJECTION, _quote(sentence, named), False)]  # "I object to: - advertising"
        for right, words, is_name in in_it:
            if not (is_name and speaks_only):
                kept = found.setdefault(right, _Found())
                (kept.names if is_name else kept.wishes).append(words)
        if plain.rstrip().endswith(":"):
            objects_to_a_list = any(right is RequestType.OBJECTION and not is_name for right, _, is_name in in_it)
    for weaker, stronger in _GIVES_WAY:
        if stronger in found and weaker in found and not found[weaker].wishes:
            del found[weaker]
    access, portability = found.get(RequestType.ACCESS), found.get(RequestType.PORTABILITY)
    if access and portability and access.names and not portability.names:
        del found[RequestType.PORTABILITY]  # access by its name, in a "structured format": one copy, of everything
    return tuple(Wish(right, _words(found[right])) for right in RequestType if right in found)


def _words(found: _Found) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*found.wishes, *found.names]))


# Over the whole text: "right to object" above an objection to advertising names no other objection.
_GIVES_WAY = ((RequestType.OBJECTION, RequestType.MARKETING_OBJECTION),)
# Within one sentence: "do not use my number for advertising" restricts nothing else, a portable copy is no second copy.
_SAID_OTHERWISE = {
    RequestType.MARKETING_OBJECTION: (RequestType.RESTRICTION, RequestType.OBJECTION),
    RequestType.WITHDRAWAL: (RequestType.RESTRICTION,),
    RequestType.OBJECTION: (RequestType.RESTRICTION,),
    RequestType.PORTABILITY: (RequestType.ACCESS,),
}


def _in_sentence(sentence: str, plain: str) -> Iterator[tuple[RequestType, str, bool]]:
    """Each right with the words that led to it, and whether these only name it."""
    found: dict[RequestType, re.Match[str]] = {}
    named: dict[RequestType, re.Match[str]] = {}
    wishes = {} if _PROCEDURE.search(plain) else _WISHES
    for right in RequestType:
        for rules, into in ((wishes, found), (_NAMES, named)):
            for rule in rules.get(right, ()):
                match = rule.search(plain)
                if match and not _refused(right, plain, match):
                    into[right] = match
                    break
    if RequestType.MARKETING_OBJECTION in found and _RECEIVE_NO_MORE.search(plain):
        found.pop(RequestType.ACCESS, None)
    if RequestType.RESTRICTION in found and _is_for_good(plain, found[RequestType.RESTRICTION]):
        found[RequestType.OBJECTION] = found.pop(RequestType.RESTRICTION)
    for stronger, weaker in _SAID_OTHERWISE.items():
        if stronger in found or stronger in named:
            for right in weaker:
                found.pop(right, None)
    for right, match in found.items():
        yield right, _quote(sentence, match), False
    for right, match in named.items():
        yield right, _quote(sentence, match), True


def _quote(sentence: str, match: re.Match[str]) -> str:
    return " ".join(sentence[match.start() : match.end()].split())


def _is_for_good(plain: str, match: re.Match[str]) -> bool:
    """ "Do not use it for research" objects to a purpose; "until you have checked", "but keep it" is a restriction."""
    says_not_to_use = re.search(r"\b(us(e|ing)|utilise|exploite|traite|process)", match[0]) and _OWN_NEGATION.search(match[0])
    return (
        bool(says_not_to_use)
        and not _MEANWHILE.search(plain)
        and bool(re.search(r"\b(pour|for|to|a des fins)\b", plain[match.end() :]))
    )


def _refused(right: RequestType, plain: str, match: re.Match[str]) -> bool:
    before = plain[: match.start()]
    if _NOT_ASKING.search(before):
        return True
    if right is RequestType.ERASURE and _from_a_list(plain, match):
        return True
    if right is RequestType.ACCESS and _GIVING.search(plain[: match.start()]):
        return True
    if right in _NEGATIVE:
        return False  # "no longer", "do not want": their own words are negations
    return bool(_NOT.search(before) or _NOT_AROUND.search(plain) or _REPORTED.search(before))


def _from_a_list(plain: str, match: re.Match[str]) -> bool:
    """ "Delete me from your mailing list" erases nothing else; "and delete my address" does."""
    said = _AND.split(plain[match.start() :], maxsplit=1)[0]
    return bool(_LISTED.search(said))


def _sentences(text: str, subject: str) -> Iterable[tuple[str, str]]:
    """Each sentence as written and as compared, of the same length; quotations, signatures and small print left out.

    What somebody forwards is read: it is the request, and the words above it are a colleague's.
    """
    lines = text.split("\n")
    is_forwarded = bool(_FORWARDED.search("\n".join(_plain(line) for line in [subject, *lines])))
    own: list[str] = [f"{subject}."]
    for number, line in enumerate(lines):
        if line.lstrip().startswith(">"):
            continue
        plain, after = _plain(line), _plain("\n".join(lines[number + 1 : number + 3]))
        starts = bool(_HEADER_FROM.match(plain)) and any(_HEADER_NEXT.match(one) for one in after.split("\n"))
        if (_QUOTED_FROM.match(plain) or starts) and not is_forwarded:
            break  # what follows is somebody else's, or a signature
        own.append(line)
    whole = "\n".join(own)
    parts = r"(?<=[.!?;])\s+(?=[A-ZÀ-Ý0-9«\"(]|je |j.|i )|\n\s*\n|(?<=[.!?])\n|" + _NEW_ITEM
    for sentence in re.split(parts, whole):
        sentence = re.sub(r"\s", " ", sentence)
        plain = _plain(sentence)
        if plain.strip() and not _SMALL_PRINT.search(plain):
            yield sentence, plain


def _plain(text: str) -> str:
    """Small letters without accents, one for one, so that a place in it is the same place in the text."""
    return "".join(unicodedata.normalize("NFKD", letter)[0].lower()[:1] or " " for letter in text.replace("’", "'"))


def _words_in(line: str) -> frozenset[str]:
    return frozenset(line.split())


_FRENCH = _words_in("je vous mes de la le les des et pour mon ma bonjour merci que est une un du sur votre avez ne pas")
_ENGLISH = _words_in("i you my the of and to is a please hello dear have your me that for not would thank thanks hi on")


def language_of(text: str, *, otherwise: str) -> str:
    """ "fr" or "en" by the small words; `otherwise` when they do not tell."""
    words = re.findall(r"[a-z]+", _plain(text[:LONGEST_READ]))
    french, english = sum(word in _FRENCH for word in words), sum(word in _ENGLISH for word in words)
    if french == english:
        return otherwise
    return "fr" if french > english else "en"
