#!/bin/sh
# Runs the peer comparisons in a virtual environment of their own under target/: `run.sh`, `run.sh models`, and
# `run.sh package` for the Python package, with the wheel of `make packages`.
set -eu
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
venv="$target/peers-venv"
if ! cmp -s benches/peers/requirements.txt "$venv/requirements.txt"; then
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet -r benches/peers/requirements.txt
    cp benches/peers/requirements.txt "$venv/requirements.txt"
fi
script=run worker=peer_worker
case ${1:-} in
    models) script=models worker=peer_models; shift ;;
    package)
        script=package; shift
        wheel=$(ls -t "$target"/packages/fanpulse-*.whl 2>/dev/null | head -n 1)
        [ -n "$wheel" ] || { echo "no wheel in $target/packages: make packages builds it" >&2; exit 1; }
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheel"
        ;;
esac
exec "$venv/bin/python" "benches/peers/$script.py" --worker "$target/release/examples/$worker" "$@"
