# Everything a newcomer or CI runs. Each target prepares what it needs; nothing is set up by hand.
#
#   make demo     PYTHON=/path/to/python3.12   use this interpreter
#   make test     ARGS="-k retry"              hand arguments to pytest
#   make soak     SOAK=5                       five times as many seeds as the tests try

SHELL := /bin/sh
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin
SOAK ?= 50
SOAKED := tests/soak tests/planted tests/promises tests/actors/cluster tests/distributed/consensus
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types imports snippets soak bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.installed ## run a flow over real weather data on the actor engine
	$(BIN)/holon run examples/weather.py --input examples/data/years.json --format table --trace

test: $(VENV)/.installed-dev ## run all tests
	$(BIN)/python -m pytest $(ARGS)

check: format lint types imports snippets ## the whole gate; the last step is make test
	$(MAKE) test

format: $(VENV)/.installed-dev ## check the formatting
	$(BIN)/ruff format --check .

lint: $(VENV)/.installed-dev ## check the style
	$(BIN)/ruff check .

types: $(VENV)/.installed-dev ## check the types, strictly
	$(BIN)/mypy

imports: $(VENV)/.installed-dev ## check that imports point one way
	$(BIN)/lint-imports

snippets: $(VENV)/.installed-dev ## run the README's examples
	$(BIN)/python -m pytest -q tests/examples

soak: $(VENV)/.installed-dev ## try SOAK=50 times as many seeds as the tests do, for an hour or so
	HOLON_SOAK=$(SOAK) HOLON_SOAK_SEEDS=10000 $(BIN)/python -m pytest --timeout 7200 $(SOAKED) $(ARGS)

bench: $(VENV)/.installed-bench ## measure against peers
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove the virtual environment and everything generated
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps say which extras are installed; a changed pyproject.toml makes them stale.

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(PIP) install -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(PIP) install -e '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: pyproject.toml | $(BIN)/python
	$(PIP) install -e '.[bench]'
	@touch $@ $(VENV)/.installed

$(BIN)/python:
	@python="$$(sh -c '\
	    for python in $(PYTHON) $(if $(PYTHON),,python3 python3.13 python3.12 python3.11 python); do \
	        "$$python" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null \
	            && echo "$$python" && exit; \
	    done')"; \
	if [ -z "$$python" ]; then \
	    echo "make: no Python >= 3.11 found$(if $(PYTHON), at $(PYTHON)); set PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	fi; \
	echo "making $(VENV) with $$python"; \
	"$$python" -m venv $(VENV) && exit; \
	rm -rf $(VENV); \
	"$$python" -m virtualenv --quiet $(VENV) 2>/dev/null && exit; \
	echo "make: $$python cannot make a virtual environment; on Debian or Ubuntu: apt install python3-venv" >&2; \
	rm -rf $(VENV); exit 1
