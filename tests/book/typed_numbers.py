"""Find the numbers that an author typed into prose instead of computing them.

What counts as a number to account for: a decimal (0.5, 1e-3, 97.4), an integer of three or more
digits (1986, 23,820), and a percentage (95 %). What is not prose is blanked out first, with the
line breaks kept, so that a number's line can be named.
"""

import re
from typing import NamedTuple

# Directives whose body a reader sees as code, or does not see at all.
CODE = {
    "bibliography", "code", "code-block", "code-cell", "contents", "eval-rst", "include",
    "literalinclude", "mermaid", "raw", "solution-end", "tableofcontents", "toctree",
}  # fmt: skip
# Directives whose argument is a label or a path, not a title.
ARGUMENT_IS_NOT_PROSE = {"figure", "glue", "image", "solution", "solution-start"}
# Options that a reader sees.
PROSE_OPTIONS = ("alt", "caption")
# Roles whose whole content is prose. The others name a target, at most after a text of their own.
PROSE_ROLES = {"abbr", "math", "sub", "sup", "term"}

FENCE = re.compile(r"^\s*(`{3,}|:{3,}|~{3,})\s*(?:\{([^}]*)\})?(.*)$")
NOT_PROSE = [
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"^%.*$", re.MULTILINE),  # comments
    re.compile(r"^\(\S+\)=\s*$", re.MULTILINE),  # labels
    re.compile(r"^\[[^\]]+\]:\s.*$", re.MULTILINE),  # link definitions
    re.compile(r"(?<=\])\([^)\s]*\)"),  # link targets
    re.compile(r"<?https?://[^\s>)]+>?"),
    re.compile(r"</?[A-Za-z][^<>]*>"),  # HTML tags
    re.compile(r"\\(?:label|tag|ref|eqref|hspace|vspace|color|rule)\{[^}]*\}"),
]
ROLE = re.compile(r"\{([a-z:]+)\}(`+)(.+?)\2", re.DOTALL)
NUMBER = re.compile(
    r"""(?<![\w.])                                   # not inside a name such as w2 or eq-bp1.5
        (?: \d{1,3}(?:,\d{3})+(?:\.\d+)?             # 23,820
          | \d*\.\d+(?:\.\d+)*(?:[eE][-+]?\d+)?      # 0.5   .5   1.0.4   1.5e-3
          | \d+[eE][-+]?\d+                          # 1e-3
          | \d{3,}                                   # 1986
          | \d+(?=\s?\\?%)                           # 95 %
        )(?![\w]|\.\d)""",
    re.VERBOSE,
)


class Typed(NamedTuple):
    """A number that stands in the text, and its line."""

    number: str
    line: int


def typed_numbers(markdown):
    """Return the numbers in the prose of ``markdown`` that must be glued or given."""
    prose = prose_of(markdown)
    return [
        Typed(found[0], prose.count("\n", 0, found.start()) + 1) for found in NUMBER.finditer(prose)
    ]


def prose_of(markdown):
    """Return ``markdown`` with everything that is not prose blanked out, line by line the same."""
    text = without_code(markdown)
    text = text.replace("{,}", ",").replace(r"\,", ",")
    text = ROLE.sub(visible_part, text)
    for pattern in NOT_PROSE:
        text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)
    return text


def visible_part(role):
    """Return what a reader sees of a role, as far as the author typed it."""
    name, content = role[1], role[3]
    text = content if name in PROSE_ROLES else ""
    if titled := re.fullmatch(r"(.+?)\s*<[^<>]+>", content, flags=re.DOTALL):
        text = titled[1]
    return " " + text + "\n" * (content.count("\n") - text.count("\n"))


def without_code(markdown):
    """Return ``markdown`` without fenced code, fences, and the options of directives."""
    lines, open_fences, options = [], [], False
    for line in markdown.split("\n"):
        fence = FENCE.match(line)
        inside_code = bool(open_fences) and open_fences[-1][1]
        if fence and closes(fence, open_fences):
            open_fences.pop()
            line = ""
        elif inside_code:
            line = ""
        elif fence:
            open_fences.append((fence[1], is_code(fence)))
            line, options = title_of(fence), True
        else:
            line, options = without_option(line, options)
        lines.append(line)
    return "\n".join(lines)


def closes(fence, open_fences):
    """Return whether a fence line ends the innermost open fence."""
    if not open_fences or fence[2] is not None or fence[3].strip():
        return False
    opened = open_fences[-1][0]
    return fence[1][0] == opened[0] and len(fence[1]) >= len(opened)


def is_code(fence):
    """Return whether an opening fence starts code: a language, nothing, or a code directive."""
    return fence[2] in CODE if fence[2] is not None else fence[1][0] != ":"


def title_of(fence):
    """Return the title that an opening fence line shows, if any."""
    shown = fence[2] is not None and fence[2] not in CODE | ARGUMENT_IS_NOT_PROSE
    return fence[3].strip() if shown else ""


def without_option(line, options):
    """Return a line without a directive's option, and whether options may still follow."""
    option = re.match(r"\s*:([\w-]+):(.*)$", line) if options else None
    if option:
        return (option[2] if option[1] in PROSE_OPTIONS else ""), True
    return line, False
