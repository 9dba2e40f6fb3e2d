"""Questions that answer: a directive of the book's own.

A question is a fenced block that can be read as it stands. Four kinds:

````markdown
```{question} single
:label: q-chapter-topic

The question, of one paragraph or more, with $formulas$ and {glue:text}`numbers`.

- [ ] A wrong answer

  What it shows: the misconception, and the way out of it. One paragraph or more.
- [x] The right answer

  Why it is right.
```

```{question} multiple
:label: q-chapter-several

As above, with one `[x]` or more.

- [x] ...

  ...
```

```{question} number
:label: q-chapter-number
:tolerance: 0.05

How large is $\\delta^2_1$?

- [x] {glue:text}`delta`

  How one comes to it.
- [ ] {glue:text}`delta_without_slope`

  What was forgotten by those who come to this number.
- [ ] any other number

  A first step. (An answer without a number in it stands for all others.)
```

```{question} order
:label: q-chapter-order

What comes first?

1. The first step
2. The second

   Why it can't come before the steps above it.
3. The third

   Why it can't come before the steps above it.

Said when the order is right.
```
````

An answer is the first paragraph of its item; the indented paragraphs that follow are its reply.
Every answer has a reply (of ``order``, every step but the first). A number counts as right within
``tolerance``; without that option, within half a unit of the last digit that the answer shows (a
whole number: exactly). The steps of ``order`` stand in the right order and are shown in another.

On the page, single and multiple choice need no script. ``questions.js`` judges numbers and orders;
without it, and on paper, the answers can be read. Other builders show a question and its answers as
plain text.
"""

import random
import re

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx_design.shared import create_component

# The builders whose pages can answer. The others show plain text.
LIVE = {"html", "dirhtml", "singlehtml"}
TITLES = {
    "single": "Question",
    "multiple": "Question: mark all that hold",
    "number": "Question: a number",
    "order": "Question: put in order",
}
# What sphinx-design wants to know of a folded box.
FOLDED = {
    "opened": False,
    "type": "dropdown",
    "has_title": True,
    "icon": None,
    "chevron": None,
    "container_classes": ["sd-mb-3"],
    "title_classes": [],
    "body_classes": [],
}
MARK = re.compile(r"\[([ x])\]\s*")
NUMBER = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?(?:[eE][-−+]?\d+)?")


def setup(app):
    """Register the extension with Sphinx."""
    app.add_directive("question", Question)
    app.add_node(question, html=(visit_question, None))
    app.add_post_transform(PlainQuestions)
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


class question(nodes.General, nodes.Element):  # noqa: N801, as docutils names its nodes
    """A question: ``kind``, and the children ``stem``, ``answer``..., perhaps ``closing``."""


class stem(nodes.Part, nodes.Element):  # noqa: N801
    """What is asked: paragraphs."""


class answer(nodes.Part, nodes.Element):  # noqa: N801
    """A paragraph and its reply; ``right`` says which, ``number`` and ``tolerance`` how much."""


class closing(nodes.Part, nodes.Element):  # noqa: N801
    """What is said when the order is right."""


class Question(SphinxDirective):
    """``question`` with its kind; the syntax stands at the top of this file."""

    has_content = True
    required_arguments = 1
    option_spec = {"label": directives.unchanged_required, "tolerance": float}  # noqa: RUF012

    def run(self):
        """Return the node of the question."""
        kind, label = self.arguments[0], self.options.get("label")
        if kind not in TITLES or not label:
            raise self.error(f"want a :label: and one of the kinds {', '.join(TITLES)}")
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        made = question(kind=kind, label=label)
        made += self.parts(kind, holder.children)
        self.set_source_info(made)
        made["ids"], made["names"] = [nodes.make_id(label)], [label]
        self.state.document.note_explicit_target(made, made)
        if complaint := wrong_with(made):
            raise self.error(f"question {label}: {complaint}")
        return [made]

    def parts(self, kind, children):
        """Return the stem, the answers and the closing of a question."""
        wanted = nodes.enumerated_list if kind == "order" else nodes.bullet_list
        places = [k for k, child in enumerate(children) if isinstance(child, wanted)]
        if not places:
            raise self.error(f"a question of kind {kind} needs a list of answers")
        place = places[-1]
        answers = [self.answer(kind, item) for item in children[place].children]
        after = [closing("", *children[place + 1 :])] if children[place + 1 :] else []
        return [stem("", *children[:place]), *answers, *after]

    def answer(self, kind, item):
        """Return the answer that stands in one item of the list."""
        made = answer("", *item.children)
        if kind != "order":
            made["right"] = take_mark(made[0]) == "x"
        if kind == "number":
            made["number"], made["tolerance"] = number_in(made[0].astext())
            made["tolerance"] = self.options.get("tolerance", made["tolerance"])
        return made


