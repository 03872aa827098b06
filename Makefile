# The commands people type. `make` alone lists them.
PYTHON ?= python3
NAME ?= cloud
SECONDS ?= 60
UPLOADS ?= 1000
# On two cores: the tests of a cloud wait more than they compute.
WORKERS ?= 3
STACK ?= selfie-liveness
BIN := .venv/bin
# Make expands a value again wherever it is used, so that $ in it names a variable or runs a
# command: an object's key must do neither. Here each becomes the text that was given, and recipes
# leave it to the shell, as "$$OBJECT". ARGS is words, split at blanks; quotes in it are characters.
VALUES := ARGS BUCKET ID LABELS LIMIT MANIFEST NAME OBJECT OUTCOME PARAMETERS PICTURES PREFIX REASON RESULTS SECONDS SINCE STACK SUBJECT UPLOADS WORKERS
$(foreach name,$(VALUES),$(eval override $(name) := $$(value $(name))))
export $(filter-out SECONDS UPLOADS,$(VALUES))
unexport SECONDS  # which bash counts up by itself
# Nor may the make that `sam build` starts get them, and expand them.
MAKEOVERRIDES :=
QUICK_FAULTS := $(addprefix tests/faults/test_,kills.py poison_messages.py secret_leaks.py)

# SAM CLI, cfn-lint and uv are found where `make setup` puts them.
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/.local/uv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.PHONY: help
help:  ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*  ## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup:  ## Install what the other targets need (they call it themselves)
	@$(PYTHON) local/setup.py

.PHONY: demo
demo: setup  ## Run a cloud on this machine, upload selfies, and show the verdicts
	@$(BIN)/python -m local.demo

.PHONY: cloud
cloud: setup  ## Leave a cloud running on this machine until Ctrl-C (NAME=…; PARAMETERS='Name=value …')
	@$(BIN)/python -m local.cloud --name="$$NAME" --parameters="$$PARAMETERS"

.PHONY: page
page: setup  ## Leave a cloud running with the page that takes a selfie, and print the page's URL
	@$(BIN)/python -m local.page --name="$$NAME" --parameters="$$PARAMETERS"

.PHONY: detectliveface
detectliveface: setup  ## Run the fake of DetectLiveFace alone until Ctrl-C
	@$(BIN)/python -m local.detectliveface

.PHONY: test
test: setup  ## Run the tests of all tiers but the fault suite, in parallel
	@$(BIN)/python -m pytest -n "$$WORKERS" --dist worksteal tests/unit
	@$(BIN)/python -m pytest -n "$$WORKERS" --dist loadscope -m "not slow" \
		tests/local_cloud tests/page
	@$(BIN)/python -m tests.page.chromium || true

.PHONY: unit
unit: setup  ## Run the unit tests: no sockets, milliseconds each
	@$(BIN)/python -m pytest tests/unit

.PHONY: local-cloud
local-cloud: setup  ## Run the tests that go through a cloud on this machine
	@$(BIN)/python -m pytest tests/local_cloud

.PHONY: killed
killed: setup  ## Run the fault suite's quick half: kills, poison messages, the search for leaks
	@$(BIN)/python -m pytest -s $(QUICK_FAULTS)

.PHONY: check
check: export AWS_DEFAULT_REGION ?= us-east-1
check: setup  ## Run linters, type checks and checks of the template
	@$(PYTHON) local/setup.py --checks
	ruff check .
	ruff format --check .
	mypy
	sam validate --lint
	pytest -q tests/template
	.local/audit/bin/python -m local.audit

.PHONY: coverage
coverage: setup  ## Measure the tests of the client and the image rules: every branch, or it fails
	@$(BIN)/coverage run -m pytest -q tests/unit
	@$(BIN)/coverage report --include='*/liveness/tencent/*,*/liveness/cli/*,*/liveness/image_rules.py' -m --fail-under=100

.PHONY: fuzz
fuzz: export FUZZ_SECONDS := $(SECONDS)
fuzz: setup  ## Fuzz the readers of images and responses, guided by coverage (SECONDS=60 each)
	@$(BIN)/python -m tests.fuzz.image_head --seconds "$$FUZZ_SECONDS"
	@$(BIN)/python -m tests.fuzz.api_response --seconds "$$FUZZ_SECONDS"

.PHONY: faults
faults: export UPLOADS := $(UPLOADS)
faults: setup  ## Kill, starve and refuse it on purpose, and count what came of it (UPLOADS=1000)
	@$(BIN)/python -m pytest -s tests/faults
	@$(BIN)/python -m pytest -m slow tests/local_cloud

.PHONY: bench
bench: setup  ## Measure the function and its peers; fails where a limit is missed; writes docs/performance.md
	@$(BIN)/python -m benchmarks

