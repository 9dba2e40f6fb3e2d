"""The page of sources: every row leads to a chapter and to a test that exist."""

import ast
import re

import pytest
from book_pages import ROOT

from bpcourse.lessons.worked_examples import all_examples

PAGE = ROOT / "book" / "sources.md"
ROW = re.compile(r"^\| (\d+) \| (.+) \| \{doc\}`([\w-]+)` \|$", re.M)
ROWS = ROW.findall(PAGE.read_text(encoding="utf-8"))
# The tests that reproduce the numbers, in the order of the page.
TESTS = [
    (1, "tests/lessons/test_worked_examples.py", "test_mazur_intermediates"),
    (1, "tests/lessons/test_experiments.py", "test_mazur_ten_thousand_steps"),
    (
        3,
        "tests/lessons/test_worked_examples.py",
        "test_exam_scores_hand_calculation_is_wrong_where_the_source_book_says",
    ),
    (3, "tests/lessons/test_experiments.py", "test_exam_training"),
    (4, "tests/lessons/test_worked_examples.py", "test_miller_multiplication_and_division"),
    (
        5,
        "tests/book/test_displayed_equations.py",
        "test_a_displayed_equation_is_the_function_that_runs",
    ),
    (6, "tests/test_operation_count.py", "test_a_million_weights_by_forward_differences"),
    (7, "tests/test_equations.py", "test_the_sum_over_all_paths_is_the_error"),
    (8, "tests/test_operation_count.py", "test_published_figures"),
    (9, "tests/test_training.py", "test_weight_decay_shrinks_weights_by_nielsens_factor"),
    (
        12,
        "tests/lessons/test_worked_examples.py",
        "test_kostadinov_has_18_parameters_and_an_output_without_bias",
    ),
    (
        13,
        "tests/lessons/test_experiments.py",
        "test_encoders_learn_the_identity_but_not_always_eight_codes",
    ),
    (14, "tests/lessons/test_overfitting_numbers.py", "test_batch_descent"),
    (15, "tests/lessons/test_overfitting_numbers.py", "test_decay_of_all_parameters"),
    (16, "tests/lessons/test_overfitting_numbers.py", "test_six_folds_choose_when_to_stop"),
    (17, "tests/lessons/test_experiments.py", "test_more_hidden_units_leave_fewer_starts_stuck"),
    (
        18,
        "tests/lessons/test_experiments.py",
        "test_symmetry_weights_are_antisymmetric_in_the_ratio_1_2_4_or_2_3_4",
    ),
    (
        19,
        "tests/lessons/test_perceptron.py",
        "test_no_line_does_better_than_three_of_four_on_exclusive_or",
    ),
    (20, "tests/lessons/test_worked_examples.py", "test_line_sums_of_squares_and_slopes"),
    (21, "tests/test_datasets.py", "test_labels_and_one_hot_targets_give_the_same_data"),
    (23, "tests/book/test_sources.py", "test_the_history_names_its_primary_sources"),
    (
        24,
        "tests/lessons/test_overfitting_numbers.py",
        "test_noise_in_the_labels_judged_by_clean_ones",
    ),
    (25, "tests/autodiff/test_tensor.py", "test_catalog"),
    (26, "tests/book/test_sources.py", "test_miles_an_hour_in_metres_a_second"),
    (28, "tests/book/test_sources.py", "test_the_history_names_its_primary_sources"),
    (29, "tests/test_backprop.py", "test_against_loops_over_examples_and_indices"),
]
# The sources that other parts of the course treat: automatic differentiation, recurrence, and two
# that ask for nothing.
ELSEWHERE = {2, 10, 11, 22, 27, 30}


def test_every_source_has_a_row():
    assert {int(row[0]) for row in ROWS} == set(range(1, 31)) - ELSEWHERE


def test_no_row_escapes_the_pattern():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert len(ROWS) == sum(bool(re.match(r"\| \d+ \|", line)) for line in lines)


def test_every_row_has_its_test():
    assert [int(row[0]) for row in ROWS] == [number for number, _, _ in TESTS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[2]}")
def test_the_chapter_exists(row):
    assert (ROOT / "book" / f"{row[2]}.ipynb").exists(), f"no chapter {row[2]}"


@pytest.mark.parametrize(("number", "path", "name"), TESTS)
def test_the_test_exists(number, path, name):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert name in functions, f"no test {name} in {path}"


def test_the_history_names_its_primary_sources():
    text = (ROOT / "book" / "history.ipynb").read_text(encoding="utf-8")
    cited = set(re.findall(r"\{cite:t\}`(\w+)`", text))
    assert cited >= {
        "kelley1960", "bryson1962", "dreyfus1962", "bryson1969", "linnainmaa1970", "werbos1974",
        "werbos1982", "hopfield1982", "rumelhart1986", "parker1985", "lecun1985",
    }  # fmt: skip
    bibliography = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    for key in cited:
        entry = re.search(rf"@\w+\{{{key},.*?\n\}}", bibliography, re.DOTALL)
        assert entry, f"{key} is not in the bibliography"
        year = re.search(r"year\s*=\s*\{(\d{4})[ab]?\}", entry[0])[1]
        assert key.removesuffix("pdp").endswith(year), f"{key} is of {year}"


def test_miles_an_hour_in_metres_a_second():
    assert pytest.approx(119.8067, abs=5e-5) == 268 * 1609.344 / 3600


def test_worked_examples_cite_what_the_bibliography_has():
    keys = re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text("utf-8"), re.M)
    assert len(keys) == len(set(keys)), "a key stands twice"
    assert {example.citation for example in all_examples()} <= set(keys)
