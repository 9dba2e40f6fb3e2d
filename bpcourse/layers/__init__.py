r"""Beyond the feed-forward network: depth, shared weights, attention.

Plain functions in the style of :mod:`bpcourse.equations`, forward and backward side by side. Two
ideas carry all of them: a step of a network is differentiable, so BP2 becomes "the transpose of the
step's Jacobian times the error"; and a weight may be used in several places, so BP4 becomes "the
sum over every use".

One rule of shapes and one of scale hold everywhere:

- The first axis of an array holds the neurons (or channels) and an example is a column, or the
  stack of its columns: a mini-batch x is (n, m), images are (c, height, width, m), texts are
  (n, m, T) with one column for each of T positions. Only time comes before the neurons: the inputs
  of a recurrent layer are (T, n, m), so that ``x[t]`` is a mini-batch.
- The cost is the mean over the m examples of a mini-batch. An error ``delta`` belongs to each
  example, as in the four equations: it is m times the derivative of the mean cost. The mean stands
  in the gradients with respect to parameters alone.

float32 stays float32, complex numbers pass forward (for the complex step), and no argument changes.
What is no array of numbers, or of a shape or precision that doesn't fit, is refused by name. NaN
and infinity pass without a warning, as through the activations: to look for them would take as long
as a small layer.
"""

from bpcourse.layers import (
    attention,
    convolution,
    initialization,
    normalization,
    optimizers,
    recurrent,
    second,
)

__all__ = [
    "attention",
    "convolution",
    "initialization",
    "normalization",
    "optimizers",
    "recurrent",
    "second",
]
