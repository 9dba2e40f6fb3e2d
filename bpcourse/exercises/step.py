"""What an exercise is made of, and the mistakes that several exercises share.

The course's exercises are in the files ``activations`` to ``values``, one for each topic;
:func:`~bpcourse.exercises.register` adds one's own. The book's page "Write an exercise" makes one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


class SkippedCase(Exception):  # noqa: N818 - it is no error: the case does not apply
    """Raised by ``Exercise.run`` for a case that does not apply; the message becomes a note."""


@dataclass(frozen=True)
class Case:
    """Arguments on which a function is tried.

    Attributes
    ----------
    label : str
        What stands in the evidence, such as "w_next (3, 2), four examples".
    args : tuple
        The arguments; every call gets fresh copies of the arrays and lists among them.
    topic : str
        What a right answer shows here. Topics are judged one after another.
    far : bool
        Whether this is where careless formulas overflow: then a failure is explained as that, and a
        warning beside right numbers becomes a note.
    tolerance : float
        The largest difference that passes, relative to the largest number wanted.
    drawn : bool
        Whether the arguments were drawn anew, so that they can't be had by number.
    """

    label: str
    args: tuple
    topic: str
    far: bool = False
    tolerance: float = 1e-5
    drawn: bool = False


@dataclass(frozen=True)
class Mistake:
    """A typical mistake in one step.

    Attributes
    ----------
    name : str
        How it is called in ``diagnosis.cause``.
    title : str
        The mistake in a few words, for a table.
    sentence : str
        What is wrong, in a sentence.
    ask, look, repair : str
        The hints: a question that gives nothing away, the term to look at, the answer.
    wrong : tuple of callable
        Functions of the exercise's arguments that make this mistake; the mistake is named if one
        of them gives the learner's results on every case.
    when : callable or None
        For mistakes that can't be reproduced: whether the attempts show it.
    topic : str
        The only topic in which it can be seen; empty for any.
    read : tuple of three str, or None
        The section of the book, if another one than the exercise's: page, anchor, title.
    """

    name: str
    title: str
    sentence: str
    ask: str
    look: str
    repair: str
    wrong: tuple[Callable, ...] = ()
    when: Callable | None = None
    topic: str = ""
    read: tuple[str, str, str] | None = None

    @property
    def hints(self) -> tuple[str, str, str]:
        """The hints by level."""
        return self.ask, self.look, self.repair


def _call(function, args):
    return function(*args)


def one_array(result):
    """Return a result that is one array, or one number, as parts to compare."""
    return {"": result}


@dataclass(frozen=True)
class Exercise:
    """A function to write, and how it is judged.

    Attributes
    ----------
    name : str
        What ``check`` calls it.
    signature : str
        Such as "bp3(delta)".
    wanted : str
        What the function returns.
    begin : str
        The first hint for a function that is not written yet.
    cases : tuple of Case
    right : callable
        A right answer.
    mistakes : tuple of Mistake
    read : tuple of three str, or None
        The section of the book: page, anchor, title.
    conventions : tuple of (callable, str)
        Other answers that are right, each with a note on the difference.
    overflow : Mistake or None
        What is said about a function that fails in the cases that are far.
    run : callable
        ``run(function, args)`` calls the learner's function.
    unpack : callable
        From a result to its parts by name. Raises ValueError with what is wrong with the result.
    """

    name: str
    signature: str
    wanted: str
    begin: str
    cases: tuple[Case, ...]
    right: Callable | None
    mistakes: tuple[Mistake, ...] = ()
    read: tuple[str, str, str] | None = None
    conventions: tuple[tuple[Callable, str], ...] = ()
    overflow: Mistake | None = None
    run: Callable = _call
    unpack: Callable = one_array

    @property
    def where(self) -> str:
        """The section of the book in words: 'the section "BP3: the biases"'."""
        return f'the section "{self.read[2]}"' if self.read else "the task"


def fresh(argument):
    """Return a copy of an array, or of a list of arrays; anything else is returned as it is."""
    if isinstance(argument, np.ndarray):
        return argument.copy()
    if isinstance(argument, list | tuple):
        return type(argument)(fresh(each) for each in argument)
    return argument


def numbers(seed, *shape, low=0.2, high=1.9):
    """Return numbers with one digit after the point and both signs, none of them 0."""
    rng = np.random.default_rng(seed)
    return np.round(rng.uniform(low, high, shape) * rng.choice([-1.0, 1.0], shape), 1)


def slopes(seed, *shape):
    """Return slopes of a sigmoid, with two digits after the point."""
    return np.round(np.random.default_rng(seed).uniform(0.05, 0.25, shape), 2)


def sign(right):
    """Return the mistake of a wrong sign."""
    return Mistake(
        "sign",
        "the sign",
        "Every number is right except for its sign.",
        "Think of one input for which you know whether the result is above or below 0. What does "
        "your function say?",
        "Compare your numbers with the wanted ones: they differ in their sign alone. Look at every "
        "minus, and at the order of every difference.",
        "Turn the sign of the result: a difference is the wrong way round, or a minus is missing "
        "or one too many.",
        (lambda *args: -right(*args),),
    )


def factor_2(right):
    """Return the mistake of results that are twice too large."""
    return Mistake(
        "factor_2",
        "a factor 2",
        "Every number is twice what it should be.",
        "Divide one of your numbers by the wanted one, then another. What do you notice?",
        "The quotient is 2 everywhere. Which constants stand in your formula, and which cancel "
        "when a square is differentiated?",
        "Leave out the 2, or put in the half that is missing.",
        (lambda *args: 2 * right(*args),),
    )


def factor_half(right):
    """Return the mistake of results that are half of what they should be."""
    return Mistake(
        "factor_half",
        "a factor 1/2",
        "Every number is half of what it should be.",
        "Divide one of your numbers by the wanted one, then another. What do you notice?",
        "The quotient is one half everywhere. Which constants stand in your formula, and which "
        "cancel when a square is differentiated?",
        "Leave out the 1/2: the 2 of the square cancels it.",
        (lambda *args: right(*args) / 2,),
    )


def scaled(right):
    """Return the mistakes in the sign and by factors of two."""
    return sign(right), factor_2(right), factor_half(right)


def mean_too_early(right):
    """Return the mistake of a mean over the mini-batch where every example has its own column."""
    return Mistake(
        "mean_too_early",
        "the mean over the examples, too early",
        "The numbers are divided by the number of examples m. The division belongs to BP3 and BP4; "
        "here every example still has its own column.",
        "Give the function one column alone, then the same column twice. Should the numbers in the "
        "first column change? Do yours?",
        "Your numbers are the wanted ones divided by the number of columns. Where does the course "
        "divide by m?",
        "Leave out the division by m. It stands in BP3 and BP4, and nowhere else.",
        (lambda *args: right(*args) / args[-1].shape[1],),
    )
