"""Which files of a student count, and what becomes of them when there are several.

The latest attempt counts, whole. The files of one attempt may hold a question each; where two
define the same name, the later one counts, and it is said.
"""

import ast
from dataclasses import dataclass

from bpcourse.classroom import loading
from bpcourse.classroom.naming import Student, is_again, stem


@dataclass(frozen=True)
class File:
    """A file of a student, with what was read of it.

    Attributes
    ----------
    name : str
        As seen from the directory of the class.
    student : Student
    time : float
        When it was written, as far as it is known.
    source : dict
        As from :func:`bpcourse.classroom.reading.read`.
    """

    name: str
    student: Student
    time: float
    source: dict


def latest(files):
    """Return the files of the latest attempt, the later after the earlier, and all others.

    Parameters
    ----------
    files : list of File
        Those of one student.

    Returns
    -------
    tuple of two lists of File
        The second one holds the files of earlier attempts.
    """
    order = sorted(files, key=lambda each: (each.student.late, *_age(each)))
    kept, earlier = [], []
    for each in reversed(order):
        counts = each.student.late == order[-1].student.late  # a late attempt follows one in time
        if counts and not any(_replaces(other, each) for other in kept):
            kept.insert(0, each)
        else:
            earlier.insert(0, each)
    return kept, earlier


def _age(file):
    """Return by what files are sorted: the platform's number, the time, then the name."""
    return file.student.number, file.time, file.student.attempt, file.name


def _replaces(later, earlier):
    """Say whether a later file is the earlier one, handed in once more."""
    if later.student.platform != "canvas" or not is_again(stem(later.name), stem(earlier.name)):
        return False
    old, new = (definitions(each.source["units"]) for each in (earlier, later))
    shared = old.keys() & new.keys()
    complementary = old.keys() - shared and new.keys() - shared
    return not (complementary and all(_text(old[n]) == _text(new[n]) for n in shared))


def joined(files):
    """Return the files of one attempt as one source: each statement runs by itself.

    Parameters
    ----------
    files : list of File
        The later after the earlier.

    Returns
    -------
    dict
        As one of theirs, with "notes": pairs of a name and what to say of it.
    """
    if len(files) == 1:
        return files[0].source
    good = [each for each in files if not each.source["problem"]]
    if not good:
        return files[-1].source
    notes, units = [], [list(each.source["units"]) for each in good]
    for place, each in enumerate(good[:-1]):
        for name, (number, node) in definitions(units[place]).items():
            later = _later(good, units, place, name)
            if (
                later
                and not _is_stub(node)
                and _text(definitions(units[later])[name]) != _text((number, node))
            ):
                notes.append([name, _said(name, each.name, good[later].name)])
    for place in range(1, len(good)):
        before = {n for each in units[:place] for n, d in definitions(each).items() if _is_real(d)}
        units[place] = _without_stubs(units[place], before)
    file = ", ".join(each.source["file"] for each in files)
    labels = [
        f"{label} of {each.source['file']}" if label else each.source["file"]
        for each in good
        for label in each.source["labels"]
    ]
    units = [[f"{k}-{name}", text] for k, each in enumerate(units) for name, text in each]
    whole = {"units": units, "labels": labels, "whole": False}
    notes += [["", _unread(each)] for each in files if each.source["problem"]]
    return {**good[0].source, "file": file, **whole, "notes": notes}


def _later(good, units, place, name):
    """Return the place of the last file that answers a name once more, or None."""
    found = None
    for other in range(place + 1, len(good)):
        given = definitions(units[other])
        if name in given and _is_real(given[name]):
            found = other
    return found


def _said(name, one, other):
    return f"{name} is defined in {one} and in {other}, differently: the one in {other} was judged."


def _unread(file):
    return f"{file.name} was not read. {file.source['problem']['sentence']}"


def definitions(units):
    """Return the functions and classes of a program: by name, the number of the unit and the node.

    The last one of a name counts. What Python can't read gives none.
    """
    found = {}
    for number, (name, text) in enumerate(units):
        try:
            statements = loading.parse(text, name).body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        for node in statements:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[node.name] = number, node
    return found


def _text(definition):
    return ast.dump(definition[1])


def _is_real(definition):
    return not _is_stub(definition[1])


def _is_stub(node):
    """Say whether a function is not written yet: it has a docstring, pass or a raise, no more."""
    if isinstance(node, ast.ClassDef):
        return all(_is_stub(each) for each in node.body if isinstance(each, ast.FunctionDef)) and (
            any(isinstance(each, ast.FunctionDef) for each in node.body)
        )
    return all(map(_is_empty, node.body))


def _is_empty(statement):
    if isinstance(statement, ast.Raise):
        return "NotImplemented" in ast.dump(statement)
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Pass)


def _without_stubs(units, names):
    """Return units in which what is answered elsewhere is not defined as empty once more."""
    units = [list(each) for each in units]
    for name, (number, node) in definitions(units).items():
        if name in names and _is_stub(node):
            lines = units[number][1].split("\n")
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            lines[first - 1 : node.end_lineno] = [""] * (node.end_lineno - first + 1)
            units[number][1] = "\n".join(lines)
    return units
