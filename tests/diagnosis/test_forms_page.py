"""The page on functions of another form: its programs run, and are right."""

import re

import numpy as np
import pytest
from book_pages import ROOT

import bpcourse as bp

PAGE = (ROOT / "book/api/diagnosis.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
WHOLE = [block for block in BLOCKS if "def " in block and "thetas" not in block]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize(
    "block", WHOLE, ids=lambda block: re.search(r"(?:def|class) (\w+)", block)[1]
)
def test_each_program_of_the_page_is_right(block):
    names = {"np": np, "bp": bp, "sigmoid": sigmoid}
    program, call, line = block.rpartition("\nbp.diagnose(")
    exec(program, names)
    found = eval((call + line).strip(), names)
    assert found.status == "right", found.text(3)


def test_the_page_has_a_program_for_each_form():
    assert len(WHOLE) >= 7


def test_the_one_set_of_numbers_is_wrong_by_its_sign():
    (block,) = [block for block in BLOCKS if "diagnose.values" in block]
    assert eval(block, {"bp": bp}).cause == "sign"


def test_the_costs_are_those_of_the_table():
    a, y = np.array([[0.5], [1.0]]), np.array([[1.0], [3.0]])  # squares 0.25 and 4
    values = {"quadratic": 2.125, "sse": 4.25, "mse": 2.125, "half_mse": 1.0625}
    for name, value in values.items():
        assert f'`"{name}"`' in PAGE, f"{name} is not in the table"
        assert bp.costs.COSTS[name].value(a, y) == value
