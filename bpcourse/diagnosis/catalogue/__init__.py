r"""The catalogue of mistakes in backpropagation, each with the numbers that it produces.

A :class:`Cause` belongs to one equation. Its ``predict`` computes what the learner's program
returns if this mistake, and no other, was made at this step: a cause is believed only if it
reproduces the learner's numbers. What it starts from are the learner's own earlier results, so that
one mistake does not smear over the steps that follow.

=========  =================================  ==================================
equation   ``predict``                        returns
=========  =================================  ==================================
forward    ``(net)``                          a :class:`Recipe` of the forward pass
bp1, bp2   ``(step)``                         :math:`\delta^l`, of shape (n_l, m)
bp3        ``(step, delta)``                  one gradient per example, (n_l, m)
bp4        ``(step, delta)``                  one gradient per example, (m, n_l, n_{l-1})
=========  =================================  ==================================

``predict`` may also return a list of such arrays, if the same mistake has several forms; a
:class:`Line`, the numbers up to one unknown factor, such as a learning rate, which is then fitted;
or None, where the arrays do not fit, so that the mistake can't be made here.
"""

from bpcourse.diagnosis.catalogue.batch import BATCH, SHAPES
from bpcourse.diagnosis.catalogue.bp1 import BP1
from bpcourse.diagnosis.catalogue.bp2 import BP2
from bpcourse.diagnosis.catalogue.bp3 import BP3
from bpcourse.diagnosis.catalogue.bp4 import BP4
from bpcourse.diagnosis.catalogue.factors import FACTORS
from bpcourse.diagnosis.catalogue.forward import FORWARD

CAUSES = {
    (each.equation, each.name): each
    for each in [*FORWARD, *BP1, *BP2, *BP3, *BP4, *BATCH, *SHAPES, *FACTORS]
}
