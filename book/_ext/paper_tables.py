"""Tables that fit on paper: columns as wide as what stands in them."""

import re

from docutils import nodes

# About so many letters stand in a line of text.
LINE = 88
# No column is narrower than this, and a cell's letters beyond that many count no more.
NARROWEST, WIDEST = 4, 140


def fit_tables(document):
    """Give the columns of each table that is wider than a line a share of it."""
    for table in document.findall(nodes.table):
        group = next(table.findall(nodes.tgroup))
        columns = list(zip(*cells(group), strict=False))
        natural = [max(length(cell) for cell in column) for column in columns]
        if sum(natural) <= LINE or len(columns) != len(list(group.findall(nodes.colspec))):
            continue
        least = [max(longest_word(cell) for cell in column) for column in columns]
        widths = shares(natural, least)
        for colspec, width in zip(group.findall(nodes.colspec), widths, strict=True):
            colspec["colwidth"] = width
        kept = [name for name in table["classes"] if not name.startswith("colwidths")]
        table["classes"] = [*kept, "colwidths-given"]


def cells(group):
    """Return the cells of a table, row by row."""
    return [list(row.findall(nodes.entry)) for row in group.findall(nodes.row)]


def shares(natural, least):
    """Return the width of each column, in letters: what it needs, and a fair part of the rest.

    >>> shares([10, 200], [4, 12])
    [10, 78]
    """
    widths, rest = list(least), max(LINE - sum(least), 0)
    wishes = [min(n, WIDEST) - k for n, k in zip(natural, least, strict=True)]
    modest_first = sorted(range(len(wishes)), key=wishes.__getitem__)
    for place, column in enumerate(modest_first):
        more = max(min(wishes[column], rest // (len(wishes) - place)), 0)
        widths[column] += more
        rest -= more
    return widths


def length(cell):
    """Return about how many letters wide a cell is without a break."""
    return max((printed(line) for line in lines(cell)), default=0)


def lines(cell):
    """Return the paragraphs of a cell."""
    return list(cell.findall(nodes.paragraph)) or [cell]


def printed(node):
    """Return about how many letters wide a text is: commands of a formula do not count in full."""
    count = 0
    for part in node.findall(lambda n: isinstance(n, nodes.Text)):
        if isinstance(part.parent, nodes.math):
            signs = re.sub(r"[{}^_\\ ]", "", re.sub(r"\\[a-zA-Z]+", "x", part.astext()))
            count += len(signs) * 1.1 + 3
        else:
            count += len(part.astext()) * (1.1 if isinstance(part.parent, nodes.literal) else 1)
    return round(count)


def longest_word(cell):
    """Return about how many letters wide a cell must be."""
    words = [NARROWEST]
    for part in cell.findall(lambda n: isinstance(n, nodes.Text)):
        if isinstance(part.parent, nodes.math):
            words.append(min(printed(part.parent), 30))
        else:
            words += [len(word) + 1 for word in re.split(r"[\s,/-]+", part.astext())]
    return min(max(words), 40)
