"""A listing can be followed: a cell that the reader sees defines or imports what it uses."""

import builtins
import symtable

import pytest
from book_pages import cells, notebooks

# Cells that no click brings to light. Those tagged hide-input stand behind a small button.
UNSEEN = {"remove-input", "remove-cell"}
# Of the figures: where lines are drawn, and in what color. Every drawing uses them.
KNOWN = {*dir(builtins), "plt", "PALETTE", "SEQUENTIAL", "DIVERGING", "glue"}


def names(source):
    """Return the global names that a program defines, and those that it uses."""
    made, used = set(), set()
    module = symtable.symtable(source, "a cell", "exec")
    scopes = [module]
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        for symbol in scope.get_symbols():
            at_top = scope is module
            if (at_top or symbol.is_declared_global()) and (
                symbol.is_assigned() or symbol.is_imported()
            ):
                made.add(symbol.get_name())
            elif symbol.is_global() and symbol.is_referenced():
                used.add(symbol.get_name())
    return made, used


def unexplained(listings):
    """Return the names that a listing uses and none up to it has made: {place: names}."""
    known, found = set(KNOWN), {}
    for place, source in listings:
        made, used = names(source)
        known |= made
        if used - known:
            found[place] = sorted(used - known)
    return found


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_every_name_in_a_listing_is_made_where_the_reader_can_see_it(path):
    shown = [
        (cell.place, cell.source)
        for cell in cells(path)
        if cell.kind == "code" and not UNSEEN & set(cell.metadata.get("tags", []))
    ]
    found = unexplained(shown)
    assert not found, (
        f"names out of a cell that nobody sees: {found}; define or import them in sight"
    )


def test_the_reader_of_listings_knows_scopes():
    listings = [
        ("1", "import numpy as np\n\ndef f(a):\n    inner = a + outer\n    return inner\n"),
        ("2", "outer = 2\nprint([z for z in range(outer)], f(1), np.pi)\n"),
        ("3", "print(inner, outer)\n"),
    ]
    assert unexplained(listings) == {"1": ["outer"], "3": ["inner"]}, "inner is f's own"
