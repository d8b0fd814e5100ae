"""Refusals that a reader sees: what happened, which rule, what to do, in the reader's language."""

from typing import ClassVar


class DsarError(Exception):
    """Base of every refusal. A subclass stands beside its rule and has its words by language; arguments fill their `{facts}`."""

    fr: ClassVar[str] = "Cette action n’est pas possible maintenant. Rechargez la page et réessayez."
    en: ClassVar[str] = "This cannot be done now. Reload the page and try again."

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.sentence("en"))

    def sentence(self, language: str) -> str:
        """The refusal in `language`; in English when it has no words in that language."""
        words = getattr(self, language, self.en)
        return (words if isinstance(words, str) else self.en).format(**self.facts)
