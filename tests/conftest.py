"""Settings that hold for every test."""

import matplotlib
from hypothesis import settings

# Figures are drawn to text, never to a screen. (Not by the environment variable: the kernels that
# nbval starts would inherit it, and show no figure.)
matplotlib.use("agg")

# The same examples in every run: a failure that one machine sees, every machine sees.
settings.register_profile("course", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("course")
