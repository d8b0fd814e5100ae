from __future__ import annotations

import pytest

from dsar.domain.grounds import GroundDoesNotFit, GroundNeeded, check_grounds, fitting_grounds
from dsar.domain.rights import article, needs_two_people, outcomes
from dsar.domain.vocabulary import AT_ONCE, Act, Ground, Outcome, RequestType


def test_each_right_names_its_article_as_lawyers_cite_it() -> None:
    assert article(RequestType.OBJECTION, "en") == "GDPR Art. 21(1)"
    assert article(RequestType.OBJECTION, "fr") == "RGPD, art. 21.1"
    assert all(article(right, "fr").startswith("RGPD, art. ") for right in RequestType)


@pytest.mark.parametrize("right", RequestType)
def test_every_refusal_needs_two_people(right: RequestType) -> None:
    assert needs_two_people(right, Outcome.REFUSED) is Act.REFUSE
    assert needs_two_people(right, Outcome.PARTLY_GRANTED) is Act.REFUSE


def test_an_erasure_needs_two_people_and_an_access_one() -> None:
    assert needs_two_people(RequestType.ERASURE, Outcome.GRANTED) is Act.ERASE
    assert needs_two_people(RequestType.ACCESS, Outcome.GRANTED) is None
    assert needs_two_people(RequestType.ERASURE, Outcome.NOTHING_HELD) is None


@pytest.mark.parametrize("right", sorted(AT_ONCE))
def test_what_is_absolute_has_no_ground_and_no_refusal(right: RequestType) -> None:
    assert fitting_grounds(right) == ()
    assert outcomes(right) == (Outcome.GRANTED,)


def test_a_ground_of_another_right_does_not_fit() -> None:
    check_grounds(right=RequestType.ERASURE, outcome=Outcome.PARTLY_GRANTED, grounds=[Ground.ART_17_3_B])
    with pytest.raises(GroundDoesNotFit):
        check_grounds(right=RequestType.ACCESS, outcome=Outcome.REFUSED, grounds=[Ground.ART_17_3_B])


def test_a_refusal_without_a_ground_is_refused_in_both_languages() -> None:
    with pytest.raises(GroundNeeded) as refused:
        check_grounds(right=RequestType.ACCESS, outcome=Outcome.REFUSED, grounds=[])
    assert "12.4" in refused.value.sentence("fr")
    assert "12(4)" in refused.value.sentence("en")


def test_every_ground_fits_some_right() -> None:
    assert {ground for right in RequestType for ground in fitting_grounds(right)} == set(Ground)


def test_a_grant_takes_no_ground() -> None:
    check_grounds(right=RequestType.ACCESS, outcome=Outcome.GRANTED, grounds=[])
    with pytest.raises(GroundDoesNotFit):
        check_grounds(right=RequestType.ACCESS, outcome=Outcome.GRANTED, grounds=[Ground.ART_15_4])
