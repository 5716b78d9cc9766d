# Everything runs in .venv, which each target sets up once, for itself and no further; `make help` lists the targets.
#
#     make test PYTHON=python3.12                                  another Python (3.11 or later)
#     make test TORCH_INDEX=https://download.pytorch.org/whl/cpu   the torch wheel from another index, here without CUDA
#
# Both count while .venv is being made: to change them later, `make clean` first.

PYTHON ?= python3
TORCH_INDEX ?=

VENV := .venv
IN := $(VENV)/bin/python
INSTALL := $(IN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.NOTPARALLEL: # one pip at a time
.PHONY: help demo test test-peers peers-table lint bench experiments fuzz frameworks generated docs docs-serve dist clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

demo: $(VENV)/all ## train a small language model with and without warm-up; two minutes
	$(VENV)/bin/preheat demo

# Several processes at once: torch's threads that spin while they wait would slow each other down.
test test-peers peers-table frameworks: export OMP_WAIT_POLICY = PASSIVE

test: $(VENV)/test ## the core, its laws, the adapter, the docs; then the branch coverage of the core
	$(IN) -m pytest --numprocesses 2 --cov --cov-report=term

# Each file in its own process: frameworks patch each other, and some warn when they meet.
test-peers: $(VENV)/peers ## preheat's curves against those of installed peers and frameworks
	@failed=0; for file in tests/peers/test_*.py; do $(IN) -m pytest -q "$$file" || failed=1; done; exit $$failed

# What the comparisons note goes into docs/peers.json, and from there into the page.
peers-table: $(VENV)/peers ## measure how near preheat's curves are to those of others, and write docs/peers.md
	@rm -f $(VENV)/notes
	@for file in tests/peers/test_like_*.py; do $(IN) -m pytest -q "$$file" --record $(VENV)/notes || exit 1; done
	PYTHONPATH=. $(IN) docs/peers_table.py $(VENV)/notes

lint: $(VENV)/lint ## ruff and mypy over everything, pyright over what users write
	@failed=0; for tool in "ruff check" "ruff format --check" mypy "pyright --pythonpath $(IN)"; do $(IN) -m $$tool || failed=1; done; exit $$failed

bench: $(VENV)/peers ## measure cost, accuracy and what ruins runs, for the peers as well; writes docs/performance.md
	$(IN) -m benchmarks
	$(IN) -m benchmarks.torture

experiments: $(VENV)/experiments ## run again what papers say of schedules; goes on where it was stopped
	$(IN) -m experiments

# Every helper of this name is a fuzzer: texts, checkpoints, training loops. Each takes --seed.
fuzz: $(VENV)/test ## random texts, checkpoints and training loops; some minutes
	@for file in tests/helpers/fuzz_*.py; do echo "$$file"; $(IN) "$$file" || exit 1; done

FRAMEWORKS = $(shell grep -l "(Contract):" tests/peers/test_*.py)

frameworks: $(VENV)/peers ## fill the table of docs/integrations anew, from what the tests of each framework show
	@for file in $(FRAMEWORKS); do $(IN) -m pytest -q "$$file" --cells docs/integrations/cells.json || exit 1; done
	$(IN) docs/integrations/table.py

# From the sources and from what earlier runs have kept; it measures nothing. Add a script here and a test asks for it.
generated: export PYTHONPATH = .
generated: $(VENV)/test ## write every page and picture that a script makes
	$(IN) docs/gallery.py
	$(IN) docs/pictures.py
	$(IN) docs/screens.py
	$(IN) docs/how_long.py
	$(IN) docs/without_preheat.py
	$(IN) docs/peers_table.py
	$(IN) docs/integrations/table.py
	$(IN) -m benchmarks --page

# Material says at each build that mkdocs 2 will not do; constraints.txt holds the last one that does.
docs docs-serve: export NO_MKDOCS_2_WARNING = 1

docs: $(VENV)/docs ## build the book in .book/site; what it warns of is an error
	$(IN) docs/book.py
	$(IN) -m mkdocs build --quiet

docs-serve: $(VENV)/docs ## show the book at http://localhost:8000
	$(IN) docs/book.py
	$(IN) -m mkdocs serve

dist: $(VENV)/release ## the wheel and the source distribution, in dist; uploads nothing
	rm -rf dist
	$(IN) -m build
	$(IN) -m twine check --strict dist/*

clean: ## remove .venv and whatever the tools left
	rm -rf $(VENV) dist .book .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# Set-up. Each file below says that its step is done; a change of pyproject.toml or constraints.txt undoes it.

NEEDS := pyproject.toml constraints.txt

# What is wrong with PYTHON, in one line; nothing if nothing is. (`false`: make writes the output of a 127 elsewhere.)
wrong = $(shell $(PYTHON) -c 'import sys; \
    sys.version_info < (3, 11) and sys.exit("$(PYTHON) is Python %d.%d, preheat needs 3.11 or later: \
make PYTHON=python3.11" % sys.version_info[:2]); \
    from importlib.util import find_spec; \
    find_spec("ensurepip") or sys.exit("$(PYTHON) makes environments without pip; on Debian or Ubuntu: \
apt install python3-venv")' 2>&1 || false)

$(VENV)/made:
	$(if $(wrong),$(error $(wrong)))
	@echo "making $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(IN) -m pip install --quiet --disable-pip-version-check "pip>=25.1" # the first that reads dependency groups
	@touch $@

$(VENV)/all: $(NEEDS) | $(VENV)/made
	@echo "installing preheat with torch, the command line and pictures"
	@$(if $(TORCH_INDEX),$(INSTALL) --no-deps --index-url $(TORCH_INDEX) torch)
	@$(INSTALL) --editable ".[all]"
	@touch $@

$(VENV)/test: $(VENV)/all
	@echo "installing what the tests need"
	@$(INSTALL) --group test
	@touch $@

$(VENV)/peers: $(VENV)/test
	@echo "installing the peers that the tests compare with"
	@$(INSTALL) --group peers
	@$(INSTALL) --no-deps timm # for its schedulers; the rest of it needs torchvision
	@touch $@

$(VENV)/experiments: $(VENV)/test
	@echo "installing what the experiments need"
	@$(INSTALL) --group experiments
	@touch $@

$(VENV)/lint: $(VENV)/test
	@echo "installing the linters"
	@$(INSTALL) --group lint
	@touch $@

$(VENV)/docs: $(VENV)/all
	@echo "installing what builds the book"
	@$(INSTALL) --group docs
	@touch $@

$(VENV)/release: $(NEEDS) | $(VENV)/made
	@echo "installing what builds a release"
	@$(INSTALL) --group release
	@touch $@
