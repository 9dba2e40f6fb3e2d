"""Two reverse-mode engines, number by number and array by array, independent of the rest."""

from bpcourse.autodiff import graph, scalar, tensor

__all__ = ["graph", "scalar", "tensor"]
