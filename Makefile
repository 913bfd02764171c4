# Python 3.11 or newer, git and make are all that must be there; the rest comes by itself.

DATA ?= var/demo
PORT ?= 8000
TESTS ?=
WORKERS ?= 2

UV := tools/uv.sh
BIN := .venv/bin
PYTHON := $(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench catalogues vectors docs browser sync dev clean

help: ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

# A new demo says its key itself.
run: sync ## fill a demo ledger if there is none, and serve it
	@trap 'exit 130' INT; if [ ! -e "$(DATA)" ]; then \
		$(BIN)/goc demo --data "$(DATA)" --host "http://127.0.0.1:$(PORT)" || { rm -rf "$(DATA)"; exit 1; }; \
	elif [ -e "$(DATA)/clerk.key" ]; then \
		printf '\n  Mã đăng nhập trang làm tem, http://127.0.0.1:%s/login\n' "$(PORT)"; \
		printf '  The key to sign in and make labels:\n  %s\n' "$$(cat "$(DATA)/clerk.key")"; \
	fi
	@printf '\n  Sổ nằm trong %s; Ctrl-C để dừng máy chủ.\n' "$(DATA)"
	@printf '  The ledger is in %s; Ctrl-C ends the server.\n\n' "$(DATA)"
	@exec $(BIN)/goc serve --data "$(DATA)" --port "$(PORT)"

# A missing browser skips its tests, loudly; CI forbids that (.ci/run).
test: dev ## all tests, or those that TESTS= names
	@if [ -z "$$GOC_TESTS_WITHOUT_BROWSER" ] && ! $(PYTHON) -m tools.browser >/dev/null; then \
		echo "NO BROWSER could be had: the tests that need one will be skipped." >&2; \
		GOC_TESTS_WITHOUT_BROWSER=1; export GOC_TESTS_WITHOUT_BROWSER; \
	fi; \
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup $(TESTS)

lint: dev ## everything that can be judged without running it
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(PYTHON) -m tools.catalogues --check
	$(UV) lock --check --quiet

format: dev ## put imports and lines in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: dev ## measure, each against a bare limit in the same run
	$(PYTHON) -m bench $(ARGS)

catalogues: dev ## compile the text catalogues
	$(PYTHON) -m tools.catalogues

vectors: dev ## make our own test vectors again, byte for byte
	@for name in $$(ls tests/vectors | sed -n '/^test_/d; /^__/d; s/[.]py$$//p'); do \
		echo "$(PYTHON) -m tests.vectors.$$name"; \
		$(PYTHON) -m "tests.vectors.$$name" || exit 1; \
	done

docs: dev ## make again what is generated: docs/errors.md, docs/cli.md, tables of docs/formats.md
	$(PYTHON) -m tools.errors
	$(PYTHON) -m tools.formats
	$(PYTHON) -m tools.commands

browser: dev ## find a browser for the tests, or bring one
	@$(PYTHON) -m tools.browser

# Only what runs. What an earlier `make test` brought stays.
sync:
	@$(UV) sync --quiet --frozen --all-extras --no-dev --inexact

dev:
	@$(UV) sync --quiet --frozen --all-extras

clean: ## remove what was made, but no ledger
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