def take_mark(paragraph):
    """Remove the ``[x]`` or ``[ ]`` at the start of a paragraph and return what is in it."""
    first = paragraph.children[0] if paragraph.children else nodes.Text("")
    found = MARK.match(first.astext())
    if not isinstance(first, nodes.Text) or not found:
        return ""
    paragraph.replace(first, nodes.Text(first.astext()[found.end() :]))
    return found[1]


def number_in(text):
    """Return the one number in a text and half a unit of its last digit; or None, 0."""
    found = NUMBER.findall(text)
    if len(found) != 1:
        return None, 0.0
    digits = found[0].replace("−", "-").replace(",", "")
    mantissa, _, exponent = digits.lower().partition("e")
    places = len(mantissa.partition(".")[2])
    tolerance = 0.5 * 10.0 ** (int(exponent or 0) - places) if places else 0.0
    return float(digits), tolerance


def wrong_with(made):
    """Return what an author has to repair in a question, or None."""
    kind, answers = made["kind"], list(made.findall(answer))
    silent = [each for each in answers[kind == "order" :] if len(each) < 2]
    if len(answers) < 2:
        return "want two answers or more"
    if silent:
        return f"no reply to: {silent[0].astext()}"
    if kind == "order":
        return None if list(made.findall(closing)) else "say something when the order is right"
    right = [each for each in answers if each["right"]]
    if not right or (kind != "multiple" and len(right) > 1):
        return f"{len(right)} answers are marked as right"
    return wrong_numbers(right[0], answers) if kind == "number" else None


def wrong_numbers(right, answers):
    """Return what is wrong with the answers of a question for a number, or None."""
    if right["number"] is None:
        return "the right answer must hold one number"
    others = [each for each in answers if each is not right]
    if sum(each["number"] is None for each in others) != 1:
        return "want one answer without a number, for all other numbers"
    for each in others:
        far = each["number"] is None or abs(each["number"] - right["number"]) > each["tolerance"]
        if not far:
            return f"{each['number']} is wrong and within the tolerance of what is right"
    return None


def visit_question(self, node):
    """Write a question as the page shows it."""
    text, answers = node[0], list(node.findall(answer))
    name = node["ids"][0]
    self.body.append(f'<fieldset class="bp-question" id="{name}" data-kind="{node["kind"]}">')
    self.body.append(f'<legend><span class="bp-kind">{TITLES[node["kind"]]}</span> ')
    walk(self, text[0].children)
    self.body.append("</legend>")
    walk(self, text.children[1:])
    WRITE[node["kind"]](self, node, name, answers)
    self.body.append("</fieldset>")
    raise nodes.SkipNode


def walk(self, children):
    """Write some nodes."""
    for child in children:
        child.walkabout(self)


def write_choices(self, node, name, answers):
    """Write answers to tick; each shows its reply while it is ticked."""
    kind = "radio" if node["kind"] == "single" else "checkbox"
    for k, each in enumerate(answers, start=1):
        field = f'type="{kind}" name="{name}" id="{name}-{k}" autocomplete="off"'
        self.body.append(f'<div class="bp-choice {side(each)}"><input {field}>')
        self.body.append(f'<label for="{name}-{k}">')
        walk(self, each[0].children)
        self.body.append('</label><div aria-live="polite">')
        write_reply(self, each)
        self.body.append("</div></div>")
    if kind == "checkbox":
        self.body.append(
            '<div class="bp-count" aria-live="polite">'
            '<p class="bp-more">There is at least one more.</p>'
            '<p class="bp-all">These are all that hold.</p></div>'
        )


def side(each):
    """Return the class of an answer; the steps of an order have none."""
    return {True: "right", False: "wrong", None: "step"}[each.get("right")]


def write_reply(self, each):
    """Write the reply to an answer, after the verdict if there is one."""
    self.body.append(f'<div class="bp-reply {side(each)}">')
    if "right" in each:
        said = "Right." if each["right"] else "No."
        self.body.append(f'<strong class="bp-verdict">{said}</strong> ')
    walk(self, each.children[1:])
    self.body.append("</div>")


