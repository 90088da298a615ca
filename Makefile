# Everything a newcomer types. PORT, HOST and DATA_DIR may be given as make variables or in the environment.
.DEFAULT_GOAL := help
.PHONY: help setup run test check bench fuzz format image

PYTHON ?= python3
MODE ?= dev
VENV := .venv
BIN := $(VENV)/bin

ifdef PORT
export PORT
endif
ifdef HOST
export HOST
endif
ifdef DATA_DIR
export DATA_DIR
endif

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: $(VENV)/run-ready ## the environment, with the pinned packages

run: $(VENV)/run-ready ## run the service (DEMO=1 loads the demo); Ctrl-C stops it
	@exec $(BIN)/python appserver.py --mode=$(MODE) run $(if $(DEMO),--demo)

test: $(VENV)/dev-ready ## run every test
	$(BIN)/python -m pytest

check: $(VENV)/dev-ready ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev-ready ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev-ready $(VENV)/peers/ready ## side-by-side figures, as ratios in one run
	$(BIN)/python bench/services.py --peers $(VENV)/peers/bin
	$(BIN)/python bench/growth.py
	$(BIN)/python bench/serving.py
	$(BIN)/python bench/search.py
	$(BIN)/python bench/rights.py
	$(BIN)/python bench/imports.py
	$(BIN)/python bench/previews.py
	$(BIN)/python bench/consolidation.py --peers $(VENV)/peers/bin
	$(BIN)/python bench/rebuilding.py
	$(BIN)/python bench/matching.py

fuzz: $(VENV)/dev-ready ## requests made from swagger.json as every actor, and random worlds of rights (FUZZ_SEED, FUZZ_ROUNDS)
	FUZZ_ROUNDS=$(or $(FUZZ_ROUNDS),12) $(BIN)/python -m pytest -q tests/fuzz tests/services/test_lineage_of_rights.py

image: ## the image for production (needs Docker; docs/deploy.md)
	docker build --tag solidata:$(or $(SOLIDATA_VERSION),latest) .

$(VENV)/run-ready: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/peers/ready: bench/peers.txt $(VENV)/dev-ready
	$(PYTHON) -m venv $(VENV)/peers
	$(VENV)/peers/bin/python -m pip install --quiet --disable-pip-version-check -r bench/peers.txt
	@touch $@

$(VENV)/dev-ready: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/run-ready
