"""Tables that fit on paper: columns as wide as what stands in them."""

import re

from docutils import nodes

# About so many letters stand in a line of text.
LINE = 88
# No column is narrower than this, and a cell's letters beyond that many count no more.
NARROWEST, WIDEST = 4, 140
# The room between two columns, in letters.
PADDING = 3
# A table of more lines may go on over pages.
LONG = 14


def fit_tables(document):
    """Give the columns of a wide table their shares of a line; let a long one go on over pages."""
    for table in document.findall(nodes.table):
        empty_cells(table)
        group = next(table.findall(nodes.tgroup))
        columns = list(zip(*cells(group), strict=False))
        lengths = [[length(cell) for cell in column] for column in columns]
        natural = [max(1, *column) for column in lengths]
        if len(columns) != len(list(group.findall(nodes.colspec))):
            continue
        widths = natural
        if sum(natural) > LINE:
            least = [max(longest_word(cell) for cell in column) for column in columns]
            widths = shares(lengths, least)
        long = height(lengths, widths) > LONG and isinstance(table.parent, nodes.section)
        if long or sum(natural) > LINE:
            set_widths(table, group, widths)
        if long:
            table["classes"].append("longtable")


def empty_cells(table):
    """Take the paragraphs without a word out of the cells: LaTeX would make them two lines high."""
    for cell in table.findall(nodes.entry):
        for line in [line for line in lines(cell) if line is not cell and not line.astext()]:
            if not line.children:
                cell.remove(line)


def set_widths(table, group, widths):
    """Give the columns of a table their widths."""
    for colspec, width in zip(group.findall(nodes.colspec), widths, strict=True):
        colspec["colwidth"] = max(width, NARROWEST) + PADDING
    kept = [name for name in table["classes"] if not name.startswith("colwidths")]
    table["classes"] = [*kept, "colwidths-given"]


def height(lengths, widths):
    """Return about how many lines a table has.

    >>> height([[10, 10], [100, 20]], [10, 50])
    3
    """
    rows = zip(*lengths, strict=True)
    return sum(max(-(-n // w) for n, w in zip(row, widths, strict=True)) for row in rows)


def cells(group):
    """Return the cells of a table, row by row."""
    return [list(row.findall(nodes.entry)) for row in group.findall(nodes.row)]


def shares(lengths, least):
    """Return the width of each column, in letters: what it needs, and a part of the rest.

    Each letter more goes to the column that has most text for its width.

    >>> shares([[10, 8], [200, 100]], [4, 12])
    [7, 81]
    """
    widths = list(least)
    text = [sum(min(n, WIDEST) for n in column) for column in lengths]
    for _ in range(LINE - sum(widths)):
        tallest = max(range(len(widths)), key=lambda column: text[column] / widths[column])
        widths[tallest] += 1
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
    bold = 1.2 if isinstance(cell.parent.parent, nodes.thead) else 1
    for part in cell.findall(lambda n: isinstance(n, nodes.Text)):
        if isinstance(part.parent, nodes.math):
            words.append(min(printed(part.parent), 30))
        elif isinstance(part.parent, nodes.literal):  # code is not broken at a hyphen
            words += [round(1.2 * len(word)) + 1 for word in part.astext().split()]
        else:
            found = re.split(r"[\s,/-]+", part.astext())
            words += [round(bold * len(word)) + 1 for word in found]
    return min(max(words), 40)
