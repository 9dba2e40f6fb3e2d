"""The addresses of book and repository stand in one place, and everything follows it."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from book_pages import BOOK, ROOT

import bpcourse


def load(name, path):
    """Return a module that is no part of a package."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


addresses = load("addresses", ROOT / "scripts" / "addresses.py")
buttons = load("buttons", BOOK / "_ext" / "downloads" / "addresses.py")
WHEEL = "bpcourse-1.0-py3-none-any.whl"
URLS = ("https://example.org/course", "https://github.com/someone/course")


def test_the_files_have_the_addresses_that_are_set():
    for name, text in addresses.texts(*addresses.settings()).items():
        there = (ROOT / name).read_text(encoding="utf-8")
        assert there == text, f"{name} does not follow _config.yml: python scripts/addresses.py"


def test_an_address_gets_into_every_file_and_leaves_it_without_a_trace():
    bare = addresses.texts("", "")
    made = addresses.texts(*URLS)
    assert f'Documentation = "{URLS[0]}"' in made["pyproject.toml"]
    assert f'Source = "{URLS[1]}"' in made["pyproject.toml"]
    assert f'repository-code: "{URLS[1]}"' in made["CITATION.cff"]
    assert f"The book: <{URLS[0]}>" in made["README.md"]
    for name, write in addresses.WRITERS.items():
        assert write(made[name], "", "") == bare[name], f"{name}: something is left"
        assert write(made[name], *URLS) == made[name], f"{name}: a second time changes something"


def page(chapter, repository_url, *, book_url="", on_index=False):
    """Return the buttons of a page's menu."""
    group = {"label": "download-buttons", "buttons": [{"javascript": "window.print()"}]}
    app = SimpleNamespace(
        env=SimpleNamespace(doc2path=lambda name: f"book/{name}"),
        config=SimpleNamespace(
            repository_url=repository_url, book_url=book_url, package_on_index=on_index
        ),
    )
    context = {"header_buttons": [group], "pathto": lambda path, _: f"../{path}"}
    buttons.menu(app, chapter, "", context, None)
    return [each.get("url", "print") for each in group["buttons"]]


def test_a_chapter_can_be_taken_home_and_opened_where_the_repository_is_known():
    here = ["../downloads/learner/proofs.ipynb", "../downloads/complete/proofs.ipynb"]
    here.append(f"../downloads/bpcourse-{bpcourse.__version__}-py3-none-any.whl")
    assert page("proofs.ipynb", "") == [*here, "print"], "no button may lead nowhere"
    assert page("running.md", URLS[1]) == ["print"], "a page without code has no notebook"
    for ending in ("", "/", ".git"):
        *first, colab, binder, _ = page("proofs.ipynb", URLS[1] + ending, book_url=URLS[0])
        assert first == here
        assert colab.endswith("/github/someone/course/blob/notebooks/learner/proofs.ipynb")
        assert binder.endswith("/gh/someone/course/notebooks?labpath=learner%2Fproofs.ipynb")


def test_colab_is_offered_only_where_its_notebook_finds_the_package():
    def services(**options):
        found = [re.search("colab|binder", url) for url in page("proofs.ipynb", URLS[1], **options)]
        return [each[0] for each in found if each]

    assert services() == ["binder"], "the first cell would stop: it has no address to install from"
    assert services(on_index=True) == services(book_url=URLS[0]) == ["colab", "binder"]
    assert page("proofs.ipynb", "https://gitlab.com/someone/course", book_url=URLS[0])[3:] == [
        "print"
    ], "the notebooks are put on a branch by a workflow of GitHub"


@pytest.mark.parametrize("repository_url", ["", URLS[1], "https://example.org/github/course"])
def test_a_page_can_be_edited_where_the_repository_is_known(repository_url):
    config = SimpleNamespace(
        repository_url=repository_url, book_url=URLS[0], html_baseurl="", html_theme_options={}
    )
    buttons.edit_button(None, config)
    options = config.html_theme_options
    known = repository_url == URLS[1]
    assert options.get("use_edit_page_button", False) == known, "the theme can't make an address"
    assert options.get("repository_url", "") == (repository_url if known else "")
    assert config.html_baseurl == URLS[0] + "/"


def test_the_first_cell_takes_the_wheel_from_where_it_is():
    assert taken(book_url=URLS[0]) == [f"{URLS[0]}/downloads/{WHEEL}"]
    assert taken(book_url=URLS[0], on_index=True) == taken(on_index=True) == ["bpcourse"]
    assert taken(book_url=URLS[0], beside=True) == [WHEEL], "what lies beside it comes first"


def test_a_first_cell_without_an_address_says_where_the_wheel_is():
    """The page writes its address in; a notebook from a page that was opened as a file has none."""
    with pytest.raises(ModuleNotFoundError, match=f"menu with the arrow.* offers {WHEEL}; put it"):
        taken()


def test_a_first_cell_that_reaches_nobody_says_what_to_do_and_what_pip_said():
    wanted = f"(?s)^bpcourse could not be .* offers {WHEEL}; put it .* said:\nno network$"
    with pytest.raises(ModuleNotFoundError, match=wanted):
        taken(book_url=URLS[0], failure="no network\n")


def taken(*, beside=False, failure="", **options):
    """Return what the first cell installs where all but the course's package is there."""
    cell = load("setup_cell", BOOK / "_ext" / "downloads" / "setup_cell.py").setup_cell
    code = cell(WHEEL, **options).replace("await ", "")  # which only a notebook can do
    calls, done = [], SimpleNamespace(returncode=int(bool(failure)), stderr=failure)
    with pytest.MonkeyPatch.context() as here:
        only = "bpcourse"
        here.setattr("importlib.util.find_spec", lambda name: None if name == only else name)
        here.setattr(subprocess, "run", lambda command, **_: calls.append(command) or done)
        here.setattr(Path, "exists", lambda path: beside and path == Path(WHEEL))
        here.setenv("BPCOURSE_BOOK", "")
        here.delenv("BPCOURSE_BOOK")
        exec(code, {})
        book = options.get("book_url")
        assert os.environ.get("BPCOURSE_BOOK") == book, "messages name pages that are not there"
    return [each for command in calls for each in command[5:]]


def test_the_page_names_the_wheel_of_this_version():
    page = (BOOK / "running.md").read_text(encoding="utf-8")
    assert f"pip install bpcourse-{bpcourse.__version__}-py3-none-any.whl" in page


def test_a_check_leaves_the_names_of_the_reader_alone():
    sys.path.insert(0, str(BOOK / "_ext"))
    try:
        plain = load("plain_code", BOOK / "_ext" / "downloads" / "plain_code.py").in_a_function
    finally:
        sys.path.pop(0)
    names = {"w": 7, "answer": 3}
    code = plain("w = 2\nw + answer")
    assert eval(code.splitlines()[-1], exec(code, names) or names) == 5
    assert names["w"] == 7, "the check has overwritten a variable of the reader"
    assert plain("bp.check('bp2', my_bp2)") == "bp.check('bp2', my_bp2)"
