# `make help` says what there is. PYTHON chooses the interpreter: make run PYTHON=python3.12
PYTHON ?= python3
WORKERS ?= 3
PIP := -m pip --quiet --disable-pip-version-check
SOURCES := main.py seed.py expert_booking pages models $(wildcard benchmarks)
UV_COMPILE := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" $(UPGRADE) pyproject.toml

# What is started again and again, by the tests above all, is not to be compiled again each time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test faults fuzz check words screenshots next bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

# An interrupted application has ended well: the trap keeps make from calling Ctrl-C an error.
run: .venv/run.stamp ## Start the application on http://127.0.0.1:8080
	@trap : INT; .venv/bin/python main.py || [ $$? -eq 130 ]

# Whole files go to a worker, so that what a file starts is started once. Most of the time goes into waiting: for a
# browser, a server, a clock. So there are more workers than cores.
test: .venv/dev.stamp ## Run all tests, those with a real browser included (make test ARGS="tests/live -x" for some)
	@.venv/bin/python tests/find_browser.py --install
	@.venv/bin/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

faults: .venv/dev.stamp ## Break it on purpose, at length; SOAK_MINUTES says for how long it soaks
	@.venv/bin/python tests/find_browser.py --install
	@.venv/bin/python -m pytest -m faults -s tests/faults $(ARGS)

fuzz: .venv/dev.stamp ## Ask the API what nobody foresaw, at length; FUZZ_SECONDS and SEED say how
	@.venv/bin/python -m tests.security.fuzzing

check: .venv/dev.stamp ## Lint, formatting, types, the direction of imports, safe output, secrets, and every word in every language
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy --strict $(SOURCES)
	@.venv/bin/lint-imports
	@.venv/bin/python -m tests.security.unescaped
	@.venv/bin/bandit --quiet --configfile pyproject.toml --recursive $(filter-out benchmarks,$(SOURCES))
	@.venv/bin/python -m tests.security.leaked
	@.venv/bin/python -m pages.languages --check

words: .venv/dev.stamp ## Collect what the pages say into the catalogues of pages/languages
	@.venv/bin/python -m pages.languages

screenshots: .venv/dev.stamp ## Take the README's pictures from the real application
	@.venv/bin/python tests/find_browser.py --install
	@.venv/bin/python docs/pictures/take.py

next: .venv-next/next.stamp ## Run the service tests on Beanie 2 and PyMongo Async
	@.venv-next/bin/python -m pytest tests/models tests/expert_booking \
		--ignore-glob='*/api/*' --ignore-glob='*/test_api*' $(ARGS)

bench: .venv/dev.stamp ## Measure the figures that the README quotes
	@for benchmark in benchmarks/[!_]*.py; do \
		echo "== $$benchmark"; PYTHONPATH=. .venv/bin/python "$$benchmark" || exit 1; done

lock: .venv-lock/bin/uv ## Work out requirements/*.txt again (make lock UPGRADE=--upgrade for newer versions)
	@$(UV_COMPILE) --extra embedded -o requirements/run.txt
	@$(UV_COMPILE) -c requirements/run.txt -o requirements/production.txt
	@$(UV_COMPILE) --extra embedded --extra test --extra check -c requirements/run.txt -o requirements/dev.txt
	@$(UV_COMPILE) --extra embedded --extra test --override requirements/next.in -o requirements/next.txt
	@! grep -n '://' requirements/*.txt || { echo "A lock must not name where packages come from."; exit 1; }

clean: ## Remove environments and caches; data/ stays
	rm -rf .venv .venv-next .venv-lock .browser build dist *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .nicegui
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/run.stamp: requirements/run.txt
	@$(call install,.venv)

.venv/dev.stamp: requirements/dev.txt
	@$(call install,.venv)

.venv-next/next.stamp: requirements/next.txt
	@$(call install,.venv-next)

.venv-lock/bin/uv:
	@$(call new_environment,.venv-lock)
	@.venv-lock/bin/python $(PIP) install uv

define install
$(call new_environment,$(1))
@echo "Installing $< into $(1): about a minute, once."
@$(1)/bin/python $(PIP) install --require-hashes -r $<
@touch $@
endef

# Some packages come ready-made for these versions only, and would have to be compiled on others.
define new_environment
command -v $(PYTHON) >/dev/null \
	|| { echo "$(PYTHON) was not found: install Python 3.11, 3.12 or 3.13, or name one: make PYTHON=/path/to/python3.12"; exit 1; }
@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	|| { echo "$(PYTHON) is $$($(PYTHON) -V), and 3.11, 3.12 or 3.13 is needed. Name one: make PYTHON=/path/to/python3.12"; exit 1; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)"; exit 1; }
@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
endef
