# Everything a person calls. Each target first sets up what it needs (tools/setup.py, quick when nothing changed).
PYTHON ?= $(shell command -v python3.11 || command -v python3)
DEMO_S ?= 60
TEST_S ?= 480
SLOW_S ?= 3000
SLOW_ARGS ?=
ARGS ?=
PY := .venv/bin/python
BENCHES := publish startup viewer documents text_rules quality room liveness

.PHONY: help demo run test test-slow check bench screenshots setup clean setup-run setup-demo setup-test

help:
	@echo "make demo         the whole thing, hands free (DEMO_S=60 seconds; 0: until Ctrl+C)"
	@echo "make run          the program"
	@echo "make test         tests (8 minutes at most); make test-slow: the long proofs"
	@echo "make check        style, types, layers, translations, files that must be fully covered"
	@echo "make bench        measurements, one line of JSON each; make screenshots: every state in build/screens/"

setup-run:
	@$(PYTHON) tools/setup.py run

setup-demo:
	@$(PYTHON) tools/setup.py demo

setup setup-test:
	@$(PYTHON) tools/setup.py test

demo: setup-demo
	@DEMO_S=$(DEMO_S) $(PY) -m tools.demo

run: setup-run
	@$(PY) -m app $(ARGS)

test: setup-test
	@$(PY) -m tools.run_tests fast --limit-s $(TEST_S) -- $(ARGS)

test-slow: setup-test
	@$(PY) -m tools.run_tests slow --limit-s $(SLOW_S) $(SLOW_ARGS) -- $(ARGS)

check: setup-test
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PY) -m tools.check_files
	@$(PY) -m tools.check_coverage

bench: setup-test
	@for name in $(BENCHES); do $(PY) -m bench $$name $(ARGS) || exit 1; done

screenshots: setup-test
	@$(PY) -m tools.screenshots
	@$(PY) -m tools.page_screenshots
	@$(PY) -m tools.desk_screenshots

clean:
	rm -rf build .venv node_modules resources/vendor .mypy_cache .ruff_cache .import_linter_cache .hypothesis
