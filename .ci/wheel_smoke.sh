#!/usr/bin/env bash
# The wheel alone, in an empty directory: builds the sdist and from it the wheel, installs that
# into a clean environment and uses its demo as a first visitor would.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$here/../.venv/bin/python" -m build --outdir "$scratch/dist" "$here/.." >"$scratch/log" 2>&1 ||
  { cat "$scratch/log"; exit 1; }
ls -l "$scratch/dist"
"$here/../.venv/bin/python" -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check "$scratch"/dist/*.whl
"$scratch/venv/bin/pip" check
mkdir "$scratch/empty"
cd "$scratch/empty"
env -u PYTHONPATH python3 "$here/demo_walk.py" 60 "$scratch/venv/bin/planpush" demo
