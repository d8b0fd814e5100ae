"""Which grounds fit which right: a refusal names its ground and its facts to the person (GDPR Art. 12(4))."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import AT_ONCE, Ground, Outcome, RequestType


class GroundNeeded(DsarError):
    fr = "Un refus, même partiel, doit citer au moins un motif (RGPD, art. 12.4). Choisissez-le."
    en = "A refusal, even in part, must name at least one ground (GDPR Art. 12(4)). Choose it."


class GroundDoesNotFit(DsarError):
    """`ground` belongs to another right, or to no refusal at all."""

    fr = "Ce motif ne s’applique pas à ce droit ou à cette décision. Choisissez parmi les motifs proposés."
    en = "This ground does not apply to this right or decision. Choose among those offered."

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        super().__init__()


# GDPR Art. 11(2) switches off Art. 15 to 20 and Art. 12(5) applies to every request; the marketing objection knows no ground.
_ALWAYS = (Ground.ART_12_5_UNFOUNDED, Ground.ART_12_5_EXCESSIVE)
_OF_RIGHT: Mapping[RequestType, tuple[Ground, ...]] = {
    RequestType.ACCESS: (Ground.ART_15_4, Ground.ART_11_2),
    RequestType.RECTIFICATION: (Ground.ART_16_ACCURATE, Ground.ART_11_2),
    RequestType.ERASURE: (
        Ground.ART_17_3_B,
        Ground.ART_17_3_E,
        Ground.ART_17_3_A,
        Ground.ART_17_3_C,
        Ground.ART_17_3_D,
        Ground.ART_11_2,
    ),
    RequestType.RESTRICTION: (Ground.ART_18_NO_GROUND, Ground.ART_11_2),
    RequestType.PORTABILITY: (Ground.ART_20_SCOPE, Ground.ART_20_4, Ground.ART_11_2),
    RequestType.OBJECTION: (Ground.ART_21_COMPELLING,),
    RequestType.UNSPECIFIED: (),
}
_NEED_A_GROUND = (Outcome.REFUSED, Outcome.PARTLY_GRANTED)


def fitting_grounds(right: RequestType) -> tuple[Ground, ...]:
    """The grounds on which `right` may be refused, the usual one first; none for what is carried out at once."""
    return () if right in AT_ONCE else _OF_RIGHT[right] + _ALWAYS


def check_grounds(*, right: RequestType, outcome: Outcome, grounds: Collection[Ground]) -> None:
    """Raises `GroundNeeded` or `GroundDoesNotFit`; a grant, or nothing held, takes no ground."""
    if outcome in _NEED_A_GROUND and not grounds:
        raise GroundNeeded
    for ground in grounds:
        if outcome not in _NEED_A_GROUND or ground not in fitting_grounds(right):
            if outcome is Outcome.CANNOT_IDENTIFY and ground is Ground.ART_11_2:
                continue
            raise GroundDoesNotFit(ground)
