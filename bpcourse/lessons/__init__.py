"""Published examples as data, the perceptron, drills, long experiments, and a language model.

The last, :mod:`bpcourse.lessons.language_model`, is imported when it is asked for.
"""

from bpcourse.lessons import drills, experiments, perceptron, starts, worked_examples

__all__ = ["drills", "experiments", "perceptron", "starts", "worked_examples"]
