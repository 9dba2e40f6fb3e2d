"""Published worked examples as data, the perceptron, and the long experiments."""

from bpcourse.lessons import experiments, perceptron, worked_examples

__all__ = ["experiments", "perceptron", "worked_examples"]
