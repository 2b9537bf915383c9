#!/bin/sh
# Builds the add-on and tests it. Quiet where all is well. `sh check.sh --accept` takes over changed types.
set -eu
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$(pwd)/../../target}
mkdir -p "$target/node"
target=$(cd "$target" && pwd)
export CARGO_TARGET_DIR="$target"
work=$target/node

quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

quietly npm ci --no-audit --no-fund
cp index.d.ts "$work/index.d.ts"
quietly npm run build -- --target-dir "$target" -- --locked
if [ "${1-}" != --accept ]; then
    diff -u "$work/index.d.ts" index.d.ts >&2 || { echo 'index.d.ts was not up to date; it is now' >&2; exit 1; }
fi
quietly npm run types
quietly npm test
