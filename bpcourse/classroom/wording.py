"""What a diagnosis says to a learner at the keyboard, as a student of a class is told it.

A student can pass no option, and name no function at the terminal: the assignment has done so.
"""

import re
from dataclasses import replace

# What is left out, or put into other words: who reads it has no call to write.
_REPLACED = (
    (r'If that is meant, pass layout="(?:rows|vectors|columns)"\.', "The task says {layout}."),
    (r"If it is meant for one, pass sizes=\[[^]]*\]\.", "The task asks for any number of layers."),
    (r"^The function was tried on one example at a time.*", ""),
    (r"\s*If it goes through the examples one by one, .* batch=False\.", ""),
    (r'; or, if sums are meant, pass reduction="sum"', ""),
    (r'(; or| or), if means are meant, leave out reduction="sum"', ""),
    (r', or say that this order is meant: order="[wb],[wb]"', ""),
    (r' To say that it is meant: order="[wb],[wb]"\.', ""),
    (r" Only for a network that has no biases: biases=False\.", ""),
    (r", as biases=False says", ""),
    (r" Wrap a function of another form: lambda .*", ""),
    (r'[;,]? ?[Ii]f that is (?:the cost )?(?:what )?you mean, pass cost="\w+"[^.]*\.', " The task "
     "names the cost."),
    (r"[^.:;]*, at the terminal [^.]*\. ?", ""),
)  # fmt: skip
_LAYOUTS = {
    "rows": "that an example is a row",
    "vectors": "that one example is a vector",
    "columns": "that an example is a column",
}


def for_a_class(found, options):
    """Return a diagnosis in words for a student of a class.

    Parameters
    ----------
    found : Diagnosis
    options : dict
        Keywords of :func:`bpcourse.diagnose`, as the assignment has them.

    Returns
    -------
    Diagnosis
    """
    layout = _LAYOUTS[(options or {}).get("layout") or "columns"]
    findings = tuple(
        replace(
            each,
            sentence=_told(each.sentence, layout),
            hints=tuple(_told(hint, layout) for hint in each.hints),
        )
        for each in found.findings
    )
    notes = tuple(filter(None, (_told(note, layout) for note in found.notes)))
    remark = _told(found.remark, layout)
    return replace(found, findings=findings, notes=notes, remark=remark)


def _told(text, layout):
    for pattern, other in _REPLACED:
        text = re.sub(pattern, other.format(layout=layout), text)
    return text.strip()
