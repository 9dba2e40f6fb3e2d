"""Settings that hold for every test."""

import os

import matplotlib
from hypothesis import Phase, settings

# They hold no docstrings with examples, and pytest cannot import two files of one name as modules.
collect_ignore_glob = ["*conftest.py"]

# Figures are drawn to text, never to a screen. (Not by the environment variable: the kernels that
# nbval starts would inherit it, and show no figure.)
matplotlib.use("agg")

# The same examples in every run: a failure that one machine sees, every machine sees. To kill a
# mutant the first that fails will do: nobody reads what it could be simplified to.
course = {"derandomize": True, "deadline": None, "max_examples": 50}
settings.register_profile("course", **course)
settings.register_profile("mutants", **course, phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "course"))
