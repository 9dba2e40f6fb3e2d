"""Texts: tokens and back, pieces with what follows, and the sonnets as bundled."""

import hashlib
import re
from importlib import resources

import numpy as np
import pytest

import bpcourse as bp
from bpcourse.texts import Text


def test_tokens_stand_for_characters_both_ways():
    text = Text.from_string("to be, or not to be")
    assert text.decode(text.encode("not one")) == "not one"
    assert text.decode(np.concatenate([text.train, text.validation])) == "to be, or not to be"
    with pytest.raises(ValueError, match="the character 'z' does not occur in the text"):
        text.encode("zero")


def test_pieces_are_followed_by_what_follows():
    text = bp.texts.sonnets()
    tokens, following = text.batch(50, 30, rng=np.random.default_rng(0))
    assert tokens.shape == following.shape == (50, 30)
    np.testing.assert_array_equal(tokens[:, 1:], following[:, :-1])
    whole = text.decode(text.train)
    assert all(text.decode(row) in whole for row in tokens), "a piece stands in the text"
    assert len({text.decode(row) for row in tokens}) > 40, "pieces are drawn anew"


def test_every_piece_can_be_drawn():
    text = Text.from_string("abcde", validation=0.0)
    rng = np.random.default_rng(0)
    drawn = {text.decode(text.batch(1, 3, rng=rng)[0][0]) for _ in range(60)}
    assert drawn == {"abc", "bcd"}, "the first and the last piece included"
    with pytest.raises(ValueError, match="pieces of 5 with what follows want 6 characters"):
        text.batch(1, 5, rng=rng)


def test_what_cannot_be_a_text_is_refused():
    with pytest.raises(ValueError, match="the text is empty"):
        Text.from_string("")
    with pytest.raises(ValueError, match="validation is 1, want less than 1"):
        Text.from_string("abc", validation=1)


def test_the_sonnets_are_154_of_14_lines_but_for_two():
    content = resources.files("bpcourse").joinpath("data/sonnets.txt").read_text("ascii")
    poems = re.split(r"^[IVXLC]+\n", content, flags=re.MULTILINE)[1:]
    lines = [len([line for line in poem.splitlines() if line]) for poem in poems]
    assert len(poems) == 154
    others = {number: count for number, count in enumerate(lines, 1) if count != 14}
    assert others == {99: 15, 126: 12}, "sonnet 99 has 15 lines, sonnet 126 has 12"
    digest = hashlib.sha256(content.encode("ascii")).hexdigest()
    assert digest.startswith("eb5426f175de8a94"), (
        "the file was changed: see scripts/make_sonnets.py"
    )