.PHONY: deploy
deploy: setup  ## Build and deploy to AWS (STACK=…; ARGS="…" goes to sam deploy)
	@sam build
	@set -f; sam deploy --stack-name "$$STACK" $$ARGS

.PHONY: secret
secret: setup  ## Put the API key of Tencent Cloud into the stack's secret (STACK=…)
	@$(BIN)/python -m operations secret --stack="$$STACK"

.PHONY: status
status: setup  ## Show the last hour's verdicts, the queues, and the errors (STACK=…)
	@$(BIN)/python -m operations status --stack="$$STACK"

.PHONY: doctor
doctor: setup  ## Check that the stack can process uploads, and say what to do where it cannot (STACK=…)
	@$(BIN)/python -m operations doctor --stack="$$STACK"

.PHONY: logs
logs: setup  ## Follow the log, one line an upload (STACK=…); ID=… shows one upload's attempts
	@set -f; $(BIN)/python -m operations logs --stack="$$STACK" $(if $(ID),--id="$$ID") $$ARGS

.PHONY: verdict
verdict: setup  ## Show the verdict on each version of one object (OBJECT=s3://…; ARGS=--json)
	@set -f; $(BIN)/python -m operations verdict --stack="$$STACK" --object="$$OBJECT" $$ARGS

.PHONY: verdicts
verdicts: setup  ## Show the newest verdicts (SUBJECT=… OUTCOME=… REASON=… SINCE=1h LIMIT=100; ARGS=--json)
	@set -f; $(BIN)/python -m operations verdicts --stack="$$STACK" \
		$(if $(SUBJECT),--subject="$$SUBJECT") $(if $(OUTCOME),--outcome="$$OUTCOME") \
		$(if $(REASON),--reason="$$REASON") $(if $(SINCE),--since="$$SINCE") \
		$(if $(LIMIT),--limit="$$LIMIT") $$ARGS

.PHONY: evaluate
evaluate: setup  ## Measure how well labelled pictures are judged (PICTURES=…, RESULTS=…), or uploads were (LABELS=…)
	@set -f; $(BIN)/python \
		$(if $(LABELS),-m operations evaluate --stack="$$STACK" --labels="$$LABELS",-m evaluation) \
		$(if $(RESULTS),--results="$$RESULTS") $$ARGS $(if $(PICTURES),-- "$$PICTURES")

.PHONY: failed
failed: setup  ## List the messages in FailedUploads, with the reason (STACK=…)
	@$(BIN)/python -m operations failed --stack="$$STACK"

.PHONY: replay
replay: setup  ## Send all messages in FailedUploads to RetryQueue again (STACK=…)
	@$(BIN)/python -m operations replay --stack="$$STACK"

.PHONY: backfill
backfill: setup  ## Judge the pictures that were there before (BUCKET=… PREFIX=… SINCE=30d, or MANIFEST=…)
	@set -f; $(BIN)/python -m operations backfill --stack="$$STACK" \
		$(if $(BUCKET),--bucket="$$BUCKET") $(if $(PREFIX),--prefix="$$PREFIX") \
		$(if $(SINCE),--since="$$SINCE") $(if $(MANIFEST),--manifest="$$MANIFEST") $$ARGS

.PHONY: forget
forget: setup  ## Erase one person's or object's images and items (SUBJECT=… or OBJECT=s3://…)
	@set -f; $(BIN)/python -m operations forget --stack="$$STACK" \
		$(if $(SUBJECT),--subject="$$SUBJECT") $(if $(OBJECT),--object="$$OBJECT") $$ARGS

.PHONY: delete
delete: setup  ## Delete the stack with all pictures, in a safe order; the table of verdicts stays (STACK=…)
	@set -f; $(BIN)/python -m operations delete --stack="$$STACK" $$ARGS

.PHONY: lock
lock: COMPILE := uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --python-version 3.13
lock: LAYER := layers/liveness
lock: setup  ## Renew the lock files after a change of a pyproject.toml
	$(COMPILE) -o requirements/dev.lock --group dev --universal $(LAYER)/pyproject.toml
# The layer ships the versions that the tests run with; SAM CLI pins boto3.
	$(COMPILE) -o $(LAYER)/requirements.lock --constraint requirements/dev.lock \
		--python-platform aarch64-manylinux_2_28 $(LAYER)/pyproject.toml
	$(COMPILE) -o layers/upload_api/requirements.lock --constraint requirements/dev.lock \
		--python-platform aarch64-manylinux_2_28 layers/upload_api/pyproject.toml
	$(COMPILE) -o requirements/emulator.lock --group emulator --universal
	$(COMPILE) -o requirements/checkov.lock --group checkov --universal
	$(COMPILE) -o requirements/audit.lock --group audit --universal
	$(COMPILE) -o requirements/uv.lock requirements/uv.in

.PHONY: clean
clean:  ## Remove everything that these commands made
	rm -rf .venv .local .aws-sam .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage
