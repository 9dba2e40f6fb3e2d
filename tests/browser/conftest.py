"""A real browser on the book that ``make book`` built. Without either, the tests are skipped."""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LOUD = ("warning", "error")
# A browser that speaks to nobody but the page's own server.
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def book():
    """The folder of the built book."""
    if not (BOOK / "index.html").exists():
        pytest.skip("the book is not built: run `make book` first")
    return BOOK


@pytest.fixture(scope="session")
def site(book):
    """The address under which the built book is served."""
    handler = functools.partial(Quiet, directory=str(book))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that does not report each request."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: install it, or name it in CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        yield running
        running.close()


@pytest.fixture
def visit(browser, site):
    """Open a page of the book: ``visit("book/proofs.html", width=390, scheme="dark")``.

    ``address`` replaces the served book's (a ``file://`` address, say); ``change`` is a function
    from the page's HTML to the HTML that is shown; other keywords go to Playwright's
    ``new_context``. At the end every page must have kept to the book's own files, and written no
    warning and no error to the console; meanwhile ``page.said`` and ``page.asked`` hold both.
    """
    yield from pages(browser, site)


@pytest.fixture(scope="module")
def visit_and_stay(browser, site):
    """As ``visit``, but the pages stay open until the module's last test."""
    yield from pages(browser, site)


def pages(browser, site):
    """Yield what opens pages; then close them, and look at what they said and asked."""
    opened = []

    def open_page(
        path, *, width=1280, height=900, scheme="light", address=None, change=None, **options
    ):
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, color_scheme=scheme, **options)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: message.type in LOUD and page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        if change:
            page.route("**/*.html", lambda route: changed(route, change))
        page.goto(f"{address or site}/{path}", wait_until="load")
        opened.append(page)
        return page

    yield open_page
    own = (site, "file://", "data:", "blob:")
    for page in opened:
        said, asked = list(page.said), [url for url in page.asked if not url.startswith(own)]
        page.context.close()
        assert not said, f"the page wrote to the console: {said}"
        assert not asked, f"the page asked another host: {asked}"


def changed(route, change):
    """Answer a request with what a function makes of the page."""
    response = route.fetch()
    route.fulfill(response=response, body=change(response.text()))


@pytest.fixture(scope="session")
def findings():
    """What axe finds seriously wrong on a page: ``findings(page, **options)``, options of axe."""
    package = pytest.importorskip("axe_playwright_python")
    script = (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

    def look(page, inside="body", **options):
        # Without `preload: false` axe loads style sheets anew, from addresses that do not exist.
        options = {"resultTypes": ["violations"], "preload": False, **options}
        if not page.evaluate("typeof axe === 'object'"):
            page.evaluate(script)
        found = page.evaluate("([inside, options]) => axe.run(inside, options)", [inside, options])
        serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
        return [(v["id"], [n["html"][:120] for n in v["nodes"]][:4]) for v in serious]

    return look
