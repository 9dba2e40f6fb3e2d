"""The function :func:`diagnose`, and beside it those that bring programs into its form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from bpcourse.diagnosis.adapters import from_class, from_separate_arrays
from bpcourse.diagnosis.diagnose import diagnose as _diagnose
from bpcourse.diagnosis.from_layers import from_layers
from bpcourse.diagnosis.from_object import from_object
from bpcourse.diagnosis.from_step import from_step
from bpcourse.diagnosis.values import values

if TYPE_CHECKING:
    P = ParamSpec("P")
    R = TypeVar("R", covariant=True)

    class _WithForms(Protocol[P, R]):
        """A function, and beside it those that make of other forms what it can call."""

        from_class = staticmethod(from_class)
        from_layers = staticmethod(from_layers)
        from_object = staticmethod(from_object)
        from_separate_arrays = staticmethod(from_separate_arrays)
        from_step = staticmethod(from_step)
        values = staticmethod(values)

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


def _with_forms(function: Callable[P, R]) -> _WithForms[P, R]:
    """Return a function with those beside it that a reader types as bp.diagnose.from_step(...)."""
    for each in (from_class, from_layers, from_object, from_separate_arrays, from_step, values):
        setattr(function, each.__name__, each)
    return function


diagnose = _with_forms(_diagnose)
