"""Published examples as data, the perceptron, the long experiments, and a language model."""

from bpcourse.lessons import experiments, language_model, perceptron, worked_examples

__all__ = ["experiments", "language_model", "perceptron", "worked_examples"]
