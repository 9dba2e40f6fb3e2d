"""Text that comes from a submission, made harmless for a terminal, a table and a page."""

import csv
import io
import unicodedata


def printable(text):
    """Return text without what could steer a terminal, break a file or turn the reading direction.

    Examples
    --------
    >>> printable("a\\x1b[2Jb")
    'a�[2Jb'
    """
    return "".join(
        c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in text
    )


def cell(value):
    """Return a value for a table; what a spreadsheet would take for a formula gets an apostrophe.

    Examples
    --------
    >>> cell("=1+1"), cell(-2.5), cell("-2.5")
    ("'=1+1", '-2.5', "'-2.5")
    """
    text = printable("" if value is None else str(value))
    if isinstance(value, int | float):
        return text
    is_formula = text.startswith(("\t", "\n")) or text.lstrip().startswith(tuple("=+-@＝＋－＠"))
    return f"'{text}" if is_formula else text


def as_csv(rows):
    """Return rows as CSV, each value made harmless by :func:`cell`."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([[cell(v) for v in row] for row in rows])
    return stream.getvalue()
