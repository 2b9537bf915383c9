#!/bin/sh
# Runs the peer comparisons in a virtual environment of their own under target/: `run.sh`, `run.sh models`.
set -eu
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
venv="$target/peers-venv"
if ! cmp -s benches/peers/requirements.txt "$venv/requirements.txt"; then
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet -r benches/peers/requirements.txt
    cp benches/peers/requirements.txt "$venv/requirements.txt"
fi
if [ "${1:-}" = models ]; then
    shift
    exec "$venv/bin/python" benches/peers/models.py --worker "$target/release/examples/peer_models" "$@"
fi
exec "$venv/bin/python" benches/peers/run.py --worker "$target/release/examples/peer_worker" "$@"
