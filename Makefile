# Each target creates the virtual environment and installs what is missing; a second call starts its
# work at once.

# PYTHON=/path/to/python chooses the interpreter; each version has its own environments.
export PYTHON
ifneq ($(PYTHON),)
SUFFIX := $(shell $(PYTHON) tools/version_suffix.py)
endif

VENV := .venv$(SUFFIX)
# Few of the pinned tools have builds for a Python without the GIL.
ifeq ($(filter %t %t-tsan,$(SUFFIX)),)
TOOLS := requirements-dev.lock
else
TOOLS := tools/free-threaded.txt
TOOLS_OPTIONS := --prefer-binary
endif
PYZMQ_VENV := .venv-pyzmq$(SUFFIX)
PYZMQ_VERSION := 27.3.0
ECOSYSTEM_VENV := .venv-ecosystem$(SUFFIX)
BIN := $(VENV)/bin
TOOLS_STAMP := $(VENV)/.stamp-$(notdir $(TOOLS))
INSTALL_STAMP := $(VENV)/.stamp-install
PYZMQ_STAMP := $(PYZMQ_VENV)/.stamp-$(PYZMQ_VERSION)-tornado
RIVALS_STAMP := $(PYZMQ_VENV)/.stamp-rivals

# PyZMQ has its own environment: both distributions install `zmq`.
export OHMQ_PYZMQ_PYTHON := $(CURDIR)/$(PYZMQ_VENV)/bin/python

ARGS :=

.PHONY: help demo docs test test-long test-all test-drafts sanitize sanitize-threads stress ecosystem check bench build venv lock clean test-browser
.PHONY: test-short test-newest wheel wheel-all test-wheel test-bare bench-wheel bench-curves bench-programs bench-instructions test-free-threaded test-without-gil
.DEFAULT_GOAL := help

help:
	@echo "make demo          run a monitored queue with clients and workers; DURATION=10 ends it after 10 s"
	@echo "make test          run the unit, integration, compatibility and leak tests; ARGS=\"-k poll\" selects"
	@echo "make test-long     run the tests that take long: random calls beside PyZMQ, leaks of traffic, pip"
	@echo "make test-all      run make test with each Python from 3.11 on that is found; PYTHON=... chooses one"
	@echo "make test-newest   run the unit tests and those of event loops with the newest Python that is found"
	@echo "make test-drafts   test draft sockets; OHMQ_DRAFTS names the folder of a libzmq.so that has them"
	@echo "make test-free-threaded  run the tests without the GIL; PYTHON=... names a free-threaded Python"
	@echo "make test-browser  test the dashboard's page in Chromium; installs Chromium if it is missing"
	@echo "make sanitize      run the unit tests and the tests of program exit with AddressSanitizer"
	@echo "make sanitize-threads  run tests of threads with ThreadSanitizer; PYTHON=... names a Python that has it"
	@echo "make stress        run many threads and processes for a long time"
	@echo "make ecosystem     run Jupyter, salt, locust and others on this package and on PyZMQ, and print a table"
	@echo "make check         run ruff, cython-lint, mypy, pyright and import-linter, and build the documentation"
	@echo "make docs          build the documentation as a site in build/docs/html"
	@echo "make bench         compare this package with PyZMQ $(PYZMQ_VERSION) and with C; ARGS=--quick is shorter"
	@echo "make bench-wheel   compare the wheels of the two; ARGS=--readme writes benchmarks/RESULTS.md"
	@echo "make bench-curves  measure how cost grows; ARGS=--page draws it into docs/benchmarks"
	@echo "make bench-programs  measure Jupyter, ipyparallel, zerorpc and others on this package and on PyZMQ"
	@echo "make bench-instructions  count the instructions of a message, here, on PyZMQ and in C; needs perf"
	@echo "make build         compile what has changed"
	@echo "make wheel         build dist/*.whl with its own libzmq; OHMQ_PLATFORM names another system"
	@echo "make wheel-all     run make wheel with each Python from 3.11 on that is found"
	@echo "make test-wheel    build the wheel and run the unit tests with it, installed; ARGS selects others"
	@echo "make test-bare     try the wheels of dist/ in bare Debian systems; SUITES=\"bookworm trixie\" names them"
	@echo "make venv          create $(VENV) with the pinned tools"
	@echo "make lock          write requirements-dev.lock from pyproject.toml"
	@echo "make clean         remove the environments and all build results"

demo: build
	@$(BIN)/python examples/monitored_queue/demo.py $(if $(DURATION),--duration $(DURATION))

# Three processes for two cores, as much of the time tests wait. A file stays in one; the folders with
# long tests come first, or one process would have them at the end, alone. ARGS="-n0 --pdb" has one.
PARALLEL := -n 3 --dist loadfile --no-loadscope-reorder

test: build $(PYZMQ_STAMP)
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

test-long: build $(PYZMQ_STAMP)
	@$(BIN)/python -m pytest $(PARALLEL) -m long $(ARGS)

test-all:
	@sh tools/each-python test ARGS="$(ARGS)"

# What an interpreter breaks, it breaks here; needs no PyZMQ.
test-short: build
	@$(BIN)/python -m pytest $(PARALLEL) $(or $(ARGS),tests/test_imports.py tests/unit tests/fronts)

test-newest:
	@sh tools/test-newest ARGS="$(ARGS)"

# The child of a fork may hang: another thread of the parent may have held the lock of the sanitizer's
# allocator, and the child has no such thread to release it.
sanitize: build
	@sh tools/sanitize $(BIN)/python $(BIN)/python -m pytest --timeout 120 -k "not fork" \
		tests/unit tests/integration/test_exit.py tests/integration/test_exit_hooks.py $(ARGS)

