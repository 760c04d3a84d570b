# Recipes for people; CI runs `bash run_tests.sh`, which runs the same checks.
PYTHON := .venv/bin/python

.PHONY: help app test lint format types contracts unit e2e speed quality

help:            ## list the recipes
	@grep -E '^[a-z0-9]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'
app:             ## set up and open the page
	bash start_app.sh
test:            ## set up and run everything that CI runs
	bash run_tests.sh
lint:            ## style
	$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .
format:          ## rewrite the style
	$(PYTHON) -m ruff check --fix . && $(PYTHON) -m ruff format .
types:           ## strict types
	$(PYTHON) -m mypy
contracts:       ## who may import whom
	.venv/bin/lint-imports
unit:            ## tests without weights
	$(PYTHON) -m pytest tests/unit
e2e:             ## tests with the real weights
	$(PYTHON) -m pytest tests/e2e
speed:           ## speed against kokoro-onnx in the same run
	$(PYTHON) benchmarks/speed.py
quality:         ## recognised-back errors, DNSMOS, DistillMOS
	$(PYTHON) benchmarks/quality.py
