"""Why a collection, or a whole source, was not searched: stored as a code with facts, told in the reader's language.

Facts are names of systems, collections, columns and identifier kinds, never values.
"""

from enum import StrEnum

LONGEST = 300


class Because(StrEnum):
    NEEDS_KEY = "needs_key"  # only identifiers that we were not given lead there
    NO_WAY = "no_way"  # the data map has no identity and no reference that leads there
    NOT_WANTED = "not_wanted"
    LEFT_OUT_BY_MAP = "left_out_by_map"
    TABLE_MISSING = "table_missing"
    COLUMN_MISSING = "column_missing"
    NO_KEY_COLUMN = "no_key_column"  # the reference, or what it starts from, does not exist
    OTHER_SOURCE = "other_source"
    TABLE_UNMAPPED = "table_unmapped"
    TOO_SLOW = "too_slow"
    REFUSED = "refused"  # by the source's own rights
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"
    NO_CONNECTION = "no_connection"
    NO_CONNECTOR = "no_connector"
    DIED = "died"
    UNFINISHED = "unfinished"
    NOT_STORED = "not_stored"
    GONE = "gone"


_SENTENCES: dict[Because, tuple[str, str]] = {
    Because.NEEDS_KEY: (
        "On n’y trouve une personne que par {0}, que la demande ne donne pas.",
        "A person is found there only by {0}, which the request does not give.",
    ),
    Because.NO_WAY: (
        "La carte des données n’indique aucun chemin vers {0} : ajoutez-y une identité ou une référence.",
        "The data map shows no way to {0}: add an identity or a reference to it.",
    ),
    Because.NOT_WANTED: ("{0} ne fait pas partie de cette recherche.", "{0} is not part of this search."),
    Because.LEFT_OUT_BY_MAP: (
        "La carte des données dit de ne pas traiter {0} (skip_processing).",
        "The data map says not to process {0} (skip_processing).",
    ),
    Because.TABLE_MISSING: (
        "{0} figure dans la carte des données et n’existe pas dans le système : corrigez l’une ou l’autre.",
        "{0} is in the data map and not in the system: correct one or the other.",
    ),
    Because.COLUMN_MISSING: (
        "La carte des données cite dans {0} des colonnes que le système n’a pas : {1}. Corrigez l’une ou l’autre.",
        "The data map names columns in {0} that the system does not have: {1}. Correct one or the other.",
    ),
    Because.NO_KEY_COLUMN: (
        "{0} ne peut pas être cherchée en entier : {1}, d’où part la référence, n’existe pas.",
        "{0} cannot be searched completely: {1}, from which the reference starts, does not exist.",
    ),
    Because.OTHER_SOURCE: (
        "{0} se cherche à partir de {1}, qui se trouve dans un autre système ; ce lien n’est pas encore suivi.",
        "{0} is searched from {1}, which lies in another system; that link is not followed yet.",
    ),
    Because.TABLE_UNMAPPED: (
        "{0} existe dans le système et ne figure pas dans la carte des données : ajoutez-la, ou justifiez de l’omettre.",
        "{0} exists in the system and is not in the data map: map it, or justify leaving it out.",
    ),
    Because.TOO_SLOW: (
        "Le système a mis plus de {0} secondes à répondre ; un index sur les colonnes de recherche aide.",
        "The system took more than {0} seconds to answer; an index on the searched columns helps.",
    ),
    Because.REFUSED: (
        "Le système refuse la lecture de {0} : donnez au compte de lecture le droit SELECT.",
        "The system refuses to let {0} be read: give the reading account the right to SELECT.",
    ),
    Because.UNREACHABLE: (
        "Le système {0} ne répond pas ; vérifiez qu’il fonctionne et que l’adresse est juste.",
        "The system {0} does not answer; check that it runs and that its address is right.",
    ),
    Because.UNREADABLE: (
        "{0} n’a pas pu être lue (erreur {1}). Relancez, ou demandez à l’équipe responsable.",
        "{0} could not be read (error {1}). Try again, or ask the team that owns it.",
    ),
    Because.NO_CONNECTION: (
        "La connexion n’est pas configurée : la variable {0} est vide ou mal écrite.",
        "The connection is not configured: the variable {0} is empty or badly written.",
    ),
    Because.NO_CONNECTOR: (
        "Les systèmes de type {0} ne se lisent pas encore seuls : demandez les données à l’équipe responsable.",
        "Systems of the kind {0} are not read by the machine yet: ask the team that owns it for the data.",
    ),
    Because.DIED: (
        "La recherche s’est interrompue {0} fois sans finir ; voyez le journal de l’opérateur, puis relancez.",
        "The search stopped {0} times without finishing; see the operator’s log, then try again.",
    ),
    Because.UNFINISHED: ("La recherche de {0} n’est pas terminée.", "The search of {0} has not finished."),
    Because.NOT_STORED: (
        "Les lignes de {0} n’ont pas pu être gardées (erreur {1}) ; vérifiez l’espace de stockage, puis relancez.",
        "The rows of {0} could not be stored (error {1}); check the storage, then try again.",
    ),
    Because.GONE: (
        "Le système {0} n’est plus dans sources.yml : remettez-le, ou omettez cette recherche.",
        "The system {0} is no longer in sources.yml: put it back, or leave this search out.",
    ),
}


def because(code: Because, *facts: object) -> str:
    """The reason as it is stored: `needs_key|_ga, visitor_id`."""
    return "|".join([code.value, *(str(fact).replace("|", "/") for fact in facts)])[:LONGEST]


def reason_sentence(reason: str, language: str) -> str:
    """A stored reason as a sentence in `language`; words that a person wrote come back as they are."""
    code, *facts = reason.split("|")
    try:
        french, english = _SENTENCES[Because(code)]
        return (french if language == "fr" else english).format(*facts)
    except (ValueError, IndexError):
        return reason