def write_number(self, node, name, answers):
    """Write a field for a number, and the numbers with their replies, folded."""
    self.body.append(
        f'<div class="bp-entry"><label for="{name}-field">Your number</label>'
        f'<input type="text" inputmode="decimal" id="{name}-field" autocomplete="off">'
        '<button type="button" class="bp-check">Check</button></div>'
        '<div class="bp-said" aria-live="polite"></div>'
        '<details class="bp-answers"><summary>The answer</summary><ul>'
    )
    for each in answers:
        number = "" if each["number"] is None else f' data-number="{each["number"]!r}"'
        self.body.append(f'<li{number} data-tolerance="{each["tolerance"]!r}">')
        walk(self, each[0].children)
        write_reply(self, each)
        self.body.append("</li>")
    self.body.append("</ul></details>")


def write_order(self, node, name, answers):
    """Write the steps in another order, with buttons to move them; the right order is folded."""
    self.body.append('<ol class="bp-steps">')
    for k in shuffled(len(answers), node["label"]):
        self.body.append(f'<li data-step="{k}"><span id="{name}-{k}">')
        walk(self, answers[k][0].children)
        self.body.append("</span>")
        for title, sign in (("Up", "↑"), ("Down", "↓")):
            what = f'aria-label="{title}" aria-describedby="{name}-{k}"'
            self.body.append(f'<button type="button" class="bp-move" {what}>{sign}</button>')
        self.body.append("</li>")
    self.body.append(
        '</ol><div class="bp-entry"><button type="button" class="bp-check">Check</button></div>'
        '<div class="bp-said" aria-live="polite"></div>'
        '<details class="bp-answers"><summary>The right order</summary><ol>'
    )
    for each in answers:
        self.body.append("<li>")
        walk(self, each[0].children)
        if each.children[1:]:
            write_reply(self, each)
        self.body.append("</li>")
    self.body.append('</ol><div class="bp-closing">')
    walk(self, node[-1].children)
    self.body.append("</div></details>")


def shuffled(count, label):
    """Return an order of ``count`` steps that is not the right one; the same for a label."""
    order = list(range(count))
    random.Random(label).shuffle(order)
    return order if order != sorted(order) else order[::-1]


WRITE = {
    "single": write_choices,
    "multiple": write_choices,
    "number": write_number,
    "order": write_order,
}


class PlainQuestions(SphinxPostTransform):
    """Where nothing can answer, a question is an admonition with its answers."""

    default_priority = 1  # before others set admonitions and folded boxes in their way

    def run(self, **kwargs):
        """Replace the questions of a document, unless it becomes a page that can answer."""
        if self.app.builder.name not in LIVE:
            for node in list(self.document.findall(question)):
                node.replace_self([asked(node), answered(node)])


def asked(node):
    """Return what is asked, with the answers to choose from, as an admonition."""
    answers = list(node.findall(answer))
    title = nodes.title("", TITLES[node["kind"]])
    box = nodes.admonition("", title, *node[0].children, classes=["question"], ids=node["ids"])
    if node["kind"] == "number":
        return box
    if node["kind"] == "order":
        answers = [answers[k] for k in shuffled(len(answers), node["label"])]
    box += nodes.bullet_list("", *[item(each[0].deepcopy()) for each in answers])
    return box


def answered(node):
    """Return the answers with what there is to say of each, as the folded box of sphinx-design."""
    answers = list(node.findall(answer))
    fold = create_component("dropdown", children=[nodes.rubric("", "Answer")], **FOLDED)
    if node["kind"] == "order":
        fold += nodes.enumerated_list("", *[item(*each.children) for each in answers])
        fold += node[-1].children
    else:
        fold += nodes.bullet_list("", *[judged(each) for each in answers])
    return fold


def item(*children):
    """Return an item of a list."""
    return nodes.list_item("", *children)


def judged(each):
    """Return an answer with its verdict and its reply as an item of a list."""
    verdict = nodes.strong("", "Right. " if each["right"] else "No. ")
    reply = each.children[1:]
    if isinstance(reply[0], nodes.paragraph):
        reply[0].insert(0, verdict)
    return item(each[0], *reply)


def add_script(app, pagename, templatename, context, doctree):
    """Load the style and the script on the pages that ask something."""
    if doctree is not None and next(doctree.findall(question), None) is not None:
        app.add_css_file("questions.css")
        app.add_js_file("questions.js", loading_method="defer")
