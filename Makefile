# NannyChain. `make` alone prints what there is.

# The Python that makes the environment: the first here that is new enough.
PYTHON =
VENV = .venv
BIN = $(VENV)/bin
# How many tests run at once; `make test TESTS_AT_ONCE=0` runs them in one process.
TESTS_AT_ONCE = 2
PYTEST_ARGS =
# What the checks need to import the settings; nothing is reached by it.
CHECK_ENV = SECRET_KEY=check ENCRYPTION_KEY=check NANNYCHAIN_ENV_FILE=/dev/null \
	DATABASE_URL=postgresql://check@localhost/check REDIS_URL=redis://localhost/0 \
	DJANGO_SETTINGS_MODULE=config.settings.test
FIND_PYTHON = for python in "$(PYTHON)" python3.13 python3.12 python3.11 python3 none; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	done; \
	if [ "$$python" = none ]; then \
		echo "NannyChain needs Python 3.11 or newer: install it, or name it with PYTHON=…" >&2; \
		exit 1; \
	fi
INSTALL = $(FIND_PYTHON); VENV="$(VENV)" "$$python" requirements/install.py

.PHONY: help run test check faults smoke bench phone clean format flows openapi messages lock install-local install-dev install-bench

help: ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: install-local ## set everything up and run it; Ctrl-C stops it
	@exec "$(BIN)/python" -m nannychain.supervisor run

# Even where nobody wants bytecode kept: the hundred programs of the tests would each compile anew.
test check: export PYTHONDONTWRITEBYTECODE =

test: install-dev ## run all tests (PYTEST_ARGS="-k ussd" runs some)
	@$(CHECK_ENV) "$(BIN)/python" manage.py compile_translations
	@"$(BIN)/python" -m pytest -n $(TESTS_AT_ONCE) --dist loadfile $(PYTEST_ARGS)

check: install-dev ## format, lint, types, imports, migrations, texts, screens
	"$(BIN)/ruff" format --check .
	"$(BIN)/ruff" check .
	"$(BIN)/djlint" --lint --quiet nannychain wallets workers simulators
	$(CHECK_ENV) "$(BIN)/mypy"
	"$(BIN)/lint-imports" --no-cache
	@$(CHECK_ENV) "$(BIN)/python" manage.py compile_translations
	"$(BIN)/python" -m pytest -q tests/architecture tests/ussd/test_screens.py

faults: install-dev ## tell 10,000 random histories of money (PLANTED=1 plants bugs)
	@"$(BIN)/python" -m tests.faults.machine

smoke: ## start what `make run` starts, from its own lock, and stop it
	@bash .ci/smoke

bench: install-bench ## measure speed as ratios (BENCH=quick: three minutes at most)
	@"$(BIN)/python" -m benchmarks

phone: install-local ## show the address of the browser phone, and open it on a desktop
	@"$(BIN)/python" -m nannychain.supervisor phone

clean: ## forget all data of `make run`
	@$(FIND_PYTHON); "$$python" -m nannychain.supervisor clean

format: install-dev ## format the code and mend what can be mended
	@"$(BIN)/ruff" check --fix --quiet . ; "$(BIN)/ruff" format .

flows: install-dev ## draw states, menu, chart and recipes into docs/
	@$(CHECK_ENV) "$(BIN)/python" manage.py flows

openapi: install-dev ## write the schema of the API into config/openapi.json
	@$(CHECK_ENV) "$(BIN)/python" manage.py openapi

messages: install-dev ## gather the texts of the code into the catalogues
	@$(CHECK_ENV) "$(BIN)/python" manage.py update_translations

lock: install-dev ## compile requirements/*.in into the locks
	@for name in base local dev bench uv; do "$(BIN)/uv" pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --annotation-style line --output-file requirements/$$name.txt \
		requirements/$$name.in || exit 1; done

install-local:
	@$(INSTALL) local

install-dev:
	@$(INSTALL) dev

install-bench:
	@$(INSTALL) bench
