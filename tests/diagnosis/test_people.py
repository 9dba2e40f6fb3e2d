"""What people publish: right programs are not accused, wrong ones named where they are wrong."""

import pytest
from people_code import PEOPLE

from bpcourse.diagnosis.diagnose import diagnose


def named(diagnosis):
    return {(each.equation, each.cause): each.layers for each in diagnosis.findings}


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_each_program_is_judged_as_it_is(person):
    diagnosis = diagnose(person.function, **person.asked)
    assert named(diagnosis) == person.wrong, diagnosis.text(3)
    assert diagnosis.within == person.within
    assert diagnosis.ok == (not person.wrong)


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_nothing_that_is_wrong_is_called_right(person):
    diagnosis = diagnose(person.function, **person.asked)
    whole = {part for part in diagnosis.right if " " not in part}
    wrong = {equation.upper() for equation, _ in person.wrong}
    assert not whole & wrong, "an equation is called right and is wrong"


def test_half_of_the_programs_are_right():
    right = [person for person in PEOPLE if not person.wrong]
    assert len(right) >= 15
    assert len(PEOPLE) - len(right) >= 25
