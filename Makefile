# obsv: `make run` and `make test` do all their set-up themselves.  `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= ./data
KERNELS := $(wildcard obsv/metrics/kernels/*.pyx obsv/metrics/kernels/*.h)
STAMPS := $(VENV)/.stamps
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help setup web run dev test lint fix bench lock clean

help: ## show this list
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# -- set-up -----------------------------------------------------------------------------------------------------

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "obsv needs Python 3.11 or newer ($$($(PYTHON) -V) found): make PYTHON=/path/to/python3.11 run"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian and Ubuntu: apt-get install python3-venv"; exit 2; }
	@mkdir -p $(STAMPS) && touch $@

# --no-deps: the lock is complete, and pip would look for newer releases of what a dependency asks for with an extra.
$(STAMPS)/lock: $(STAMPS)/venv requirements.lock
	@echo "Installing the locked dependencies into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@touch $@

# An edit of a kernel or of the metadata rebuilds; without a compiler the plain twins are used, and that is said.
$(STAMPS)/install: $(STAMPS)/lock pyproject.toml obsv/hatch_build.py $(KERNELS)
	@echo "Installing obsv (compiling the kernels where there is a compiler) ..."
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# The bytecode is made here: where PYTHONDONTWRITEBYTECODE is set, each start would compile all of it anew.
setup: $(STAMPS)/install web ## make .venv from the lock file, compile the kernels, build the web assets
	@$(BIN)/python -m compileall -q obsv plugins

web: $(STAMPS)/install ## build the cabinet's assets if their sources changed (OBSV_SKIP_WEB=1 leaves it out)
	@[ "$$OBSV_SKIP_WEB" = 1 ] || $(BIN)/python obsv/web/build.py

# -- use --------------------------------------------------------------------------------------------------------

run: setup ## start the appliance on http://localhost:8450 with its data in ./data
	@$(BIN)/obsv serve --data-dir $(DATA) $(if $(wildcard obsv.toml),--config obsv.toml)

dev: setup ## the same, reloading when a Python file changes
	@$(BIN)/obsv serve --data-dir $(DATA) --reload $(if $(wildcard obsv.toml),--config obsv.toml)

# -- check ------------------------------------------------------------------------------------------------------

test: setup ## every test that this machine can run, on all of its cores
	@$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: setup ## formatting, lint, types, layers, front end
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/python -m tests.pyright
	@[ "$$OBSV_SKIP_WEB" = 1 ] || $(BIN)/python obsv/web/build.py --lint

fix: $(STAMPS)/install ## format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup ## measure against real Prometheus and VictoriaMetrics in one run (BENCH="--series 20000 …")
	@$(BIN)/python -m tests.bench $(BENCH)

lock: ## renew requirements.lock (needs uv)
	@uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 \
		pyproject.toml --group dev -o requirements.lock >/dev/null

clean: ## remove what set-up made (not the data)
	@rm -rf $(VENV) obsv/web/node_modules obsv/web/dist obsv/metrics/kernels/*.so
