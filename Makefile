# make audit    everything a newcomer needs: environment, pinned packages, default model, audit, report
# make lab      trains the default model under every objective, and maps where each one lands: more than an hour
# make test     everything that CI checks, but for the adapters
# make test-adapters    the tests of what we add to other tools, with those tools, in an environment of their own
# make lint     style and types alone
# make clean    remove what make made (runs and the model cache stay)
#
# PYTHON=python3.12 make audit     another interpreter (3.11 or newer)
# Where no CPU build of torch is on the default index, pip's own variables (PIP_FIND_LINKS, PIP_EXTRA_INDEX_URL) say
# where one is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ADAPTERS := .venv-adapters
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Also pins the tools that build the package, in the environment that pip makes for them.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt

.PHONY: audit lab test test-adapters lint constraints clean
.DELETE_ON_ERROR:

audit: $(VENV)/.installed
	$(BIN)/knowwhen audit smollm2

lab: $(VENV)/.train
	$(BIN)/knowwhen lab smollm2

test: lint
	$(BIN)/python -m pytest

test-adapters: $(ADAPTERS)/.installed
	$(ADAPTERS)/bin/python -m pytest -W ignore -m adapters tests/adapters

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed, and PYTHON=$(PYTHON) is not that ($$($(PYTHON) --version 2>&1 | head -n 1))." \
	       "Name one that is: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --editable '.[local]'
	@touch $@

$(VENV)/.train: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[train]'
	@touch $@

# The development tools are the group `dev` of pyproject.toml; older pips cannot read it themselves.
$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/python -c 'import tomllib; print("\n".join(tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"]))' \
	  > $(VENV)/dev.txt
	$(BIN)/python -m pip install --quiet --requirement $(VENV)/dev.txt
	@touch $@

# The tools want other versions of some packages than ours. What both can share (torch, transformers, pytest …) is
# borrowed from $(VENV): its packages come after those installed here.
$(ADAPTERS)/.installed: $(VENV)/.dev constraints-adapters.txt
	$(BIN)/python -m venv $(ADAPTERS)
	awk -F== 'NR == FNR { own[$$1]; print; next } !($$1 in own)' constraints-adapters.txt constraints.txt \
	  > $(ADAPTERS)/constraints.txt
	PIP_CONSTRAINT=$(ADAPTERS)/constraints.txt $(ADAPTERS)/bin/python -m pip install --quiet inspect-ai lm-eval
	$(ADAPTERS)/bin/python -m pip install --quiet --no-deps --editable .
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > "$$($(ADAPTERS)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/zz_borrowed.pth"
	@touch $@

# Writes constraints.txt anew from what is installed: delete the lines to renew, `make clean test`, then this. What
# builds the package is pinned too.
constraints: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet hatchling editables
	{ echo '# The versions that make installs and CI tests. Renew with: make constraints'; \
	  env -u PIP_CONSTRAINT $(BIN)/python -m pip freeze --exclude-editable --all \
	  | sed -E -e 's/^(torch==[0-9.]+)\+cpu$$/\1/' -e 's/^([A-Za-z0-9_.-]+) @ .*/# \1: not from an index/' \
	  | grep -v -E '^(pip|setuptools)==' ; } > constraints.tmp
	mv constraints.tmp constraints.txt

clean:
	rm -rf $(VENV) $(ADAPTERS) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
