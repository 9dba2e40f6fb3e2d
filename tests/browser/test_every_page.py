"""Every page of the built book in a real browser."""

import pytest


@pytest.mark.parametrize("path", ["book/four-equations.html"])
def test_nothing_scrolls_sideways_on_a_phone(visit, path):
    page = visit(path, width=390, height=844)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{path} is {wide} pixels wider than a phone"
