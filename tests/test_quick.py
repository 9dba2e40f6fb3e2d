"""The quick run picks the tests of what was changed, and everything if in doubt."""

import importlib.util
from types import SimpleNamespace

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
        ("bpcourse/submission/outcome.py", {"tests/classroom", "tests/test_command_line.py"}),
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


def test_a_wing_without_tests_of_its_own_is_no_reason_to_run_everything():
    assert "tests" not in quick.tests_of({"bpcourse/submission/task.py"})


def test_the_tests_of_what_was_changed_run_as_a_whole():
    changed = {
        "bpcourse/costs.py",
        "bpcourse/diagnosis/search.py",
        "tests/test_training.py",
        "x.md",
    }
    assert quick.own_tests(changed) == {"tests/test_costs.py", "tests/test_training.py"}


def test_a_few_cases_are_spread_over_all(request):
    conftest = request.config.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py"))
    items = [SimpleNamespace(nodeid=f"tests/test_{f}.py::t[{k}]") for f in "ab" for k in range(9)]
    kept = [each.nodeid for each in conftest._spread(items, 2, ["tests/test_b.py"])]
    assert kept[:2] == ["tests/test_a.py::t[0]", "tests/test_a.py::t[8]"], "the first and the last"
    assert len(kept[2:]) == 9, "this file runs as a whole"


def test_what_starts_processes_is_sampled(request):
    conftest = request.config.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py"))
    items = [SimpleNamespace(nodeid=f"tests/test_a.py::t{k}") for k in range(40)]
    kept = [each.nodeid for each in conftest._spread(items, 2, [], ["tests/test_a.py"])]
    assert len(kept) == 6 and kept[-1] == items[-1].nodeid, "three times as many, over all of it"
    assert quick.sampled({"bpcourse/costs.py"}) == quick.PROCESSES
    assert "tests/test_command_line.py" not in quick.sampled({"tests/test_command_line.py"})
    assert not quick.sampled({"bpcourse/terminal/program.py"}), "this runs the processes"
    assert all((ROOT / file).exists() for file in quick.PROCESSES)


def test_every_test_that_is_chosen_exists():
    for name in quick.house.FILES:
        missing = [each for each in quick.tests_of_file(name) if not (ROOT / each).exists()]
        assert not missing, f"a change of bpcourse/{name}.py asks for {missing}"
