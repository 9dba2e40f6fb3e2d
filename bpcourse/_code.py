"""What a learner's code says without being run: the strings in it, the names that it returns.

A stand-in for a function of another process has no code; what that process has read there is its
attribute ``told``, a dictionary with "words" and "returned".
"""

import ast
import contextlib
import inspect
import textwrap


def returned_names(function):
    """Return the names in ``return a, b, c`` of a function; empty if it returns anything else."""
    if (told := getattr(function, "told", None)) is not None:
        return list(told["returned"])
    with contextlib.suppress(OSError, TypeError, SyntaxError, IndentationError):
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
        last = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)][-1:]
        for value in last:
            parts = value.elts if isinstance(value, ast.Tuple) else [value]
            if all(isinstance(each, ast.Name) for each in parts):
                return [each.id for each in parts]
    return []


def words(function, depth=2):
    """Return the strings in a function's code and in that of the functions that it calls."""
    if (told := getattr(function, "told", None)) is not None:
        return set(told["words"])
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return set()
    found, consts = set(), [code]
    while consts:
        each = consts.pop()
        if isinstance(each, str):
            found.add(each)
        elif inspect.iscode(each):
            consts += each.co_consts
        elif isinstance(each, tuple | frozenset):
            consts += each
    names = getattr(inspect.unwrap(function), "__globals__", {})
    called = [names.get(name) for name in code.co_names] if depth else []
    for other in called:
        found |= words(other, depth - 1) if inspect.isfunction(other) else set()
    return found
