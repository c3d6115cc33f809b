# The few things one does with this repository. Each sets up what it needs in .venv.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PROTOS := $(wildcard protos/messagestatus/v1/*.proto)

.DEFAULT_GOAL := help
.PHONY: help run test test-slow bench bench-scale lint format clean

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: .venv/.run ## Start server and gateway with demo data, and print lines to paste.
	@exec $(BIN)/messagestatus serve --demo

test: .venv/.dev ## Run the tests.
	$(BIN)/pytest

test-slow: .venv/.dev ## Run the long tests too: faults, soak, scale.
	$(BIN)/pytest -m "slow or not slow"

bench: .venv/.bench ## Measure it beside what would be used in its place; BENCH='--rounds 5' for more.
	@$(BIN)/python -m bench run $(BENCH)

ROWS ?= 10000000
bench-scale: .venv/.bench ## Compare ROWS=10000000 messages with 100,000; builds them once.
	@$(BIN)/python -m bench scale --rows $(ROWS) $(BENCH)

lint: .venv/.dev ## Check style, types, layers and the contract.
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	@if git cat-file -e main:buf.yaml 2>/dev/null; then \
	  echo "$(BIN)/buf breaking --against .git#branch=main"; \
	  $(BIN)/buf breaking --against '.git#branch=main'; \
	fi

format: .venv/.dev ## Lay out code and contract.
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/buf format --write

clean: ## Remove what was installed, generated and stored.
	rm -rf .venv var dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f protos/messagestatus/v1/*_pb2*.py*

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "messagestatus needs Python 3.11 or newer; set PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

.venv/.run: .venv/.python pyproject.toml constraints.txt protos/build_hook.py $(PROTOS)
	@echo "installing into .venv"
	$(PIP) install --constraint constraints.txt --editable '.[server,gateway]' buf-bin
	@touch $@

.venv/.dev: .venv/.run
	$(PIP) install --constraint constraints.txt --group dev --group bench
	@touch $@

.venv/.bench: .venv/.run
	$(PIP) install --constraint constraints.txt --group bench
	@touch $@
