#!/usr/bin/env bash
# The container image: builds it without an engine, looks at what is in it, and uses it from outside
# (image_smoke.py). Debian only, as root, with buildah, netavark and debootstrap. The builder is one
# beside the checkout, or the one that IMAGE_BUILD names; it keeps its base image between runs.
set -euo pipefail
cd "$(dirname "$0")/.."
base=docker.io/library/python:3.13-slim image=planpush:local most=150
build=${IMAGE_BUILD:-../shared/tools/image/build}
scratch=$(mktemp -d) container=''
trap finish EXIT

main() {
  if [[ ! -x $build ]]; then
    echo "No image builder at $build: name one with IMAGE_BUILD (DIR BASE_TAG IMAGE_TAG)." >&2
    exit 1
  fi
  "$build" . "$base" "$image" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
  container=$(b from --pull-never "$image")
  root=$(b mount "$container")
  look
  b inspect --type image "$image" | python3 -c \
    'import json, sys; json.dump(json.load(sys.stdin)["Docker"]["config"], sys.stdout)' >"$scratch/config.json"
  unshare --net python3 .ci/image_smoke.py "$root" "$scratch/config.json"
}

# What it adds to its base, and that nothing lies in it that only builds.
look() {
  local added unwanted
  added=$(($(size "$image") - $(size "$base")))
  echo "image: $added MB above its base"
  ((added < most)) || { echo "That is $most MB or more." >&2; exit 1; }
  unwanted=$(find "$root" -xdev \( -path "$root/src" -o -path '*/.cache/pip' -o -path '*/.npm' \
    -o ! -type d \( -name node -o -name npm -o -name gcc -o -name cc -o -name ld -o -name strip \
    -o -name '*.c' -o -name .env -o -name conftest.py -o -path "$root/opt/*.whl" \) \) -print)
  [[ -z $unwanted ]] || { printf 'This is of no use in it:\n%s\n' "$unwanted" >&2; exit 1; }
}

# In MB, as buildah tells it.
size() { b images --json "$1" | python3 -c 'import json, sys; print(int(json.load(sys.stdin)[0]["size"].removesuffix(" MB")))'; }

b() { buildah --storage-driver vfs "$@"; }

finish() {
  [[ -z $container ]] || b rm "$container" >/dev/null
  rm -rf "$scratch"
}

main
