r"""One step at a time: a learner's function, judged by itself.

:func:`check` takes the name of a step and the function that a learner wrote for it. It answers like
:func:`bpcourse.diagnose`: with a :class:`~bpcourse.diagnosis.findings.Diagnosis` that says what is
right, where it first goes wrong, the number that came and the number that was wanted, and with
three hints, of which the first gives nothing away.

A function is tried on a few inputs, topic after topic, easy ones first. If it fails, every typical
mistake of the step is made on the same inputs. A cause is named only if it gives the learner's own
results on all of them. A mistake that nobody thought of gets the numbers, and no invented cause.

:func:`table` lists the steps; :func:`arguments` gives the inputs, to try them by hand. An exercise
of one's own is made of :class:`Case` and :class:`Mistake`, proven by :func:`verify`, and known to
:func:`check` from :func:`register` on.
"""

from bpcourse.exercises.check import NAMES, arguments, check, exercise, register, table
from bpcourse.exercises.own import verify
from bpcourse.exercises.step import Case, Exercise, Mistake

__all__ = [
    "NAMES",
    "Case",
    "Exercise",
    "Mistake",
    "arguments",
    "check",
    "exercise",
    "register",
    "table",
    "verify",
]
