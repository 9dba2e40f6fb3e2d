"""Published worked examples as data, the perceptron, drills, and the long experiments."""

from bpcourse.lessons import drills, experiments, perceptron, worked_examples

__all__ = ["drills", "experiments", "perceptron", "worked_examples"]
