# The habits of the place. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench kills cluster-demo setup lock clean

CONGVAN := .venv/bin/congvan
PYTHON := .venv/bin/python

help: ## list these targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 14

demo: setup ## process the samples, build an index, show the letters and a search hit
	@$(CONGVAN) process samples/scans/*/source* --out demo-out
	@$(CONGVAN) index demo-out --to demo-out/index.sqlite
	@printf '\n%s\n' "\$$ congvan search 'số hóa tài liệu lưu trữ' --in demo-out/index.sqlite --limit 1"
	@$(CONGVAN) search 'số hóa tài liệu lưu trữ' --in demo-out/index.sqlite --limit 1
	@printf '\n%s\n' "Each letter: demo-out/<document id>/record.json, text.txt, raw.txt, corrections.tsv"
	@printf '%s\n' "The index:   demo-out/index.sqlite"

test: setup lint ## all checks and tests
	@$(PYTHON) -m pytest

lint: setup ## format, lint and types
	@.venv/bin/ruff format --check --quiet . || { echo "not formatted; run: .venv/bin/ruff format ." >&2; exit 1; }
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy --no-error-summary

bench: setup .venv-bench/made ## accuracy and speed, against the committed floors
	@$(PYTHON) -m benchmarks

# What is measured against has an environment of its own, so that .venv stays as it is locked. Its pip
# is a new one: the one that comes with Python 3.11 does not find the pin of a package with extras.
.venv-bench/made: requirements-bench.lock | setup
	@echo "Installing the Python packages of requirements-bench.lock into .venv-bench …" >&2
	@$(PYTHON) -m venv --clear --upgrade-deps .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements-bench.lock || { \
		echo "OCRmyPDF, which make bench measures against, could not be installed: see above." >&2; \
		echo "Without it: $(PYTHON) -m benchmarks" >&2; exit 3; }
	@touch $@

kills: setup ## kill a batch 50 times at random moments, continue it, compare with one left alone
	@$(PYTHON) -m benchmarks.kills --kills 50

cluster-demo: setup ## process the samples on a scheduler and two workers, one of which is killed
	@$(PYTHON) -m benchmarks.cluster_demo demo-cluster-out

setup: ## install what is missing: programs, fonts, .venv
	@./setup.sh

lock: setup ## pin all Python packages again: requirements.lock, requirements-bench.lock
	@$(PYTHON) -m pip install --quiet uv
	@$(PYTHON) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
		--no-header --extra dev --extra export --extra signatures --extra cluster --extra legacy --extra review pyproject.toml --output-file requirements.lock
	@$(PYTHON) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
		--no-header --group bench --python-version 3.11 --output-file requirements-bench.lock

clean: ## remove everything that was made here, the environment too
	rm -rf .venv .venv-bench demo-out demo-cluster-out bench-out build dist *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
