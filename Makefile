# Every target works on a fresh machine with Python 3.11 or newer, make and git; `make help` lists them.

PYTHON ?= python3
VENV := .venv/bin/python
MANAGE := $(VENV) manage.py
PYTEST := $(VENV) -m pytest
# What also runs on SQLite: the law, the journey, what takes requests in, and the events that the database guards.
ON_SQLITE = tests/domain tests/test_journey.py $(wildcard tests/services/test_intake*.py tests/web/test_form*.py) \
	tests/services/test_events.py

.DEFAULT_GOAL := help
.PHONY: help run setup test lint demo code bench screens clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

run: setup ## start the product on this machine: web, worker, beat (PORT=8000; Ctrl-C stops all)
	@$(MANAGE) serve

setup: # .venv, secrets, tables, example school and accounts; what exists is kept
	@$(PYTHON) config/bootstrap.py
	@$(MANAGE) setup_embedded

test: ## everything that must hold: style, types, imports, tests on PostgreSQL and SQLite
	@$(PYTHON) config/bootstrap.py --test
	@$(MAKE) --no-print-directory lint
	$(PYTEST) -q -n 2 --dist loadfile --no-loadscope-reorder
	TEST_DATABASE=sqlite $(PYTEST) -q -n 2 --dist loadfile $(ON_SQLITE)

lint: ## style, types and import rules alone (after make test has installed the tools)
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	.venv/bin/lint-imports
	$(VENV) -m mypy

demo: setup ## file one example request, decide it, download and verify the package, over HTTP
	@$(MANAGE) demo

code: ## one-time sign-in codes of the example accounts
	@$(MANAGE) example_code

bench: ## measure packages and reminders against their floors; writes docs/benchmarks.md
	@$(PYTHON) config/bootstrap.py --test
	@$(VENV) tests/benchmarks/run.py

screens: ## a picture of every page into docs/screens, phone and desk, French and English (about 7 minutes)
	@$(PYTHON) config/bootstrap.py --test
	TEST_DATABASE=sqlite $(PYTEST) -q -n 2 tests/screens/pages.py

clean: ## remove .venv and caches; var/ with its requests stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find config dsar identity notifications tests -name __pycache__ -prune -exec rm -rf {} +
