# `make` alone lists what there is.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
# Many processes of the same code start here; each would compile it anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help up demo test check prove mutants bench bench-peers requirements failover faults growth soak documents pictures pictures-tools clients lint-api browser lock clean install install-dev

help:  ## This list.
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 15

up: install  ## Run everything on this machine (ZHICHUANG_PORT, ZHICHUANG_HOME); Ctrl-C stops it.
	@exec $(BIN)/zhichuang up

demo: install  ## Walk one case from application to a proven payout (HERE=1: on the running stack).
	@exec $(BIN)/zhichuang demo $(if $(HERE),--here)

test: install-dev  ## The whole suite, on stacks that it starts itself (WORKERS=2, TESTS=tests/…).
	@exec $(BIN)/python -m pytest -n $(WORKERS) $(TESTS)

check: install-dev  ## Format, lint, types, contracts, form, licenses, schema, OpenAPI, callers.
	@exec $(BIN)/python -m tests.contract $(ONLY)

prove: install-dev  ## The full counts of properties, kills and random cases (name=, minutes=).
	@$(call have,tests/prove/__main__.py,make prove)
	@exec $(BIN)/python -m tests.prove $(if $(name),--name $(name)) $(if $(minutes),--minutes $(minutes))

mutants: install-dev  ## Change one thing in a rule at a time: a test must notice (minutes=, only=).
	@exec $(BIN)/python -m tests.prove.mutants $(if $(minutes),--minutes $(minutes)) \
		$(if $(only),--only $(only))

bench: install-dev  ## Ours and its peers in turn, as ratios and CPU (name=, rounds=, size=full).
	@$(call have,tests/benchmarks/__main__.py,make bench)
	@exec $(BIN)/python -m tests.benchmarks $(if $(name),--name $(name)) \
		$(if $(rounds),--rounds $(rounds)) $(if $(size),--size $(size))

bench-peers:  ## Install what `make bench` stands beside: Debian's nginx and wrk (needs root).
	@apt-get install -y --no-install-recommends nginx wrk || \
		{ echo "✗ nginx and wrk come from apt-get, as root, after apt-get update." >&2; exit 1; }
	@echo "Debian may have started nginx on port 80; the benchmarks start their own, on free ports."

requirements: install-dev  ## Every requirement row with its tests; fails on a claim without one.
	@exec $(BIN)/python -m tests.requirements

failover: install-dev  ## Two of everything: restart each under load, then kill the primary.
	@exec $(BIN)/python -m pytest tests/faults/failing_over.py -s

faults: install-dev  ## Break everything in turn under load; writes docs/faults.md (root: a full disk, too).
	@exec $(BIN)/python -m pytest tests/faults/breaking.py -s

growth: install-dev  ## The demo programme fifty times over; writes docs/growth.md (times=50).
	@exec $(BIN)/python -m tests.growth $(if $(times),--times $(times))

soak: install-dev  ## Mixed load at half of capacity: flat memory, no leak, stable p99 (minutes=30).
	@exec $(BIN)/python -m tests.soak $(if $(minutes),--minutes $(minutes))

documents: install-dev  ## Write the configuration reference and the data dictionary anew.
	@exec $(BIN)/python -m tests.contract.documents

pictures: install-dev  ## Every page and PDF as PNG, in build/pictures, to be looked at.
	@exec $(BIN)/python -m tests.pictures

pictures-tools:  ## Install Debian's Chromium, which draws the pages (needs root).
	@apt-get install -y --no-install-recommends chromium || \
		{ echo "✗ chromium comes from apt-get, as root, after apt-get update." >&2; exit 1; }

clients: install-dev  ## Clients by public generators, type-checked and used (needs npm; HERE=1).
	@exec $(BIN)/python -m tests.clients $(if $(HERE),--here)

lint-api: install-dev  ## Two public linters over the published document (needs npm; HERE=1).
	@exec $(BIN)/python -m tests.clients lint $(if $(HERE),--here)

browser: install-dev  ## The portal in headless Chromium: axe, keyboard, forms (HERE=1).
	@exec $(BIN)/python -m tests.browser $(if $(HERE),--here)

lock: install-dev  ## Pin every dependency anew, with hashes and without any index address.
	@exec $(BIN)/python deploy/lock.py

clean:  ## Remove the environment and what tools left behind; the data folder stays.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install:
	@$(python) deploy/install.py --venv $(VENV)

install-dev:
	@$(python) deploy/install.py --venv $(VENV) --dev

python = command -v $(PYTHON) >/dev/null || \
	{ echo "✗ There is no $(PYTHON). On Debian or Ubuntu: apt install python3 python3-venv" >&2; exit 1; }; \
	$(PYTHON) -I

have = test -f $(1) || { echo "✗ $(2) is not part of this version yet: $(1) is missing." >&2; exit 1; }
