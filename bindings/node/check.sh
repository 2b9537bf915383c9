#!/bin/sh
# Builds the package, packs it, installs it into an empty folder and tests it there. Quiet where all is well.
# `sh check.sh --accept` takes over changed types; `--release` tests the build that is published.
set -eu
cd "$(dirname "$0")"
here=$(pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
mkdir -p "$target/node"
target=$(cd "$target" && pwd)
export CARGO_TARGET_DIR="$target"
work=$target/node
release=
accept=
for option in "$@"; do
    case $option in
        --release) release='--release --strip' ;;
        --accept) accept=yes ;;
        *) echo "usage: check.sh [--release] [--accept]" >&2; exit 2 ;;
    esac
done

quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

types() {
    cat native.d.ts ts/settings.ts dist/alerts.d.ts dist/breakout.d.ts dist/engine.d.ts dist/error.d.ts dist/index.d.ts dist/inputs.d.ts dist/live.d.ts \
        dist/settings.d.ts dist/stream.d.ts dist/types.d.ts 2>/dev/null || true
}

quietly npm ci --no-audit --no-fund
types >"$work/types-before"
quietly npm run build -- $release --target-dir "$target" -- --locked
quietly npm run layer
types >"$work/types-after"
if [ -z "$accept" ]; then
    diff -u "$work/types-before" "$work/types-after" >&2 || { echo 'the committed types were not up to date; they are now' >&2; exit 1; }
fi

# From here on nothing is read from the source but the tests and what they are compared with.
rm -rf "$work/clean" && mkdir -p "$work/clean"
quietly npm pack --pack-destination "$work/clean"
cp -R tests examples "$work/clean/"
cd "$work/clean"
echo '{ "private": true, "type": "module" }' >package.json
quietly npm install --offline --no-audit --no-fund ./fanpulse-*.tgz
export FANPULSE_NODE="$here"
quietly node --expose-gc --test tests/
