"""Reads free wording, French or English, and proposes which rights it uses, with the words that led there.

Plain rules, and a proposal only: any wording counts (LAW R-01), and a person names the rights (GDPR Art. 12(2)).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dsar.domain.vocabulary import RequestType

LONGEST_READ = 20_000


@dataclass(frozen=True)
class Wish:
    """One proposed right and the words of the text, as they were written, that led to it."""

    right: RequestType
    words: tuple[str, ...]


# Written without accents and in small letters; `.{0,n}` never leaves a sentence (see `_sentences`).
_MINE = (
    r"(mon|ma|mes|me|moi|son|sa|ses|le|la|les|nos|notre|leur|tout|toutes?|tous|l.ensemble|l.integralite|de mes|compte|profil"
    r"|dossier|donnees|informations|photos?|coordonnees|cv)"
)
_HELD = r"(donnees|informations?|infos?|dossiers?|fichiers?|fiche|donnees personnelles)"
_THINGS = r"(data|information|infos?|records?|files?|everything|details|personal data)"
_ADS = (
    r"(pubs?\b|publicites?|publicitaires?|prospection|demarchage|commercia\w+|newsletters?|infolettres?|lettres? d.information"
    r"|sollicit\w+|promotion\w*|offres|marketing|listes? (d.appels?|de diffusion|d.envoi)|demarch\w+|mailings?)"
)
_ADS_EN = (
    r"(marketing|advert\w*|\bads?\b|newsletters?|(mailing|distribution) lists?|promotion\w*|spam|cold calls?|sales calls?"
    r"|offers|solicitation\w*|open days?)"
)

RULES: Mapping[RequestType, tuple[str, ...]] = {
    RequestType.ACCESS: (
        r"\bdroit d.acces\b|\b(article|art\.?) ?15\b",
        r"\b(copie|communication|communiquer|transmettre|obtenir|recevoir|consulter|envoyer|fournir|avoir acces|acceder)\b"
        r".{0,80}\b" + _HELD,
        r"\b(copie|communication|liste) (de|des|du)\b.{0,60}\b(me concernant|a mon sujet|le concernant|la concernant|sur moi)",
        r"\b(quelles?|toutes? les?|les) (donnees|informations?|infos?)\b.{0,60}"
        r"\b(avez|detenez|possedez|conservez|disposez|stockez)",
        r"\b(que|quoi|quelles? .{1,20}) (savez|possedez|detenez|avez|conservez|stockez)[- ]vous\b"
        r".{0,30}\b(sur|a propos de|de) (moi|lui|elle)",
        r"\b(savoir|connaitre|dire|voir|connaissance de|parvenir)\b.{0,40}"
        r"\b(tout )?ce (que vous (savez|avez|detenez|gardez)|qui figure)\b",
        r"\b(envoyer|envoyez|montrer|montrez|donner|donnez|communiquez|transmettez|fournissez|visionner|voir|recevoir|obtenir)\b"
        r".{0,40}\b((le )?detail de ce|contenu de|tout ce que vous|(la|les|l.) ?(images?|videos?|enregistrements?))\b",
        r"\bacces\b.{0,40}\b(images?|videos?|enregistrements?|donnees|dossier|informations)\b",
        r"\bd.ou (tenez|tirez|vient|viennent|avez|proviennent)\b|\ba qui\b.{0,30}\b(donne|transmi\w+|communique\w*|vendu\w*)\b",
        r"\bsubject access request\b|\b(data )?access request\b|\bright of access\b|\bdsar\b|\bsars?\b",
        r"\bcopy of\b.{0,60}\b(" + _THINGS + r"|hold|have)\b",
        r"\b(send|give|provide|disclose|obtain|see|get|receive|access|supply|show)\b.{0,60}"
        r"\b(" + _THINGS + r"|cctv|footage|recordings?)\b",
        r"\bwhat\b.{0,40}\b(you|u|ye)\b.{0,20}\b(hold|have|saved|store|stored|know|keep)\b.{0,30}\b(about|on|of)\b",
        r"\b(what|which)( of my)? (personal )?(data|information|info|details|records)\b.{0,30}\b(hold|have|store|keep|on your)\b",
        r"\b(have|get|see|let me have) (sight|a copy|copies) of\b|\blet me have a copy\b",
        r"\btout ce que vous avez sur (moi|lui|elle)\b|\bqu.avez-vous (garde|conserve|stocke|recueilli)\b",
        r"\blook at my (file|record)s?\b",
        r"\b(confirm )?whether you (process|hold|have|keep|store)\b",
        r"\bdo you (hold|have|keep|store) (any|anything|data|information)\b",
        r"\bwhere (did )?you (got|get|obtained?|found)\b|\bwho\b.{0,20}\byou.{0,10}\b(shared|given|gave|sold|passed)\b",
    ),
    RequestType.RECTIFICATION: (
        r"\bdroit de rectification\b|\bright to rectification\b|\b(article|art\.?) ?16\b",
        r"\b(corriger|rectifier|rectification|modifier|mettre a jour|mise a jour|actualiser|correction)\b",
        r"\b(corrigez|rectifiez|modifiez|actualisez)\b",
        r"\b(est|sont|etait) (fausses?|faux|erronee?s?|incorrecte?s?|inexacte?s?|perimee?s?|obsoletes?)\b",
        r"\b(coquille|faute de frappe|faute d.orthographe|mal (orthographie|ecrit|saisi)\w*)\b",
        r"\b(nouvelle adresse|nouveau (numero|nom))\b|\bj.ai (demenage|change de (nom|prenom|adresse|numero))\b",
        r"\bchangement d.adresse\b|\bchange of (name|address)\b|\b(adresse|numero|nom) a change\b|\bneeds? correcting\b",
        r"\b(new|old) (phone |postal |home |e-?mail )?(number|address|surname)\b",
        r"\berreur\b.{0,20}\b(dans|sur|de) (mon|ma|mes)\b",
        r"\b(correct|rectify|amend|update(?! (me|us|you) )|fix)\b"
        r".{0,60}\b(it|them|my|his|her|their|records?|details|name|address|data|information)\b",
        r"\b(is|are|was) (wrong|incorrect|inaccurate|out of date|outdated|misspelt|misspelled)\b",
        r"\b(typo|misspel\w+|mistake)\b.{0,20}\b(in|on|of) (my|the|his|her)\b",
    ),
    RequestType.ERASURE: (
        r"\bdroit a l.(oubli|effacement)\b|\b(article|art\.?) ?17\b|\bright to (be forgotten|erasure)\b|\bbe forgotten\b",
        r"\b(efface\w*|supprim\w*|suppression|destruction|detrui\w+|purge\w*|retirer de vos bases)\b"
        r".{0,60}\b" + _MINE,
        r"\b(tout|l.|le|la|les) ?(efface[rz]|supprime[rz]|detruire)\b|\bque tout (disparaisse|soit (efface|supprime))",
        r"\b(efface|supprime|detrui)\w*-(le|la|les|moi|tout)\b|\bplus (aucune|de) raison\b.{0,30}\b(ayez|gardiez|conserviez)\b",
        r"\btake\b.{0,30}\bdown\b|\b(bin|scrap|dispose of|shred)\b.{0,40}\b(my|all|everything|whatever|it|them)\b",
        r"\bremove me from your (system|database|records|files)s?\b",
        r"\b(faire|faites) (tout )?disparaitre\b|\b(ferme[rz]|cloture[rz]?|clore)\b.{0,20}\bcompte\b",
        r"\bne (veux|souhaite) (pas|plus)\b.{0,40}\b(restent?|gardiez|conserviez|soi(t|ent) (conserve|garde)\w*)\b",
        r"\b(delete|erase|destroy|wipe|purge|get rid of)\b.{0,60}"
        r"\b(my|me|all|everything|account|data|details|profile|cv|records?|information)\b",
        r"\b(delete|erase) (it|them|the lot)\b|\bvous pouvez tout jeter\b|\b(tout|les?) jeter\b",
        r"\b(all|everything|data|account|profile|it)\b.{0,30}\b(to be |be )(deleted|erased|destroyed)\b",
        r"\bremove\b.{0,30}\b(my|all of my)\b.{0,20}\b(profile|account|data|posts|details|records?)\b",
        r"\bclose (down )?my account\b|\b(stop|no longer) (hold|keep|stor)(ing|e)?\b.{0,30}\b(my|data|details)\b",
    ),
    RequestType.RESTRICTION: (
        r"\blimitation (du|d.un|de) ?traitement\b|\blimiter (le|l.) ?(traitement|utilisation|usage)\b|\b(article|art\.?) ?18\b",
        r"\b(gelez|geler|gel|bloquez|bloquer|suspendez|suspendre|cessez|cesser)\b.{0,40}\b(utilisation|usage|traitement|donnees)\b",
        r"\b(ne|n.) ?(plus|pas)? ?(utilise[rz]|exploite[rz]|traite[rz])\b.{0,40}\b(mes|mon|ces|son|ses)\b",
        r"\b(mettez|mettre)\b.{0,40}\b(en attente|en suspens|de cote)\b|\bn.y touche[rz] (plus|pas)\b",
        r"\b(put|place)\b.{0,30}\b(a|on) hold\b|\bleave\b.{0,30}\buntouched\b",
        r"\brestrict(ion)?\b.{0,30}\b(process\w*|use)\b",
        r"\b(freeze|suspend|block)\b.{0,40}\b(use|processing|data|records?)\b",
        r"\b(do not|don.t|stop) (use|using|process|processing)\b.{0,20}\b(my|this|these|his|her)\b",
    ),
    RequestType.PORTABILITY: (
        r"\bportabilite\b|\bportability\b|\b(article|art\.?) ?20\b",
        r"\bformat (lisible par|structure|reutilisable|exploitable|ouvert|electronique|machine|csv|json)\b",
        r"\b(machine[- ]readable|structured|reusable|commonly used) (format|form)\b",
        r"\b(export\w*|fichiers?|files?|download|telecharger|format)\b.{0,60}\b(csv|json|xml|excel|xlsx?)\b",
        r"\b(data|notes|marks|grades|donnees|coursework)\b.{0,30}\b(spreadsheet|tableur)\b",
        r"\btransfer\b.{0,50}\b(directly|to another|to the new)\b",
    ),
    RequestType.OBJECTION: (
        r"\bdroit d.opposition\b|\bright to object\b|\b(article|art\.?) ?21\b",
        r"\b(je )?m.oppose\b|\bmon opposition\b|\bje refuse que\b|\bm.opposer\b|\bm.y oppose\b",
        r"\bi (hereby |strongly )?(object|oppose)\b|\bmy objection\b",
    ),
    RequestType.MARKETING_OBJECTION: (
        r"\b(desinscri\w+|desabonn\w+|unsubscri\w+|opt(ing)?[- ]?out)\b",
        r"\b(stop|arretez|arreter|cessez|cesser|plus recevoir|plus de|ne veux plus|ne souhaite plus|m.oppose|retirez?|rayez"
        r"|radiez|enlevez|opposition)\b.{0,80}" + _ADS,
        r"\b(arretez|cessez|stop)\b.{0,40}\b(m.(envoyer|appeler|ecrire|importuner|harceler)|de m.(envoyer|appeler|ecrire))\b",
        r"\b(stop|do not want|don.t want|no longer want|no more|object|off|remove (me|my)|cease)\b.{0,80}" + _ADS_EN,
        r"\bplus (aucun|un seul|d.) ?(appels?|e-?mails?|mails?|messages?|sms|courriers?)\b",
        r"\b(arretez|cessez) (ces|vos|les) (appels|e?-?mails)\b",
        r"\b(no more|stop (the|these|your)) (calls|e-?mails|texts|messages|letters)\b|\bmake it stop\b",
        r"\bstop (calling|e-?mailing|contacting|texting|spamming|phoning|ringing) me\b",
    ),
    RequestType.WITHDRAWAL: (
        r"\b(retire|retirer|revoque|revoquer|annule|reprends|reviens sur|revenir sur)\b"
        r".{0,30}\b(consentement|accord|autorisation)\b",
        r"\bretrait (de|du) (mon )?consentement\b|\bne consens plus\b|\bplus d.accord pour\b|\bn.autorise plus\b",
        r"\b(withdraw(ing)?|revok(e|ing)|tak(e|ing) back|retract(ing)?)\b.{0,30}\b(consent|permission|agreement)\b",
        r"\bno longer (consent|agree)\b|\bconsent is withdrawn\b",
    ),
}
_RULES = {right: tuple(re.compile(rule) for rule in rules) for right, rules in RULES.items()}

# What undoes a match when it stands just before it ("do not delete"): the sentence asks for the contrary.
_NOT = re.compile(r"\b(do not|don.t|never|not|n'|ne|pas|sans)\s*(\w+\s){0,1}$")
_RECEIVE_NO_MORE = re.compile(r"\b(plus|pas) recevoir\b|\b(not|n.t|no longer)\b.{0,20}\b(receive|get)\b")
_NEGATIVE = frozenset({RequestType.MARKETING_OBJECTION, RequestType.OBJECTION, RequestType.WITHDRAWAL, RequestType.RESTRICTION})
_NOT_AROUND = re.compile(r"\b(n'|ne )(effacez|supprimez|detruisez|corrigez|modifiez)\b.{0,12}\b(pas|surtout|rien|jamais)\b")
# Sentences that are nobody's wish: the small print of mail programs.
_SMALL_PRINT = re.compile(
    r"\b(destinataire|par erreur|confidentiel|confidential|intended recipient|in error|environment|environnement|virus"
    r"|legally privileged)\b"
)
_QUOTED_FROM = re.compile(
    r"^\s*(>|-{2,} ?(message d.origine|original message|message transfere|forwarded message)"
    r"|le .{4,60} a ecrit ?:|on .{4,80} wrote:|_{10,}|-- ?$)"
)


def propose(text: str, *, subject: str = "") -> tuple[Wish, ...]:
    """The rights that these words seem to use, in the order of the law; none when only a person can tell."""
    found: dict[RequestType, list[str]] = {}
    for sentence, plain in _sentences(f"{subject}.\n{text}"[:LONGEST_READ]):
        for right, words in _in_sentence(sentence, plain):
            found.setdefault(right, []).append(words)
    for weaker, stronger in _GIVES_WAY:
        if weaker in found and stronger in found:
            del found[weaker]
    return tuple(Wish(right, tuple(dict.fromkeys(found[right]))) for right in RequestType if right in found)


# Over the whole text: an objection to advertising is no general objection as well, and a portable copy no second copy.
_GIVES_WAY = (
    (RequestType.OBJECTION, RequestType.MARKETING_OBJECTION),
    (RequestType.ACCESS, RequestType.PORTABILITY),
)
# Within one sentence: "do not use my number for advertising" restricts nothing else, "take me off your list" erases nothing else.
_SAID_OTHERWISE = {
    RequestType.MARKETING_OBJECTION: (RequestType.RESTRICTION, RequestType.ERASURE),
    RequestType.WITHDRAWAL: (RequestType.RESTRICTION,),
    RequestType.OBJECTION: (RequestType.RESTRICTION,),
}


def _in_sentence(sentence: str, plain: str) -> Iterable[tuple[RequestType, str]]:
    found: dict[RequestType, str] = {}
    for right, rules in _RULES.items():
        for rule in rules:
            match = rule.search(plain)
            if match and not _refused(right, plain, match):
                found[right] = " ".join(sentence[match.start() : match.end()].split())
                break
    if RequestType.MARKETING_OBJECTION in found and _RECEIVE_NO_MORE.search(plain):
        found.pop(RequestType.ACCESS, None)
    for stronger, weaker in _SAID_OTHERWISE.items():
        if stronger in found:
            for right in weaker:
                found.pop(right, None)
    return found.items()


def _refused(right: RequestType, plain: str, match: re.Match[str]) -> bool:
    if right in _NEGATIVE:
        return False  # "no longer", "do not want": their own words are negations
    return bool(_NOT.search(plain[: match.start()]) or _NOT_AROUND.search(plain))


def _sentences(text: str) -> Iterable[tuple[str, str]]:
    """Each sentence as written and as compared, of the same length; quotations, signatures and small print left out."""
    own: list[str] = []
    for line in text.split("\n"):
        if _QUOTED_FROM.match(_plain(line)) and not line.lstrip().startswith(">"):
            break  # what follows is somebody else's, or a signature
        if not line.lstrip().startswith(">"):
            own.append(line)
    whole = "\n".join(own)
    for sentence in re.split(r"(?<=[.!?;])\s+(?=[A-ZÀ-Ý0-9«\"(]|je |j.|i )|\n\s*\n|(?<=[.!?])\n", whole):
        sentence = re.sub(r"\s", " ", sentence)
        plain = _plain(sentence)
        if plain.strip() and not _SMALL_PRINT.search(plain):
            yield sentence, plain


def _plain(text: str) -> str:
    """Small letters without accents, one for one, so that a place in it is the same place in the text."""
    return "".join(unicodedata.normalize("NFKD", letter)[0].lower()[:1] or " " for letter in text.replace("’", "'"))


_FRENCH = frozenset(
    [
        "je",
        "vous",
        "mes",
        "de",
        "la",
        "le",
        "les",
        "des",
        "et",
        "pour",
        "mon",
        "ma",
        "bonjour",
        "merci",
        "que",
        "est",
        "une",
        "un",
        "du",
        "sur",
        "votre",
        "avez",
        "ne",
        "pas",
    ]
)
_ENGLISH = frozenset(
    [
        "i",
        "you",
        "my",
        "the",
        "of",
        "and",
        "to",
        "is",
        "a",
        "please",
        "hello",
        "dear",
        "have",
        "your",
        "me",
        "that",
        "for",
        "not",
        "would",
        "thank",
        "thanks",
        "hi",
        "on",
    ]
)


def language_of(text: str, *, otherwise: str) -> str:
    """ "fr" or "en" by the small words; `otherwise` when they do not tell."""
    words = re.findall(r"[a-z]+", _plain(text[:LONGEST_READ]))
    french, english = sum(word in _FRENCH for word in words), sum(word in _ENGLISH for word in words)
    if french == english:
        return otherwise
    return "fr" if french > english else "en"
