# Two commands: `make book` builds _build/html, `make test` proves it. The README has the rest.

BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

# With one thread a sum has one order, whatever the number of processors.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
# What the notebooks print does not depend on where the book is published.
export BPCOURSE_BOOK =
# Hundreds of processes import the package here; compiled files spare each of them half a second.
export PYTHONDONTWRITEBYTECODE =

.PHONY: book test quick lint notebooks downloads lite pdf epub slides serve bench clean

# The stored outputs of the notebooks are shown; any warning fails.
book: .venv/installed
	$(BIN)/python scripts/book.py

# Unit tests, the docstrings' examples, and every cell of every notebook against its stored output.
test: .venv/installed
	$(BIN)/python -m pytest -n 2 --dist loadfile --doctest-modules --nbval --nbval-current-env

# What differs from the last commit, and what imports it: unit tests and docstrings, without notebooks.
quick: .venv/installed
	$(BIN)/python scripts/quick.py

lint: .venv/installed
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

# Runs every notebook and saves it with its outputs.
notebooks: .venv/installed
	$(BIN)/python scripts/notebooks.py

# The notebooks that stand alone, the package, and an archive of both: they come with the book.
downloads: book
	@ls _build/html/downloads/*.zip

# JupyterLite beside the book: all notebooks, run by the browser, offline.
lite: book
	$(BIN)/python scripts/lite.py

# The book to take home. The PDF needs TeX, the slides the built pages; the README says more.
pdf: .venv/installed
	$(BIN)/python scripts/pdf.py

epub: .venv/installed
	$(BIN)/python scripts/epub.py

slides: book
	$(BIN)/python scripts/slides.py

serve: book
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

bench: .venv/installed
	$(BIN)/python -m benchmarks

clean:
	rm -rf _build .pytest_cache .ruff_cache .hypothesis

# A .venv knows its folder. In a folder that was moved or copied it is made anew.
ifneq ($(shell cat .venv/installed 2>/dev/null),$(CURDIR))
.PHONY: .venv/installed
endif

.venv/installed: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found; name one: make PYTHON=/path/to/python"; exit 1; }
	test "$$(cat .venv/home 2>/dev/null)" = "$(CURDIR)" && test -x $(BIN)/python || $(PYTHON) -m venv --clear .venv
	@echo "$(CURDIR)" > .venv/home
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -e .
	@echo "$(CURDIR)" > $@
