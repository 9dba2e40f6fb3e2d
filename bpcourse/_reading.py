"""Functions of one's own, held to what those of this package do: they only read their arrays.

A function that writes into an array it is given spoils what the caller still needs: the weighted
inputs of a network, or somebody's targets.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Reading:
    """A function that is called with views of its arrays that can't be written to."""

    function: Callable
    name: str  # as messages call it
    copies: str

    def __call__(self, *arrays, **named):
        named = {name: _view(each) for name, each in named.items()}
        try:
            result = self.function(*map(_view, arrays), **named)
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            raise ValueError(
                f"{self.name} writes into an array that it was given; let it work on {self.copies}"
            ) from None
        # An argument that comes back as it went in must not be read-only for the caller.
        is_view = isinstance(result, np.ndarray) and not result.flags.writeable
        return result.copy() if is_view else result

    @property
    def __wrapped__(self):
        """The function itself, for what reads its signature or its source."""
        return self.function


def _view(array):
    if not isinstance(array, np.ndarray):
        return array
    view = array.view()
    view.flags.writeable = False
    return view


def guard(owner: object, kind: str, names: tuple[str, ...], copies: str) -> None:
    """Turn the functions of a frozen dataclass into Readings, save for those of this package."""
    for name in names:
        function = getattr(owner, name)
        if function is not None and not _only_reads(function):
            reading = Reading(function, f"{name} of {kind} {owner.name}", copies)
            object.__setattr__(owner, name, reading)


def _only_reads(function):
    """Return whether a function is NumPy's or this package's own."""
    package = (getattr(function, "__module__", None) or "").partition(".")[0]
    return isinstance(function, np.ufunc) or package == __name__.partition(".")[0]
