"""The buttons of a chapter that need to know where book and repository are; unset, no button."""

import re
from pathlib import Path
from urllib.parse import quote

from bpcourse.classroom.handout import WHEEL

# The branch to which the publishing workflow puts the folder ``downloads`` of the book.
BRANCH = "notebooks"
# Hosts that the theme knows how to edit a page at.
EDITED_AT = ("github", "gitlab", "bitbucket")


def edit_button(app, config):
    """Let each page be edited where the repository is known."""
    repository = repository_of(config)
    host = repository.lower().rsplit("/", 2)[0]
    if any(each in host for each in EDITED_AT):
        config.html_theme_options |= {
            "repository_url": repository,
            "repository_branch": "main",
            "use_edit_page_button": True,
        }
    if config.book_url and not config.html_baseurl:
        config.html_baseurl = config.book_url.rstrip("/") + "/"


def repository_of(config):
    """Return the address of the repository to which that of a file in it can be appended."""
    return config.repository_url.rstrip("/").removesuffix(".git")


def load_script(app, pagename, templatename, context, doctree):
    """Add the script that gives a notebook the address of the book."""
    if doctree is not None:
        app.add_js_file("take.js", loading_method="defer")


def menu(app, pagename, templatename, context, doctree):
    """Offer the notebooks that stand alone in place of the page's source."""
    for group in context.get("header_buttons", []):
        if group.get("label") == "download-buttons":
            path = Path(str(app.env.doc2path(pagename)))
            chapter = path.stem if path.suffix == ".ipynb" else ""
            printing = [each for each in group["buttons"] if "print" in str(each.get("javascript"))]
            to_root = context["pathto"]("downloads", 1)
            launch = launchers(chapter, app.config) if chapter else []
            offered = files(chapter, to_root) if chapter else []
            group["buttons"] = [*offered, *launch, *printing]


def files(chapter, downloads):
    """Return the buttons that download a chapter."""
    texts = {
        "learner": (".ipynb", "Download a notebook to learn with: your answers, checked"),
        "complete": (".ipynb, solved", "Download the notebook with its solutions"),
    }
    buttons = [
        (f"{edition}/{chapter}.ipynb", text, tooltip, edition)
        for edition, (text, tooltip) in texts.items()
    ]
    wheel = "The package of the course, for a notebook that asks for it: put it beside the notebook"
    buttons.append((WHEEL, ".whl, the package", wheel, "package"))
    return [
        {
            "type": "link",
            "url": f"{downloads}/{file}",
            "text": text,
            "tooltip": tooltip,
            "icon": "fas fa-download",
            "label": f"download-{label}-button",
        }
        for file, text, tooltip, label in buttons
    ]


def launchers(chapter, config):
    """Return the buttons that open a chapter elsewhere; none without a repository on GitHub.

    Binder finds the package on the branch. Colab gets nothing but the notebook, whose first cell
    has to know where the package is.
    """
    found = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)", repository_of(config))
    if not found:
        return []
    path = f"learner/{chapter}.ipynb"
    services = {
        "Colab": f"https://colab.research.google.com/github/{found[1]}/blob/{BRANCH}/{path}",
        "Binder": f"https://mybinder.org/v2/gh/{found[1]}/{BRANCH}?labpath={quote(path, safe='')}",
    }
    if not (config.book_url or config.package_on_index):
        del services["Colab"]
    return [
        {
            "type": "link",
            "url": url,
            "text": name,
            "tooltip": f"Run this chapter in {name}",
            "icon": "fas fa-rocket",
            "label": f"launch-{name.lower()}-button",
        }
        for name, url in services.items()
    ]
