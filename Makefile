# make demo | test | both | check | bench | soak — each installs what it needs first, into .venv, exactly as uv.lock says.
# Needs Python 3.11 or later and a package registry; uv is fetched into .tools when it is not on PATH.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install demo test both check bench soak docs clean

PYTHON ?= python3
DEMO ?= demo
UV := $(shell command -v uv || echo .tools/bin/uv)
export UV_LINK_MODE := copy
# Nothing is told to anybody about how often this runs.
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export PYTHONUTF8 := 1

help:   ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/.installed: pyproject.toml uv.lock | $(filter .tools/%,$(UV))
	$(UV) sync --quiet --locked --compile-bytecode
	@touch $@

install: .venv/.installed   ## install into .venv, as locked

demo: install   ## weeks of service and complaints in ./demo (another folder: make demo DEMO=…), then a walk through them
	@if [ "$(DEMO)" = demo ]; then rm -rf demo; fi     # the one of last time; never a folder that somebody named
	.venv/bin/makegood demo "$(DEMO)"

test: install   ## the tests; make both and make soak run what takes longer
	.venv/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

both: install   ## the whole integration suite on SQLite and on PostgreSQL
	MAKEGOOD_TEST_BOTH=1 .venv/bin/python -m pytest -n auto --dist loadfile tests/integration

check: install   ## style, types, floors, and that the lock file fits
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(UV) lock --quiet --check

# The peers are installed for this alone, beside .venv; a quarter of an hour. BENCH="--only W1 --only peers" is shorter.
bench: install   ## staff actions, sweeps, inbox, export beside hand-written SQL and beside peers
	UV_PROJECT_ENVIRONMENT=.tools/bench $(UV) run --quiet --locked --compile-bytecode --group peers python -m benchmarks.bench $(BENCH)

soak: install   ## two Prefect workers killed in their work, and 2,000 kills on each kind of database: half an hour
	MAKEGOOD_SOAK=1 MAKEGOOD_KILLS=2000 .venv/bin/python -m pytest -s tests/acceptance/test_prefect_workers.py tests/acceptance/test_crashes.py

docs: install   ## write the references of the language and of the commands anew
	.venv/bin/python -m engine.defining.reference > docs/language.md
	.venv/bin/python -m cli.reference > docs/commands.md

clean:   ## remove what was installed and made here
	rm -rf .venv .tools demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
