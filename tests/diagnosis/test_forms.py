"""The forms of the world: no right program accused, no wrong one called right."""

import sys

import pytest
from form_programs import PROGRAMS

from bpcourse.classroom.submission import judge


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """Return a function that judges a program as the terminal does, in this process."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))

    def judge_it(program):
        path = tmp_path / "program.py"
        path.write_text(program.source)
        return judge(str(path), program.function, options=program.options, form=program.form)

    return judge_it


@pytest.mark.parametrize("program", [p for p in PROGRAMS if not p.wrong], ids=str)
def test_no_right_program_is_accused(judged, program):
    found = judged(program)
    assert found.status == "right", found.text(3)


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.wrong], ids=str)
def test_no_wrong_program_is_called_right(judged, program):
    found = judged(program)
    assert found.status == "wrong", found.text(3)
    equations = {each.equation for each in found.findings}
    assert equations == set(program.wrong), found.text(3)
