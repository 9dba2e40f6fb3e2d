"""Tables for notebooks: what ``_repr_html_`` of the package's objects returns."""

from html import escape


def table(caption, head, rows):
    """Return an HTML table; every entry is shown as text.

    Examples
    --------
    >>> table("costs", ["epoch", "cost"], [[0, "0.5"]])[:57]
    '<table><caption>costs</caption><tr><th>epoch</th><th>cost'
    """
    lines = [_row("th", head), *(_row("td", row) for row in rows)]
    return f"<table><caption>{escape(caption)}</caption>{''.join(lines)}</table>"


def _row(tag, entries):
    cells = "".join(f"<{tag}>{escape(str(each))}</{tag}>" for each in entries)
    return f"<tr>{cells}</tr>"
