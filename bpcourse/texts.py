"""Texts as numbers: what a language model reads."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False, repr=False)
class Text:
    """A text, character by character, cut into a part to train on and a part for validation.

    Attributes
    ----------
    characters : str
        All characters that occur, sorted; token v stands for the v-th.
    train, validation : ndarray of int, of shape (length,)
        The tokens of each part.
    """

    characters: str
    train: np.ndarray
    validation: np.ndarray

    @classmethod
    def from_string(cls, text: str, *, validation: float = 0.1) -> Text:
        """Make a text from a string; its last part is set aside.

        Parameters
        ----------
        text : str
        validation : float
            What fraction to set aside, from 0 to below 1.

        Returns
        -------
        Text

        Raises
        ------
        ValueError, TypeError
            An empty string, a fraction out of range.

        Examples
        --------
        >>> text = Text.from_string("abracadabra", validation=0.3)
        >>> text.characters, text.train
        ('abcdr', array([0, 1, 4, 0, 2, 0, 3, 0]))
        >>> text.decode(text.validation)
        'bra'
        """
        validation = _checks.real("validation", validation, minimum=0, below=1)
        _check_string("text", text)
        if not text:
            raise ValueError("the text is empty, want at least one character")
        characters = "".join(sorted(set(text)))
        tokens = _tokens(text, characters)
        cut = len(tokens) - int(validation * len(tokens))
        return cls(characters, tokens[:cut], tokens[cut:])

    def encode(self, string: str) -> np.ndarray:
        """Return the tokens of a string.

        Parameters
        ----------
        string : str

        Returns
        -------
        ndarray of int, of shape (length,)

        Raises
        ------
        ValueError
            A character that does not occur in the text.

        Examples
        --------
        >>> Text.from_string("abracadabra").encode("bad")
        array([1, 0, 3])
        """
        return _tokens(string, self.characters)

    def decode(self, tokens: ArrayLike) -> str:
        """Return the string that tokens stand for.

        Parameters
        ----------
        tokens : array_like of int, of shape (length,)

        Returns
        -------
        str

        Raises
        ------
        ValueError, TypeError
            Something that is no token of this text.

        Examples
        --------
        >>> Text.from_string("abracadabra").decode([1, 0, 3])
        'bad'
        """
        tokens = _checks.array_of("tokens", tokens)
        if tokens.ndim != 1 or (tokens.size and tokens.dtype.kind not in "iu"):
            raise TypeError(
                f"tokens has shape {tokens.shape} and dtype {tokens.dtype}, want whole numbers of "
                "shape (length,)"
            )
        most = len(self.characters) - 1
        if tokens.size and not 0 <= tokens.min() <= tokens.max() <= most:
            raise ValueError(f"tokens go from {tokens.min()} to {tokens.max()}, want 0 to {most}")
        return "".join(self.characters[token] for token in tokens)

    def batch(
        self, batch_size: int, length: int, *, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw pieces of the part to train on, with the character that follows each position.

        Parameters
        ----------
        batch_size : int
        length : int
            T, at most the length of that part minus one.
        rng : numpy.random.Generator

        Returns
        -------
        tokens, following : ndarray of int, of shape (m, T)
            ``following[i, t]`` comes after ``tokens[i, t]``.

        Raises
        ------
        ValueError, TypeError
            Pieces longer than the text, no generator.

        Examples
        --------
        >>> text = Text.from_string("abracadabra")
        >>> tokens, following = text.batch(2, 4, rng=np.random.default_rng(0))
        >>> [text.decode(row) for row in tokens], [text.decode(row) for row in following]
        (['adab', 'acad'], ['dabr', 'cada'])
        """
        batch_size = _checks.integer("batch_size", batch_size, minimum=1)
        length = _checks.integer("length", length, minimum=1)
        starts = len(self.train) - length
        if starts < 1:
            raise ValueError(
                f"pieces of {length} with what follows want {length + 1} characters or more, the "
                f"part to train on has {len(self.train)}"
            )
        first = _checks.generator(rng).integers(0, starts, batch_size)
        places = first[:, None] + np.arange(length + 1)
        pieces = self.train[places]
        return pieces[:, :-1], pieces[:, 1:]

    def __repr__(self):
        return (
            f"<text of {len(self.characters)} characters: {len(self.train):,} to train on, "
            f"{len(self.validation):,} for validation>"
        )


def _check_string(name, string):
    if not isinstance(string, str):
        raise TypeError(f"{name} is {type(string).__name__}, want a string")


def _tokens(string, characters):
    _check_string("string", string)
    known = {character: token for token, character in enumerate(characters)}
    unknown = [each for each in string if each not in known]
    if unknown:
        raise ValueError(f"the character {unknown[0]!r} does not occur in the text")
    return np.array([known[each] for each in string], dtype=np.int64)


def sonnets(*, validation: float = 0.1) -> Text:
    """Return the 154 sonnets of Shakespeare; the last ones are for validation.

    Parameters
    ----------
    validation : float
        What fraction to set aside.

    Returns
    -------
    Text

    Notes
    -----
    W. Shakespeare, *Sonnets* (1609), in the public domain; see bpcourse/data/README.md.

    Examples
    --------
    >>> text = sonnets()
    >>> text
    <text of 62 characters: 86,050 to train on, 9,561 for validation>
    >>> text.decode(text.train[3:46])
    'From fairest creatures we desire increase,\\n'
    """
    file = resources.files("bpcourse").joinpath("data/sonnets.txt")
    return Text.from_string(file.read_text(encoding="ascii"), validation=validation)
