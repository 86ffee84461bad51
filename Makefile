# Every target does its own set-up; a fresh machine needs Python 3.11 or newer and make.

PYTHON ?= python3 python3.13 python3.12 python3.11
BIN := .venv/bin
READY := .venv/ready
WORKERS ?= 2

.DEFAULT_GOAL := help
# A start that may not keep what it compiled takes three times as long, and the tests start hundreds of servers.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run chats test check bench prove lock migration static packages suite

help:  ## What can be done here
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY)  ## Serve the demo on http://127.0.0.1:8000; LANGUAGE=en and PORT=8080 change it
	@$(BIN)/gongdan demo $(if $(PORT),--port $(PORT)) $(if $(findstring command,$(origin LANGUAGE)),--language $(LANGUAGE))

chats: $(READY)  ## Five chats side by side around one demo, on http://127.0.0.1:8010; LANGUAGE=en and PORT=8011 change it
	@$(BIN)/python -m tests.chats $(if $(PORT),--port $(PORT)) $(if $(findstring command,$(origin LANGUAGE)),--lang $(LANGUAGE))

test: packages  ## The gate and every test, in browsers and on both databases too
	@$(MAKE) --no-print-directory --jobs 2 static suite

# What a linter says late is said all the same: the first tests wait for processes, and the gate runs meanwhile.
suite: $(READY)
	@$(BIN)/pytest -q -n $(WORKERS) tests

check: static  ## The gate before a commit: format, lint, types, imports, translations, migrations, unit tests
	@$(BIN)/pytest -q -n $(WORKERS) tests/house tests/core tests/assets tests/bot tests/api tests/contracts

bench: $(READY)  ## Reports per second against a bare handler, as ratios measured in one run
	@$(BIN)/python -m tests.bench

PROOFS := tests/durability tests/browser/test_pages.py tests/assets/plans/test_plan_years.py tests/core/test_all_zones.py \
	tests/core/test_deadline_histories.py tests/core/audit/test_changed_bytes.py tests/api/test_api_actions.py

prove: $(READY) packages  ## The long form of the proofs: nothing is lost or doubled, for years, in every zone; every page is usable
	@$(BIN)/pytest -q -n $(WORKERS) --full $(PROOFS)

lock: $(READY)  ## Lock every dependency anew, with hashes
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header --group dev pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header --constraint requirements.lock pyproject.toml \
		--output-file requirements-run.lock

migration: $(READY)  ## Write the first migration anew from the models; with NAME="Add plans" the next one
	@$(BIN)/python -m tests.house.write_migration $(NAME)

static: $(READY)
	@$(BIN)/ruff format --check --output-format concise .
	@$(BIN)/ruff check --output-format concise .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo

packages: $(READY)
	@.ci/packages chromium:chromium pdftoppm:poppler-utils

$(READY): requirements.lock pyproject.toml
	@.ci/venv $(PYTHON)
	@touch $@
