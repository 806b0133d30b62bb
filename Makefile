# Slipway. `make sandbox` runs the whole road in the browser; `make test` proves it. Each installs what it needs.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/dev.txt
# The machine's own certificate authorities where it has them, as behind a company's proxy; uv's otherwise.
UV_CERTS := $(if $(wildcard /etc/ssl/certs/ca-certificates.crt),--system-certs)

PYTEST := $(BIN)/python -m pytest

.PHONY: sandbox test test-all quick install check lint types contracts tests tests-all units story bench lock docs catalogue gallery readme-picture clean

sandbox: install
	$(BIN)/python -m sandbox

story: install
	$(BIN)/python -m sandbox story

# Downloads side by side, then what needs them.
test:
	@$(MAKE) --no-print-directory -j 2 install packages
	@$(MAKE) --no-print-directory -j 2 tests check

# With the repetitions too, and in any order where order does not cost: before a change is called finished.
test-all:
	@$(MAKE) --no-print-directory -j 2 install packages
	@$(MAKE) --no-print-directory -j 2 tests-all check

# In less than a minute, while one works.
quick: install
	@$(MAKE) --no-print-directory -j 2 units check

install: $(VENV)/.installed

# torch comes first and alone: with it in place nothing else asks the index for a larger build. Bytecode is compiled here,
# all at once, so that the many processes of a run and of the tests start in half the time, whatever their environment.
$(VENV)/.installed: $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Slipway needs Python 3.11 or newer; set PYTHON=" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); } || { \
	  echo "python3 -m venv does not work here; install the package python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/uv pip install $(UV_CERTS) --quiet --compile-bytecode --python $(BIN)/python -r $(LOCK)
	@touch $@

# What the tests need of the distribution: SLURM, sshd, PostgreSQL, Chromium, fonts. Only as root on Debian and Ubuntu.
.PHONY: packages
packages:
	@bash tests/support/apt.sh || [ -z "$$CI" ]

check: lint types contracts

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy
	$(BIN)/mypy bot/payload/*.py

contracts:
	$(BIN)/lint-imports

# Five processes for two cores: much of what they do is to wait. tests/conftest.py says how they share the tests.
# Bytecode is kept whatever the environment says, so that not each of them rewrites the asserts of every file anew.
tests tests-all: export PYTHONDONTWRITEBYTECODE :=
tests:
	$(PYTEST) -n 5 --dist loadfile --no-loadscope-reorder --cpu-shares

tests-all:
	$(PYTEST) -n 5 --dist loadfile --no-loadscope-reorder --cpu-shares -m "" --random-order-bucket=global

units:
	$(PYTEST) -q -n 2 --dist loadfile tests/unit tests/property

bench: install
	$(BIN)/python -m tests.bench

# What is drawn from the code as text: docs/lifecycle.md, docs/gallery.md and docs/gallery/*.txt.
docs: install
	$(BIN)/python -m tests.support.lifecycle_docs
	$(BIN)/python -m tests.support.unsaid
	$(BIN)/python -m tests.gallery.page

# What translators get: all that people can be shown, installed plugins' among it.
catalogue: install
	mkdir -p build
	$(BIN)/python -m bot.suites.catalogue build/slipway.pot

# Pictures of all that docs/gallery.md lists, for a release, into build/gallery; they are taken with the
# distribution's Chromium. `make readme-picture` takes the README's, the one that is in git.
gallery: install
	$(BIN)/python -m tests.gallery

readme-picture: install
	$(BIN)/python -m tests.gallery page

# Resolve the locked versions anew. torch is not in them: its build differs from place to place.
lock: install
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 -c requirements/dev.txt pyproject.toml -o requirements/bot.txt

clean:
	rm -rf $(VENV) .sandbox .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
