from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.references import ALPHABET, new_reference, normalise_reference

BODIES = st.lists(st.integers(0, 31), min_size=7, max_size=7)


def drawn(values: list[int], prefix: str = "IE") -> str:
    rest = iter(values)
    return new_reference(prefix, draw=lambda _: next(rest))


def test_a_reference_has_prefix_and_two_groups_of_four() -> None:
    assert drawn([7, 19, 4, 20, 2, 29, 23]) == "IE-7K4M-2XQZ"


@pytest.mark.parametrize(
    "typed",
    [
        *("IE-7K4M-2XQZ", "ie7k4m2xqz", " ie 7k4m 2xqz ", "7K4M-2XQZ", "1E-7k4m-2xqz", "IE\u20117K4M\u20132XQZ"),
        *("IE-7K4M-2XQZ.", "IE_7K4M_2XQZ", "IE\u22127K4M\u22122XQZ", "Référence : IE-7K4M-2XQZ", "n° ie-7k4m-2xqz, merci"),
    ],
)
def test_it_is_accepted_in_any_case_with_or_without_hyphens_and_prefix(typed: str) -> None:
    assert normalise_reference(typed, prefix="IE") == "IE-7K4M-2XQZ"


def test_letters_that_look_like_digits_are_read_as_those() -> None:
    reference = drawn([0, 1, 1, 0, 5, 6, 7])
    assert normalise_reference(reference.replace("0", "O").replace("1", "l"), prefix="IE") == reference
    assert normalise_reference(reference.replace("1", "i"), prefix="IE") == reference


@pytest.mark.parametrize(
    "typed", ["", "IE-", "IE-7K4M-2XQ", "IE-7K4M-2XQZR", "XX-7K4M-2XQZ", "IE-7K4M-2XQS", "IE-UUUU-UUUU", "7" * 10_000, "ß" * 8]
)
def test_anything_else_is_no_reference(typed: str) -> None:
    assert normalise_reference(typed, prefix="IE") is None


@given(BODIES)
def test_what_is_made_is_understood(values: list[int]) -> None:
    reference = drawn(values)
    assert normalise_reference(reference, prefix="IE") == reference
    assert normalise_reference(reference.lower().replace("-", ""), prefix="IE") == reference


@given(BODIES, st.integers(0, 7), st.integers(0, 31))
def test_one_wrong_character_is_always_found(values: list[int], place: int, wrong: int) -> None:
    characters = drawn(values)[3:].replace("-", "")
    changed = characters[:place] + ALPHABET[wrong] + characters[place + 1 :]
    if changed != characters:
        assert normalise_reference(changed, prefix="IE") is None


@given(BODIES, st.integers(0, 7), st.integers(0, 7))
def test_two_characters_that_changed_places_are_always_found(values: list[int], one: int, other: int) -> None:
    characters = list(drawn(values)[3:].replace("-", ""))
    swapped = characters.copy()
    swapped[one], swapped[other] = swapped[other], swapped[one]
    if swapped != characters:
        assert normalise_reference("".join(swapped), prefix="IE") is None


@given(st.text(max_size=80))
def test_no_text_makes_it_stumble(text: str) -> None:
    normalise_reference(text, prefix="IE")
