"""The code of a chapter without the lines that only the book needs.

Numbers get into the book's text by ``glue``. A notebook that travels has them in its text already:
the calls go, and with them, in cells that the page does not show, what was computed for them alone.
"""

import ast
import re
import textwrap

PLUMBING = re.compile(r"glue\(|from myst_nb import glue$")
HIDDEN = {"remove-input", "remove-output"}


def plain_code(cells):
    """Return the code of cells without the book's plumbing; empty where nothing is left.

    Parameters
    ----------
    cells : list of NotebookNode
        The code cells of a chapter, in order.

    Returns
    -------
    list of str
    """
    hidden = [is_hidden(cell) for cell in cells]
    sources = [without(cell.source, is_plumbing) for cell in cells]
    last = max((k for k, hide in enumerate(hidden) if not hide), default=-1)
    sources[last + 1 :] = [""] * (len(cells) - last - 1)  # nothing comes after these
    while True:
        used = later_names(sources)
        shorter = [
            needed_code(source, used[k], used[k + 1]) if hidden[k] else source
            for k, source in enumerate(sources)
        ]
        if shorter == sources:
            return sources
        sources = shorter


def without(source, unwanted):
    """Return code without the statements that are unwanted, in loops as well."""
    lines = source.splitlines()
    for node in reversed(list(outermost(ast.parse(source).body, unwanted))):
        del lines[node.lineno - 1 : node.end_lineno]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n")


def outermost(body, unwanted):
    """Yield the unwanted statements of a body, and those within the statements that stay."""
    for node in body:
        nested = isinstance(node, (ast.For, ast.With, ast.If))
        inner = list(outermost(node.body, unwanted)) if nested else []
        if unwanted(node) or inner == (node.body if nested else None):
            yield node  # a loop does not stay without a body
        else:
            yield from inner


def is_plumbing(node):
    """Say whether a statement only hands numbers to the text."""
    if isinstance(node, ast.For):
        return all(is_plumbing(each) for each in node.body)
    return bool(PLUMBING.match(ast.unparse(node)))


def is_hidden(cell):
    """Say whether the page shows nothing of a cell."""
    tags = set(cell.metadata.get("tags", []))
    return "remove-cell" in tags or tags >= HIDDEN


def needed_code(source, later, after):
    """Return what a hidden cell does for the cells after it.

    ``later`` are the names that it or a cell after it reads, ``after`` those of the cells after it.
    """
    tree = ast.parse(source)
    quiet = (ast.Assign, ast.AugAssign, ast.For, ast.Assert, ast.FunctionDef, ast.Import)
    bound = {name for node in ast.walk(tree) for name in bound_by(node)}
    only_for_itself = all(isinstance(node, (*quiet, ast.ImportFrom)) for node in tree.body)
    if only_for_itself and "rng" not in source and not bound & after:
        return ""
    return without(source, lambda node: is_unused(node, later))


def bound_by(node):
    """Return the names that a node binds or changes."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.alias):
        return [(node.asname or node.name).partition(".")[0]]
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
        return [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
    return []


def is_unused(node, later):
    """Say whether a statement of a hidden cell does nothing for what comes after it.

    Asserts there are the book's tests of itself. What draws random numbers stays, used or not: the
    numbers drawn after it depend on it.
    """
    if isinstance(node, ast.Assert):
        return True
    if "rng" in ast.unparse(node) or not isinstance(node, (ast.Assign, ast.FunctionDef)):
        return False
    targets = [node.name] if isinstance(node, ast.FunctionDef) else assigned(node)
    return bool(targets) and not later & set(targets)


def assigned(node):
    """Return the names that an assignment binds; none if it changes anything else."""
    names = []
    for target in node.targets:
        for each in ast.walk(target):
            if isinstance(each, (ast.Attribute, ast.Subscript)):
                return []
            if isinstance(each, ast.Name):
                names.append(each.id)
    return names


def later_names(sources):
    """Return for each cell, and for the end, the names that it or a cell after it reads."""
    found = [set()]
    for source in reversed(sources):
        nodes = list(ast.walk(ast.parse(source)))
        names = {
            n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)
        }
        names |= {n.target.id for n in nodes if is_sum(n)}
        found.append(found[-1] | names)
    return found[::-1]


def is_sum(node):
    """Say whether a node adds to a name, which it reads as well."""
    return isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)


def in_a_function(code):
    """Return code whose names stay its own: what it computes does not change a reader's variables.

    Code that gives nothing a name is returned as it is.
    """
    *_, last = statements = ast.parse(code).body
    if all(isinstance(node, ast.Expr) for node in statements):
        return code
    lines = code.splitlines()
    if isinstance(last, ast.Expr) and not ast.unparse(last).startswith("print("):
        lines[last.lineno - 1] = f"return {lines[last.lineno - 1]}"
    body = "\n".join(lines)
    return f"def check_answer():\n{textwrap.indent(body, '    ')}\n\n\ncheck_answer()"
