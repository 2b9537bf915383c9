#!/bin/sh
# Runs every fuzz target for the given number of seconds; needs a nightly compiler.
set -eu
cd "$(dirname "$0")"
seconds="${1:-20}"
if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "a nightly compiler is missing: rustup toolchain install nightly" >&2
    exit 1
fi
target="${CARGO_TARGET_DIR:-../target}"
# Named, so that the flags reach the targets and not the build scripts.
host="$(rustc -vV | sed -n 's/^host: //p')"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cdebug-assertions" \
    cargo +nightly build --release --locked --target "$host" --target-dir "$target/fuzz"
for source in fuzz_targets/*.rs; do
    name="$(basename "$source" .rs)"
    mkdir -p "$scratch/$name"
    echo "fuzzing $name for $seconds s"
    "$target/fuzz/$host/release/$name" -max_total_time="$seconds" -timeout=10 "$scratch/$name" "corpus/$name" >"$scratch/log" 2>&1 || { tail -n 40 "$scratch/log"; exit 1; }
done
