# The commands people type. `make` alone lists them.
PYTHON ?= python3
NAME ?= cloud
SECONDS ?= 60
UPLOADS ?= 1000
STACK ?= selfie-liveness
BIN := .venv/bin

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
cloud: setup  ## Leave a cloud running on this machine until Ctrl-C (NAME=… for a second one)
	@$(BIN)/python -m local.cloud --name $(NAME)

.PHONY: detectliveface
detectliveface: setup  ## Run the DetectLiveFace stand-in alone until Ctrl-C
	@$(BIN)/python -m local.detectliveface

.PHONY: test
test: unit local-cloud killed  ## Run the tests of both tiers, and the fault suite's quick half

.PHONY: unit
unit: setup  ## Run the unit tests: no sockets, milliseconds each
	@$(BIN)/python -m pytest tests/unit

.PHONY: local-cloud
local-cloud: setup  ## Run the tests that go through a cloud on this machine
	@$(BIN)/python -m pytest tests/local_cloud

.PHONY: killed
killed: setup  ## Run what of the fault suite takes under five minutes
	@$(BIN)/python -m pytest tests/faults/test_kills.py tests/faults/test_poison.py \
		tests/faults/test_rotation.py tests/faults/test_what_was_emitted.py

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
coverage: setup  ## Measure the client's and the picture rules' tests: every branch, or it fails
	@$(BIN)/coverage run -m pytest -q tests/unit
	@$(BIN)/coverage report --include='*/liveness/tencent/*,*/liveness/picture.py' -m --fail-under=100

.PHONY: fuzz
fuzz: setup  ## Fuzz the readers of pictures and answers, guided by coverage (SECONDS=60 each)
	@$(BIN)/python -m tests.fuzz.picture_head --seconds $(SECONDS)
	@$(BIN)/python -m tests.fuzz.api_answer --seconds $(SECONDS)

.PHONY: faults
faults: setup  ## Kill, starve and refuse it on purpose, and count what came of it (UPLOADS=1000)
	@UPLOADS=$(UPLOADS) $(BIN)/python -m pytest -s tests/faults

.PHONY: bench
bench: setup  ## Measure it beside what people would write instead; renews docs/performance.md
	@$(BIN)/python -m tests.benchmarks

.PHONY: deploy
deploy: setup  ## Build and deploy to AWS (STACK=…; ARGS="…" goes to sam deploy)
	@sam build
	@sam deploy --stack-name $(STACK) $(ARGS)

.PHONY: secret
secret: setup  ## Put the key of Tencent Cloud into the stack's secret
	@$(BIN)/python -m operations.secret --stack $(STACK)

.PHONY: status
status: setup  ## Tell how it goes: answers, queues, what failed (STACK=…)
	@$(BIN)/python -m operations.status --stack $(STACK)

.PHONY: logs
logs: setup  ## Follow the log, a line an upload (STACK=…); ID=… tells one upload's story
	@$(BIN)/python -m operations.logs --stack $(STACK) $(if $(ID),--id "$$ID") $(ARGS)

.PHONY: failed
failed: setup  ## List the uploads that were given up, and why (STACK=…)
	@$(BIN)/python -m operations.failed --stack $(STACK)

.PHONY: replay
replay: setup  ## Try the uploads that were given up once more (STACK=…)
	@$(BIN)/python -m operations.replay --stack $(STACK)

.PHONY: forget
forget: setup  ## Erase one person's or object's pictures and rows (SUBJECT=… or OBJECT=s3://…)
	@$(BIN)/python -m operations.forget --stack $(STACK) \
		$(if $(SUBJECT),--subject "$$SUBJECT") $(if $(OBJECT),--object "$$OBJECT") $(ARGS)

.PHONY: lock
lock: setup  ## Renew the lock files after a change of a pyproject.toml
	@$(BIN)/python -m local.lock

.PHONY: clean
clean:  ## Remove everything that these commands made
	rm -rf .venv .local .aws-sam .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage
