#!/bin/sh
# Builds the wheel and Node's package, optimised, and says how large they are.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$(pwd)/target}
mkdir -p "$target/packages"
target=$(cd "$target" && pwd)
export CARGO_TARGET_DIR="$target"

[ -x "$target/python/build/bin/python" ] || "${PYTHON:-python3}" -m venv "$target/python/build"
"$target/python/build/bin/python" -m pip install --quiet --disable-pip-version-check -r bindings/python/requirements-build.txt
(cd bindings/python && "$target/python/build/bin/maturin" build --quiet --release --locked --interpreter "$target/python/build/bin/python" --out "$target/packages")

cd bindings/node
npm ci --no-audit --no-fund --silent
npm run --silent build -- --release --strip --target-dir "$target" -- --locked
npm run --silent layer
npm pack --silent --pack-destination "$target/packages" >/dev/null
ls -l "$target/packages"
