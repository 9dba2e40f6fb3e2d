"""All parameters of a network in one vector, as optimizers of other languages want them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Unrolled:
    """How weights and biases stand in one vector: layer by layer the matrix with rows [b, w].

    ``order`` is "C" where a matrix is written row by row, "F" where column by column.
    """

    order: str = "C"

    def vector(self, weights, biases):
        """Return the vector of some weights and biases, in either layout."""
        rolls = zip(weights, biases, strict=True)
        return np.concatenate([self._matrix(w, b).ravel(self.order) for w, b in rolls])

    def lists(self, vector, weights, biases):
        """Return the two lists of arrays that stand in a vector, in the shapes of these."""
        by_w, by_b, start = [], [], 0
        for w, b in zip(weights, biases, strict=True):
            shape = self._matrix(w, b).shape
            end = start + shape[0] * shape[1]
            matrix = np.reshape(vector[start:end], shape, order=self.order)
            by_w.append(matrix[:, 1:] if in_columns(b) else matrix[:, 1:].T)
            by_b.append(matrix[:, 0].reshape(np.shape(b)))
            start = end
        return by_w, by_b

    def found(self, result, weights, biases):
        """Return the two lists from a result that is such a vector, or holds one; or None."""
        size = sum(np.size(each) for each in (*weights, *biases))
        parts = result if isinstance(result, tuple | list) else [result]
        fitting = [p for p in parts if isinstance(p, np.ndarray) and p.size == size]
        return self.lists(fitting[0].ravel(), weights, biases) if len(fitting) == 1 else None

    @staticmethod
    def _matrix(w, b):
        return np.hstack([np.reshape(b, (-1, 1)), w if in_columns(b) else np.transpose(w)])


def in_columns(b):
    """Say by the shape of a bias, (n, 1), that an example is a column and w is (out, in)."""
    return np.ndim(b) == 2 and np.shape(b)[1] == 1
