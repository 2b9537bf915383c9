#!/bin/sh
# Builds the wheel, installs it in a new environment and tests it there. Quiet where all is well.
# `--release` tests the build that is published.
set -eu
case ${1:-} in
    '' | --release) release=${1:-} ;;
    *) echo "usage: check.sh [--release]" >&2; exit 2 ;;
esac
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$(pwd)/../../target}
mkdir -p "$target/python"
target=$(cd "$target" && pwd)
export CARGO_TARGET_DIR="$target"
work=$target/python
python=${PYTHON:-python3}

command -v java >/dev/null || { echo "Java is missing, which the Spark tests need: apt-get install default-jre-headless" >&2; exit 1; }

quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

# The build tool's environment is kept; the one for the tests is made anew where what it holds has changed.
[ -x "$work/build/bin/python" ] || quietly "$python" -m venv "$work/build"
quietly "$work/build/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements-build.txt
rm -rf "$work/dist"
quietly "$work/build/bin/maturin" build --locked $release --interpreter "$work/build/bin/python" --out "$work/dist"

if ! cmp -s requirements-test.txt "$work/test/requirements.txt"; then
    quietly "$python" -m venv --clear "$work/test"
    quietly "$work/test/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
    cp requirements-test.txt "$work/test/requirements.txt"
fi
quietly "$work/test/bin/python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$work"/dist/*.whl
quietly "$work/test/bin/python" -m pytest --quiet -p no:cacheprovider
here=$(pwd)
(cd "$work" && quietly "$work/test/bin/python" -m mypy.stubtest --mypy-config-file "$here/pyproject.toml" --allowlist "$here/stubtest-allowlist.txt" fanpulse)
quietly "$work/test/bin/python" -m mypy --strict --no-incremental --cache-dir=/dev/null tests examples
