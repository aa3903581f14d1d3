# The commands of this house. `make devnet` and `make test` are enough for a first day.
#
# Everything is built with one profile into one target folder, so that RocksDB (most of a first build)
# is compiled once per machine and a fresh clone does not start from nothing.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

# What the build keeps between clones: the target folder, and tools that the system lacked.
export AGORA_CACHE ?= $(HOME)/.cache/agora
export CARGO_TARGET_DIR ?= $(AGORA_CACHE)/target
# Tools that .ci/prerequisites put into the cache come before older ones of the system.
export PATH := $(AGORA_CACHE)/node/bin:$(AGORA_CACHE)/go/bin:$(AGORA_CACHE)/bin:$(HOME)/.cargo/bin:$(PATH)

# The toolchain is pinned here, where rustup obeys, and in Cargo.toml (`rust-version`) for everybody else.
ifneq ($(shell PATH="$(PATH)" command -v rustup 2>/dev/null),)
export RUSTUP_TOOLCHAIN ?= 1.95.0
endif

CARGO_FLAGS := --release --locked
BIN := $(CARGO_TARGET_DIR)/release/agora
# Where the tests find the programs they drive.
export AGORA_BIN := $(BIN)
export AGORA_COMETBFT ?= $(AGORA_CACHE)/bin/cometbft

GENERATE := $(CARGO_TARGET_DIR)/release/agora-proto-generate
# The modules with definitions of their own.
PROTO_MODULES := $(patsubst modules/%/proto,%,$(wildcard modules/*/proto))

# Arguments for the program behind a target: make devnet ARGS="--reset --block-interval 0.5".
ARGS ?=

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

.PHONY: devnet
devnet: ## Build and start a devnet with funded accounts (ARGS="--reset" starts over)
	@.ci/prerequisites devnet
	cargo build $(CARGO_FLAGS) --package agora --bin agora
	@exec "$(BIN)" devnet $(ARGS)

.PHONY: test
test: ## Format check, lints and every test, outside clients included
	@.ci/prerequisites test
	@$(MAKE) --no-print-directory lint
	cargo build $(CARGO_FLAGS) --workspace --all-targets
	cargo test $(CARGO_FLAGS) --workspace --no-fail-fast -- $(ARGS)

# Each takes its long form from the environment. Together they take long: leave them alone on a machine.
.PHONY: test-long
test-long: ## The long forms of the tests: faults, determinism, sequences, simulation, parity, the exchange's math
	@.ci/prerequisites test
	cargo build $(CARGO_FLAGS) --workspace --all-targets
	AGORA_FAULTS=long AGORA_DETERMINISM=long AGORA_EXPORT_SEEDS=20 AGORA_EXPORT_BLOCKS=500 AGORA_EXPORT_AFTER=200 \
		cargo test $(CARGO_FLAGS) --package agora-store --package agora-replica --no-fail-fast -- $(ARGS)
	AGORA_FAULTS=long cargo test $(CARGO_FLAGS) --package agora-tests --test kill --test network -- --test-threads 1 $(ARGS)
	AGORA_GRAMMAR=5000 AGORA_SIM_OPERATIONS=1000000 AGORA_MEMPOOLS=10000 \
		cargo test $(CARGO_FLAGS) --package agora-tests --test application -- $(or $(ARGS),grammar simulation proposals)
	AGORA_PARITY_BLOCKS=10000 AGORA_DEX_OPS=1000000 \
		cargo test $(CARGO_FLAGS) --package agora-executor --package agora-dex --no-fail-fast -- $(ARGS)
	AGORA_FLOOD=long cargo test $(CARGO_FLAGS) --package agora-tests --test flood -- --test-threads 1 $(ARGS)

.PHONY: bench
bench: ## Benchmarks (ARGS="--quick", "state-commit", "--record"; --help has all)
	@.ci/prerequisites devnet
	cargo build $(CARGO_FLAGS) --package agora --bin agora
	cargo run $(CARGO_FLAGS) --package agora-bench -- $(ARGS)

.PHONY: lint
lint: ## Check formatting, then Clippy with warnings as errors
	cargo fmt --all --check
	cargo clippy $(CARGO_FLAGS) --workspace --all-targets -- --deny warnings

.PHONY: fmt
fmt: ## Format the sources
	cargo fmt --all

.PHONY: proto
proto: ## Regenerate the types made from the interface definitions
	cargo run $(CARGO_FLAGS) --package agora-proto --features codegen --bin agora-proto-generate
	for module in $(PROTO_MODULES); do $(GENERATE) modules/$$module/proto modules/$$module/src/gen || exit 1; done
	$(GENERATE) --javascript app/proto/js/src/gen $(PROTO_MODULES:%=modules/%/proto)

.PHONY: install
install: ## Install the agora command into Cargo's bin folder
	@.ci/prerequisites devnet
	cargo install --locked --force --path cli

.PHONY: prerequisites
prerequisites: ## Only check (and where allowed install) what building and testing need
	@.ci/prerequisites test
