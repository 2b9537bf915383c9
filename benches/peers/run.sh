#!/bin/sh
# Runs the peer comparison in a virtual environment of its own under target/.
set -eu
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
venv="$target/peers-venv"
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet -r benches/peers/requirements.txt
fi
exec "$venv/bin/python" benches/peers/run.py --worker "$target/release/examples/peer_worker" "$@"
