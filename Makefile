# make demo | test | test-fast | lint | format | docs | clean | help. Each makes $(VENV) and installs what is missing or out of date.
# Another Python, another torch:  make test PYTHON=python3.12 TORCH="torch torchvision"

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV ?= .venv
# Pinned as a pair: a torchvision without its torch pulls in another torch.
TORCH ?= torch==2.13.0 torchvision==0.28.0
PYTEST_ARGS ?=
# A process for every core and one thread for each; files stay whole, so that what a file shares is made once.
PYTEST := OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n logical --dist loadfile

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Stands while the environment is being made. Found at the start, it means an interrupted install: begin anew.
UNFINISHED := $(VENV)/.unfinished
SOURCES := zoo benchmarks tools tests configs setup.py docs/pages.py

.PHONY: demo test test-fast lint format docs clean help

demo: $(STAMP) ## measure the released weights, pretrain and fine-tune one method, print the tables
	@$(BIN)/python tools/benchmark.py --all --profile demo

test: $(STAMP) ## run every test
	@$(PYTEST) $(PYTEST_ARGS)

test-fast: $(STAMP) ## run the tests that take seconds
	@$(PYTEST) -m 'not slow' $(PYTEST_ARGS)

lint: $(STAMP) ## check format, style, types, spelling and the direction of imports
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/codespell $(SOURCES) docs mkdocs.yml *.md
	@$(BIN)/lint-imports

format: $(STAMP) ## rewrite the code in the common format
	@$(BIN)/ruff check --fix-only --quiet $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

docs: $(STAMP) ## write the documentation as a site, build/site/index.html
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo 'build/site/index.html'

clean: ## remove the environment and the caches of the tools
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info

help: ## print this list
	@grep -hE '^[a-z-]+:.* ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.* ## /  make \1\t/' | expand -t 18

$(STAMP): setup.py pyproject.toml
	@if [ -e $(UNFINISHED) ] || { [ -e $(VENV)/pyvenv.cfg ] && ! $(BIN)/python -c '' 2>/dev/null; }; then \
		echo 'The install in $(VENV) was interrupted or its Python is gone: starting anew'; rm -rf $(VENV); fi
	@if [ ! -e $(VENV) ]; then \
		mkdir -p $(VENV); touch $(UNFINISHED); $(PYTHON) -m venv $(VENV); fi
	@echo 'Installing into $(VENV) (2 to 3 GB, minutes the first time)'
	@$(BIN)/python -m pip install --progress-bar off $(TORCH) -e '.[all]' \
		| sed -uE '/^ *(Downloading .*(MB|GB)|Installing collected|Successfully)/!d; s/^(.{116}).+/\1 .../'
	@rm -f $(UNFINISHED); touch $@
