# The whole workflow. `make` alone lists the targets.
# Every path is relative, so that the checkout may lie anywhere, also below a name with spaces.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run dev test check security schema bench clean

# Empty: the first of python3.13, 3.12, 3.11 and python3 that is new enough and can make a venv.
PYTHON ?=
VENV_PYTHON := .venv/bin/python
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(VENV_PYTHON) -m pip install -qq --require-hashes
# pip's word on running as root is about system-wide installs, which this is not
export PIP_ROOT_USER_ACTION := ignore

##@ Use
run: .venv/.requirements ## migrate, load the demo once and serve on 127.0.0.1
	@exec $(VENV_PYTHON) -m cli serve

##@ Work on it
dev: .venv/.requirements-dev ## serve, and start again when a file changes
	@exec $(VENV_PYTHON) -m cli serve --reload

test: check ## lint, types, then every test
	@sh tests/install-chromium.sh
	@$(VENV_PYTHON) -m pytest -n 3

check: .venv/.requirements-dev ## lint and types only
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) -m mypy .

security: .venv/.requirements-dev .venv-security/.requirements ## attack a server with tools of others; needs Node
	@$(VENV_PYTHON) -m tests.security

schema: .venv/.requirements-dev ## export the GraphQL schema
	@$(VENV_PYTHON) -m cli export-schema

bench: .venv/.requirements-dev ## measure both set-ups, about 15 minutes; figures also in data/bench.json
	@$(VENV_PYTHON) -m bench --json data/bench.json

clean: ## remove the environment and caches; data/ stays
	rm -rf .venv .venv-security tests/protocols/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './web/*' -prune -exec rm -rf {} +

help: ## this list
	@awk -v tty="$$([ -t 1 ] && [ -z "$$NO_COLOR" ] && echo yes)" ' \
	  function paint(code, text) { return tty ? "\033[" code "m" text "\033[0m" : text } \
	  BEGIN { print "\n  " paint("1", "Leadlight") "  one GraphQL API, one live lead card" } \
	  /^##@ / { print "\n  " paint("2", substr($$0, 5)) } \
	  /^[a-z]+:.*## / { \
	    split($$0, part, ":"); text = $$0; sub(/^.*## /, "", text); \
	    print "    " paint("36", sprintf("make %-8s", part[1])) " " text } \
	  END { print "\n  Settings come from the environment, see docs/settings.md.\n" }' Makefile

$(VENV_PYTHON):
	@why='No Python was found.'; \
	for python in $(if $(PYTHON),'$(PYTHON)',python3.13 python3.12 python3.11 python3); do \
	  command -v "$$python" >/dev/null 2>&1 || continue; \
	  "$$python" -c 'import sys; sys.exit(3 if sys.version_info < (3, 11) else 0)' 2>/dev/null; \
	  case $$? in \
	    0) ;; \
	    3) why="$$python is older than 3.11."; continue ;; \
	    *) continue ;; \
	  esac; \
	  "$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
	    lacks="$$python has no venv module (on Debian and Ubuntu: apt-get install python3-venv)."; \
	    continue; }; \
	  echo "Making .venv with $$("$$python" --version) ..."; \
	  "$$python" -m venv --clear .venv && exit 0; \
	  rm -rf .venv; exit 1; \
	done; \
	echo "Leadlight needs Python 3.11 or newer, with venv. $${lacks:-$$why}" >&2; \
	echo "Name another one with: make PYTHON=/path/to/python3" >&2; \
	exit 1

.venv/.requirements: requirements.txt | $(VENV_PYTHON)
	@echo "Installing what Leadlight needs ..."
	@$(PIP) -r requirements.txt
	@touch $@

.venv/.requirements-dev: requirements-dev.txt requirements.txt | $(VENV_PYTHON)
	@echo "Installing what tests and lint need ..."
	@$(PIP) -r requirements-dev.txt
	@touch .venv/.requirements $@

# An environment of its own: these tools bring a module called `schema` and other versions of ours.
.venv-security/.requirements: requirements-security.txt | $(VENV_PYTHON)
	@echo "Installing what the security checks need ..."
	@$(VENV_PYTHON) -m venv --clear .venv-security
	@PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-security/bin/python -m pip install -qq --require-hashes -r requirements-security.txt
	@touch $@
