"""The quick run picks the tests of what was changed, and everything if in doubt."""

import importlib.util

import pytest
from book_pages import ROOT

spec = importlib.util.spec_from_file_location("quick", ROOT / "scripts" / "quick.py")
quick = importlib.util.module_from_spec(spec)
spec.loader.exec_module(quick)


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        (
            "bpcourse/costs.py",
            {"tests/test_costs.py", "tests/test_backprop.py", "bpcourse/costs.py"},
        ),
        ("bpcourse/diagnosis/catalogue/bp2.py", {"tests/diagnosis"}),
        ("bpcourse/figures/labels.py", {"tests/figures", "bpcourse/figures/curves.py"}),
        ("tests/autodiff/test_graph.py", {"tests/autodiff/test_graph.py"}),
        ("tests/diagnosis/right_code.py", {"tests/diagnosis"}),
        ("tests/strategies.py", {"tests", "bpcourse"}),
        ("requirements.txt", {"tests", "bpcourse"}),
        ("bpcourse/data/digits.npz", {"tests", "bpcourse"}),
    ],
)
def test_what_is_run(changed, wanted):
    chosen = set(quick.tests_of({changed}))
    assert wanted <= chosen, f"a change of {changed} does not run {sorted(wanted - chosen)}"


def test_not_more_than_what_imports_it():
    chosen = quick.tests_of({"bpcourse/autodiff/scalar.py"})
    assert "tests/test_network.py" not in chosen, "no network is made of Values"


def test_every_test_that_is_chosen_exists():
    for name in quick.house.FILES:
        missing = [each for each in quick.tests_of_file(name) if not (ROOT / each).exists()]
        assert not missing, f"a change of bpcourse/{name}.py asks for {missing}"
