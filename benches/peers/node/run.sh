#!/bin/sh
# Times FanPulse from Node against the Rust batch on the same columns, and against JavaScript on the same objects.
set -eu
cd "$(dirname "$0")"
here=$(pwd)
target=${CARGO_TARGET_DIR:-$here/../../../target}
mkdir -p "$target/node-release"
target=$(cd "$target" && pwd)
cd ../../../bindings/node
npm ci --no-audit --no-fund >/dev/null
npm run build -- --release --strip --target-dir "$target" -- --locked >/dev/null
npm run layer >/dev/null
cargo build --release --locked --quiet --target-dir "$target" -p fanpulse-node --example node_batch
exec node "$here/run.mjs" . "$target/release/examples/node_batch" "$@"
