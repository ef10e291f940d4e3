# Vigie. `make help` lists the targets; `make demo` and `make test` need nothing else done first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
NODES  ?=
ELASTICSEARCH ?=
SECURE ?=
REQUIRED ?=
SERVICES := $(if $(NODES),--nodes $(NODES)) $(if $(ELASTICSEARCH),--elasticsearch $(ELASTICSEARCH)) $(if $(filter-out 0,$(SECURE)),--secure)
# The fast tests' files need not outlive a power cut: in memory, where there is room, they wait for no disk.
IN_MEMORY := $(shell test -w /dev/shm && test "$$(df -Pm /dev/shm | awk 'NR == 2 {print $$4}')" -ge 4000 && echo PYTEST_DEBUG_TEMPROOT=/dev/shm)
RUN := $(SERVICES) $(if $(filter-out 0,$(REQUIRED)),--required)

.DEFAULT_GOAL := help
.PHONY: help setup demo services services-stop test test-thorough test-slow test-all check bench train evaluate fairness screenshots lock clean

help: ## show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## make .venv/bin/vigie

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 14)))' || \
	  { echo 'Vigie needs Python 3.11, 3.12 or 3.13: make setup PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo 'On Debian or Ubuntu: apt install python3-venv' >&2; exit 1; }
	@touch $@

$(VENV)/.installed: $(VENV)/.python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-dev requirements-bench.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

demo: setup ## run the whole job on the fictional town and open the triage page (ARGS=--once: print the queue and stop)
	$(BIN)/vigie demo $(ARGS)

services: setup ## start the servers that tests use (NODES=3, ELASTICSEARCH=9.5.3, SECURE=1)
	$(BIN)/python -m scripts.services start $(SERVICES)

services-stop: setup ## stop them
	$(BIN)/python -m scripts.services stop

test: $(VENV)/.installed-dev ## check the code and pass the tests (ARGS go to pytest; REQUIRED=1: never without the servers)
	@scripts/install-test-tools
	$(MAKE) --no-print-directory check
	$(IN_MEMORY) $(BIN)/python -m scripts.services run $(RUN) -- \
	  $(BIN)/python -m pytest -n auto --dist loadfile -m 'not slow and not thorough' --cov --cov-report=term:skip-covered $(ARGS)

test-thorough: $(VENV)/.installed-dev ## the long ones and all that stands on the store again on the team's servers; CI runs them too
	@scripts/install-test-tools
	$(IN_MEMORY) $(BIN)/python -m scripts.services run $(RUN) -- \
	  $(BIN)/python -m pytest -n auto --dist loadfile -m 'thorough and not slow' $(ARGS)

test-slow: $(VENV)/.installed-dev ## the slow tests, one after the other: they start servers of their own and hurt them
	@scripts/install-test-tools
	$(BIN)/python -m scripts.services run $(RUN) -- $(BIN)/python -m pytest -m slow $(ARGS)

test-all: test test-thorough test-slow ## all three

check: $(VENV)/.installed-dev ## ruff, mypy, the floors, the corpora
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m fixtures.corpora.check

bench: $(VENV)/.installed-bench ## timings as ratios against a peer in the same run
	$(BIN)/python -m benchmarks $(ARGS)

train: setup ## train the shipped classifiers anew from fixtures/corpora
	$(BIN)/vigie train $(ARGS)

evaluate: setup ## score the reader on the corpus of a writer that it was never trained on
	$(BIN)/vigie evaluate --gold fixtures/corpora/w22_validation.jsonl $(ARGS)

fairness: setup ## swap names, ways of speaking, girls and boys, and say what changes
	$(BIN)/vigie evaluate --fairness $(ARGS)

screenshots: $(VENV)/.installed-dev ## pictures of the demo's pages into docs/images
	@scripts/install-test-tools chromium
	$(BIN)/python -m scripts.screenshots

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q
lock: ## resolve the dependencies anew (needs uv)
	$(LOCK) --group build -o requirements.lock
	$(LOCK) --group dev -o requirements-dev.lock
	$(LOCK) --group bench -o requirements-bench.lock

clean: ## remove the environment, the demo's data and the test servers
	-@test ! -x $(BIN)/python || $(BIN)/python -m scripts.services stop
	rm -rf $(VENV) var