# Python reports races of its own while the environment is made.
sanitize-threads: export TSAN_OPTIONS := report_bugs=0
sanitize-threads: $(INSTALL_STAMP)
	@OHMQ_STRESS_S=$${OHMQ_STRESS_S-10} sh tools/sanitize-threads $(BIN)/python $(BIN)/python -m pytest \
		--timeout 1200 $(or $(ARGS),tests/stress tests/unit/test_threads.py tests/unit/test_parallel.py)

# Distributions build libzmq without its draft API: OHMQ_DRAFTS names the folder of one that has it.
test-drafts: build
	@test -n "$(OHMQ_DRAFTS)" || { echo "ohmq: OHMQ_DRAFTS=FOLDER has to name the folder of a libzmq.so with its draft API" >&2; exit 1; }
	@LD_LIBRARY_PATH=$(OHMQ_DRAFTS):$$LD_LIBRARY_PATH $(BIN)/python -m pytest tests/drafts tests/unit/test_draft.py $(ARGS)

# PYTHON_GIL=0 keeps the GIL off whatever a test imports. The tests against PyZMQ need its build there.
test-free-threaded:
	@python=$$(sh tools/find-free-threaded) && $(MAKE) --no-print-directory test-without-gil PYTHON="$$python"

test-without-gil: build
	@PYTHON_GIL=0 $(BIN)/python -m pytest $(PARALLEL) $(ARGS)

test-browser: build
	@sh tools/setup-system --browser
	@$(BIN)/python -m pytest tests/dashboard $(ARGS)

stress: build $(PYZMQ_STAMP)
	@$(BIN)/python -m pytest --timeout 600 tests/stress $(ARGS)

# ARGS=--table=docs/reference/ecosystem.md writes the table.
ecosystem: build
	@sh tools/ecosystem $(BIN)/python $(ECOSYSTEM_VENV) $(PYZMQ_VERSION)
	@OHMQ_ECOSYSTEM_PYTHON=$(CURDIR)/$(ECOSYSTEM_VENV)/bin/python \
		OHMQ_ECOSYSTEM_PYZMQ_PYTHON=$(CURDIR)/$(ECOSYSTEM_VENV)-pyzmq/bin/python \
		$(BIN)/python -m pytest tests/ecosystem $(ARGS)

check: build
	@sh tools/check $(BIN)

docs: build
	@sh tools/docs $(BIN)
	@echo "ohmq: open build/docs/html/index.html"

bench: build $(RIVALS_STAMP)
	@$(BIN)/python benchmarks/run.py $(ARGS)

bench-instructions: build $(RIVALS_STAMP)
	@$(BIN)/python benchmarks/count_instructions.py $(ARGS)

bench-wheel: $(TOOLS_STAMP)
	@sh tools/bench-wheel $(BIN)/python .venv-build$(SUFFIX) $(PYZMQ_VERSION) run.py $(ARGS)

# The environments are those of the last `make ecosystem`, or new ones; ohmq is that of this tree.
bench-programs: build
	@if [ -x $(ECOSYSTEM_VENV)-pyzmq/bin/ipython ]; then sh tools/ecosystem-ohmq $(BIN)/python $(ECOSYSTEM_VENV); \
		else sh tools/ecosystem $(BIN)/python $(ECOSYSTEM_VENV) $(PYZMQ_VERSION); fi
	@$(BIN)/python benchmarks/run_programs.py $(ECOSYSTEM_VENV)/bin/python $(ECOSYSTEM_VENV)-pyzmq/bin/python $(ARGS)

bench-curves: $(TOOLS_STAMP)
	@sh tools/bench-wheel $(BIN)/python .venv-build$(SUFFIX) $(PYZMQ_VERSION) draw_curves.py $(ARGS)

build: $(INSTALL_STAMP)
	@sh tools/build $(BIN)/python

wheel:
	@sh tools/wheel .venv-build$(SUFFIX)

wheel-all:
	@sh tools/each-python wheel

# The wheel has draft sockets: their tests run, too.
test-wheel: $(TOOLS_STAMP)
	@OHMQ_TRY="$(BIN)/python -m pytest $(or $(ARGS),tests/unit tests/drafts)" sh tools/wheel .venv-build$(SUFFIX)

test-bare:
	@sh tools/test-bare $(SUITES)

venv: $(TOOLS_STAMP)

lock: $(TOOLS_STAMP)
	@sh tools/lock $(BIN)/python

clean:
	rm -f src/zmq/_native.*.so
	rm -rf .venv .venv-* build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(TOOLS_STAMP): $(TOOLS)
	@sh tools/setup-system
	@sh tools/setup-venv $(VENV) -r $(TOOLS) $(TOOLS_OPTIONS)
	@touch $@

$(INSTALL_STAMP): $(TOOLS_STAMP) pyproject.toml src/zmq/_version.py tools/install
	@sh tools/install $(BIN)/python
	@touch $@

# Tornado is for its streams.
$(PYZMQ_STAMP): | $(TOOLS_STAMP)
	@sh tools/setup-system --c++
	@PYTHON=$(BIN)/python sh tools/setup-venv $(PYZMQ_VENV) -c requirements-dev.lock \
		--no-binary pyzmq pyzmq==$(PYZMQ_VERSION) tornado
	@touch $@

# Only the benchmarks need these. PyZMQ is named again to keep the one that was built here.
$(RIVALS_STAMP): $(PYZMQ_STAMP) benchmarks/requirements.txt requirements-dev.lock
	@PYTHON=$(BIN)/python sh tools/setup-venv $(PYZMQ_VENV) -r benchmarks/requirements.txt \
		-c requirements-dev.lock --no-binary pyzmq pyzmq==$(PYZMQ_VERSION)
	@touch $@
