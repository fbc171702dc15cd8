# Everything the project does from the command line. Each target makes the virtual
# environment and installs what is missing; a second call goes straight to its work.

# PYTHON=/path/to/python chooses the interpreter; each version has environments of its own.
export PYTHON
ifneq ($(PYTHON),)
SUFFIX := $(shell $(PYTHON) tools/version_suffix.py)
endif

VENV := .venv$(SUFFIX)
PYZMQ_VENV := .venv-pyzmq$(SUFFIX)
PYZMQ_VERSION := 27.3.0
ECOSYSTEM_VENV := .venv-ecosystem$(SUFFIX)
ECOSYSTEM_STAMP := $(ECOSYSTEM_VENV)/.stamp
BIN := $(VENV)/bin
TOOLS_STAMP := $(VENV)/.stamp-tools
INSTALL_STAMP := $(VENV)/.stamp-install
PYZMQ_STAMP := $(PYZMQ_VENV)/.stamp-$(PYZMQ_VERSION)-tornado
RIVALS_STAMP := $(PYZMQ_VENV)/.stamp-rivals

# PyZMQ lives in an environment of its own: both distributions install `zmq`.
export OHMQ_PYZMQ_PYTHON := $(CURDIR)/$(PYZMQ_VENV)/bin/python

ARGS :=

.PHONY: help demo test test-all sanitize stress ecosystem check bench build venv lock clean test-browser
.DEFAULT_GOAL := help

help:
	@echo "make demo   a monitored queue with clients and workers; DURATION=10 ends by itself"
	@echo "make test   unit, integration, compatibility and leak tests; ARGS=\"-k poll\" is passed on"
	@echo "make test-all  make test with every Python from 3.11 on that is found; PYTHON=... chooses one"
	@echo "make sanitize  unit tests and ends of programs with AddressSanitizer"
	@echo "make test-browser  the dashboard's page in Chromium, which is installed if need be"
	@echo "make check  ruff, cython-lint, mypy, pyright, import-linter"
	@echo "make bench  this package against PyZMQ $(PYZMQ_VERSION) and against C"
	@echo "make stress the tests that take their time"
	@echo "make ecosystem  Jupyter, ipyparallel, locust and zerorpc on this package"
	@echo "make build  compile what has changed"
	@echo "make venv   $(VENV) with the pinned tools"
	@echo "make lock   write requirements-dev.lock again from pyproject.toml"
	@echo "make clean  remove the environments and everything built"

demo: build
	@$(BIN)/python examples/monitored_queue/demo.py $(if $(DURATION),--duration $(DURATION))

test: build $(PYZMQ_STAMP)
	@$(BIN)/python -m pytest $(ARGS)

test-all:
	@sh tools/test-all ARGS="$(ARGS)"

# A child of a fork may hang: the lock of the sanitizer's allocator can be held by a thread that is not there.
sanitize: build
	@sh tools/sanitize $(BIN)/python $(BIN)/python -m pytest --timeout 120 -k "not fork" \
		tests/unit tests/integration/test_exit.py tests/integration/test_exit_hooks.py $(ARGS)

test-browser: build
	@sh tools/setup-system --browser
	@$(BIN)/python -m pytest tests/dashboard $(ARGS)

stress: build $(PYZMQ_STAMP)
	@$(BIN)/python -m pytest --timeout 600 tests/stress $(ARGS)

ecosystem: build $(ECOSYSTEM_STAMP)
	@OHMQ_ECOSYSTEM_PYTHON=$(CURDIR)/$(ECOSYSTEM_VENV)/bin/python $(BIN)/python -m pytest tests/ecosystem $(ARGS)

check: build
	@sh tools/check $(BIN)

bench: build $(RIVALS_STAMP)
	@$(BIN)/python benchmarks/run.py $(ARGS)

build: $(INSTALL_STAMP)
	@sh tools/build $(BIN)/python

venv: $(TOOLS_STAMP)

lock: $(TOOLS_STAMP)
	@sh tools/lock $(BIN)/python

clean:
	rm -f src/zmq/_native.*.so
	rm -rf .venv .venv-* build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(TOOLS_STAMP): requirements-dev.lock
	@sh tools/setup-system
	@sh tools/setup-venv $(VENV) -r requirements-dev.lock
	@touch $@

$(INSTALL_STAMP): $(TOOLS_STAMP) pyproject.toml src/zmq/_version.py tools/install
	@sh tools/install $(BIN)/python
	@touch $@

# PyZMQ comes with them, and goes again: both distributions install `zmq`.
$(ECOSYSTEM_STAMP): | $(TOOLS_STAMP)
	@PYTHON=$(BIN)/python sh tools/setup-venv $(ECOSYSTEM_VENV) ipykernel nbclient nbformat ipyparallel locust zerorpc
	@$(ECOSYSTEM_VENV)/bin/python -m pip uninstall -qq -y pyzmq
	@$(ECOSYSTEM_VENV)/bin/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "ohmq.pth").write_text("$(CURDIR)/src")'
	@touch $@

# With Tornado, for its streams.
$(PYZMQ_STAMP): | $(TOOLS_STAMP)
	@sh tools/setup-system --c++
	@PYTHON=$(BIN)/python sh tools/setup-venv $(PYZMQ_VENV) -c requirements-dev.lock \
		--no-binary pyzmq pyzmq==$(PYZMQ_VERSION) tornado
	@touch $@

# Only benchmarks need these. PyZMQ is named again so that it stays the one built here.
$(RIVALS_STAMP): $(PYZMQ_STAMP) benchmarks/requirements.txt requirements-dev.lock
	@PYTHON=$(BIN)/python sh tools/setup-venv $(PYZMQ_VENV) -r benchmarks/requirements.txt \
		-c requirements-dev.lock --no-binary pyzmq pyzmq==$(PYZMQ_VERSION)
	@touch $@
