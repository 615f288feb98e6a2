# From a fresh clone on Debian 12 with Python 3.11: every target sets up what it needs first.
PYTHON := .venv/bin/python
SETUP := python3 tools/setup.py

.PHONY: demo run test test-slow check bench screenshots setup clean

demo:
	@$(SETUP) run demo dev players
	@$(PYTHON) -m tools.demo

run:
	@$(SETUP) run players
	@$(PYTHON) -m app

test:
	@$(SETUP) run demo test dev players
	@$(PYTHON) -m pytest -m "not slow"

test-slow:
	@$(SETUP) run demo test dev players
	@$(PYTHON) -m pytest -m slow

check:
	@$(SETUP) run dev
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PYTHON) -m tools.check_files

bench:
	@$(SETUP) run demo dev players
	@$(PYTHON) -m bench all

screenshots:
	@$(SETUP) run demo dev players
	@$(PYTHON) -m tools.screenshots

setup:
	@$(SETUP) run demo test dev players

clean:
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
