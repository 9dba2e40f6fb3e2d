r"""From a learner's gradient to the broken equation, its layer and the cause.

A check of a gradient says that it is wrong. :func:`diagnose` says which step is. Three ideas make
that possible:

- *One example at a time.* For a mini-batch of one, the biases' gradient is
  :math:`\delta^l` itself: the errors, which a program never returns, can be read off.
- *Each step on the learner's own numbers.* Whether BP2 is right in layer l is judged with the
  learner's own :math:`\delta^{l+1}`, right or wrong. So one mistake does not smear over all the
  layers behind it, and two mistakes are two findings.
- *A catalogue.* For each step the numbers of some twenty mistakes are computed, and compared with
  the numbers that came. A cause is named only if it reproduces all of them.

What was not established on the learner's own numbers is called neither right nor wrong. What is
right is tried once more elsewhere: with layers of equal width, at other depths, in mini-batches of
other sizes, on inputs that are zero or large.

Derived in the book's chapter "Debugging backpropagation, and a museum of bugs".
"""

from bpcourse.diagnosis.adapters import from_class, from_separate_arrays
from bpcourse.diagnosis.beside import diagnose
from bpcourse.diagnosis.findings import Diagnosis, Evidence, Finding, Ratio
from bpcourse.diagnosis.from_layers import from_layers
from bpcourse.diagnosis.from_object import from_object
from bpcourse.diagnosis.from_step import from_step
from bpcourse.diagnosis.values import values

__all__ = [
    "Diagnosis",
    "Evidence",
    "Finding",
    "Ratio",
    "diagnose",
    "from_class",
    "from_layers",
    "from_object",
    "from_separate_arrays",
    "from_step",
    "values",
]
