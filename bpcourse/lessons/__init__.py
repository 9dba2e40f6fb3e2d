"""Published examples as data, the perceptron, the long experiments, and a language model.

The last, :mod:`bpcourse.lessons.language_model`, is imported when it is asked for.
"""

from bpcourse.lessons import experiments, perceptron, worked_examples

__all__ = ["experiments", "perceptron", "worked_examples"]
