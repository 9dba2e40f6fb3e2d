"""Formulas as MathML, made by the MathJax that shows them in the pages: no script is left in them.

MathJax runs in QuickJS, a small interpreter of JavaScript, so a formula that the pages show right
is right here, too. What MathJax does not understand is an error.
"""

import functools
import json
from pathlib import Path
from xml.etree import ElementTree

import mathjax
import quickjs

ES5 = Path(mathjax.__file__).parent / "static" / "mathjax" / "es5"
PARTS = ("loader.js", "core.js", "adaptors/liteDOM.js", "input/tex.js")
# A browser's and Node's names that MathJax looks for, and the function that is called from Python.
NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'
APPLY = "\u2061"
SIGNS = {"\u2212", "+", "\u00b1", "\u2213"}
OPENING = {"(", "[", "{", "|", "\u2225", "\u27e8"}
# After one of these a minus is a sign, not a difference.
BEFORE_A_SIGN = OPENING | {
    "=",
    ",",
    "\u22c5",
    "\u00d7",
    "\u2190",
    "\u2248",
    "/",
    ";",
    "<",
    ">",
    "\u2264",
}
BEFORE = "var global = this, window = undefined, MathJax = {}; var console = {warn() {}, log() {}};"
AFTER = """
var convert = (() => {
  const {adaptors, handlers, mathjax, input, core} = MathJax._;
  handlers.html_ts.RegisterHTMLHandler(adaptors.liteAdaptor.liteAdaptor());
  const packages = ["base", "ams", "newcommand"];
  const tex = new input.tex_ts.TeX({packages, formatError(jax, error) { throw error; }});
  const page = mathjax.mathjax.document("", {InputJax: tex});
  const visitor = new core.MmlTree.SerializedMmlVisitor.SerializedMmlVisitor();
  const end = core.MathItem.STATE.CONVERT;
  // Joined anew, because the interpreter's door to Python does not know strings in pieces.
  return (code, display) => [visitor.visitTree(page.convert(code, {display, end})), ""].join("");
})();
0
"""


@functools.cache
def mathml(code, *, display=False):
    """Return a formula as a ``<math>`` element, with its LaTeX as the alternative text.

    Raises
    ------
    ValueError
        If MathJax can't read the formula: says why.

    >>> made = mathml("x^2")
    >>> made.startswith('<math xmlns="http://www.w3.org/1998/Math/MathML" alttext="x^2">')
    True
    >>> "".join(made.split()).split(">", 1)[1]
    '<msup><mi>x</mi><mn>2</mn></msup></math>'
    """
    try:
        made = interpreter().eval(f"convert({json.dumps(code)}, {json.dumps(display)})")
    except quickjs.JSException as error:
        raise ValueError(f"MathJax can't read {code!r}: {str(error).splitlines()[0]}") from error
    root = ElementTree.fromstring(made.replace("&nbsp;", "\u00a0").replace(NAMESPACE, "", 1))
    for element in list(root.iter()):
        set_spaces(element)
        align(element)
    for element in root.iter():
        for name in [name for name in element.attrib if name.startswith("data-")]:
            del element.attrib[name]
    root.set("alttext", " ".join(code.split()))
    return ElementTree.tostring(root, encoding="unicode").replace("<math", f"<math{NAMESPACE}", 1)


def set_spaces(row):
    """Set the spaces that MathJax knows of by itself, and that other programs have to be told."""
    before = None
    for place, child in enumerate(list(row)):
        text = (child.text or "").strip()
        if text == APPLY and child.tag == "mo":  # "ln" and its argument
            after = row[place + 1] if place + 1 < len(row) else None
            opens = after is not None and (after.text or "").strip() in OPENING
            if not opens:
                row.insert(
                    list(row).index(child) + 1, ElementTree.Element("mspace", width="0.17em")
                )
        if child.tag == "mo" and text in SIGNS and (before is None or before in BEFORE_A_SIGN):
            child.set("form", "prefix")
        alone = len(row) == 1 and row.get("data-mjx-texclass") == "ORD"
        if child.tag == "mo" and (alone or text == "/"):
            child.attrib |= {"lspace": "0", "rspace": "0"}
        before = text if child.tag == "mo" else "something"


def align(table):
    """Say in the style of its cells how the columns of a table are set: few read the table's."""
    if table.tag != "mtable" or "columnalign" not in table.attrib:
        return
    sides = table.get("columnalign").split()
    gaps = table.get("columnspacing", "0.8em").split()
    for row in table:
        for column, cell in enumerate(row):
            side = sides[min(column, len(sides) - 1)]
            gap = gaps[min(column, len(gaps) - 1)]
            end = "0" if column == len(row) - 1 else gap
            cell.set("style", f"text-align: {side}; padding-left: 0; padding-right: {end}")


@functools.cache
def interpreter():
    """Return the interpreter, with MathJax in it."""
    context = quickjs.Context()
    for code in (BEFORE, *((ES5 / part).read_text(encoding="utf-8") for part in PARTS), AFTER):
        context.eval(code)
    return context


def display(code):
    r"""Return what Sphinx makes of the text of a displayed formula before MathJax reads it.

    >>> print(display(r"a \\ b"))
    \begin{split}a \\ b\end{split}
    """
    parts = [part.strip() for part in code.split("\n\n") if part.strip()]
    lines = [rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part for part in parts]
    if len(lines) < 2:
        return "".join(lines)
    body = r"\\".join(lines)
    return rf"\begin{{align}}\begin{{aligned}}{body}\end{{aligned}}\end{{align}}"
