# One command runs what continuous integration runs: make test
CARGO ?= cargo
PYTHON ?= python3
# The lists of a new machine are empty until they are fetched.
APT = test "$$(id -u)" = 0 && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y

.PHONY: test check-tools fmt lint unit doc bindings bench peers docs fuzz clean

test: check-tools fmt-check lint unit doc bindings fuzz-if-nightly
	@echo "all checks passed"

# Names what is missing and how to get it, instead of skipping anything.
check-tools:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install Rust 1.95 or later"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is missing: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	@command -v node >/dev/null || { echo "Node 20 or later is missing: apt-get install nodejs npm"; exit 1; }
	@node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' || { echo "Node 20 or later is needed, this is $$(node --version)"; exit 1; }
	@command -v java >/dev/null || { $(APT) default-jre-headless; } \
	|| { echo "Java is missing, which the tests on a Spark cluster need: apt-get install default-jre-headless"; exit 1; }
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || test -n "$$FANPULSE_TEST_PG_URL" \
	|| { $(APT) postgresql; } \
	|| { echo "PostgreSQL 15 or later is missing: apt-get install postgresql, or set FANPULSE_TEST_PG_URL to a server that tests may use"; exit 1; }
	@command -v redis-server >/dev/null || { $(APT) redis-server; } \
	|| { echo "Redis is missing, which tests start for themselves: apt-get install redis-server"; exit 1; }

fmt:
	$(CARGO) fmt --all

.PHONY: fmt-check
fmt-check:
	$(CARGO) fmt --all -- --check

lint:
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# Unit, integration, property and example tests, the replayed fuzz corpus, and every bench run once.
unit:
	$(CARGO) test --locked --quiet
	$(CARGO) test --locked --quiet -p fanpulse --benches
	$(CARGO) run --locked --quiet -p fanpulse --example own_momentum

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --quiet

bindings:
	sh bindings/python/check.sh
	sh bindings/node/check.sh

# The wheel and Node's package, optimised, under target/packages.
.PHONY: packages
packages:
	sh bindings/packages.sh

# The same builds, installed into clean environments and tested there.
.PHONY: packages-check
packages-check:
	sh bindings/python/check.sh --release
	sh bindings/node/check.sh --release

# Criterion's figures, then FanPulse against NumPy, Polars, DuckDB, lifetimes and scikit-learn in alternation.
bench:
	$(CARGO) bench --locked -p fanpulse
	$(MAKE) peers

peers:
	$(CARGO) build --release --locked -p fanpulse --example peer_worker --example peer_models
	sh benches/peers/run.sh
	sh benches/peers/run.sh models
	FANPULSE_PEER_PYTHON="$${CARGO_TARGET_DIR:-target}/peers-venv/bin/python" $(CARGO) bench --locked -p fanpulse --bench store

docs:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --open

# Needs a nightly compiler: each target for 20 seconds.
fuzz:
	sh fuzz/run.sh 20

# The corpus is replayed by the ordinary tests everywhere; new inputs are looked for where a nightly compiler is.
.PHONY: fuzz-if-nightly
fuzz-if-nightly:
	@if $(CARGO) +nightly --version >/dev/null 2>&1; then sh fuzz/run.sh 5; \
	else echo "no nightly compiler: the fuzz corpus was replayed, no new inputs were looked for (rustup toolchain install nightly)"; fi

clean:
	$(CARGO) clean
