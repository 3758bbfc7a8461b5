#!/usr/bin/env bash
# The container image: builds it without an engine, looks at what is in it, and uses it from outside
# (image_smoke.py). Debian only, as root, with buildah and netavark. A builder beside the checkout, or
# one that IMAGE_BUILD names, makes the base image, too, with debootstrap, and keeps it between runs;
# without one buildah pulls it.
set -euo pipefail
cd "$(dirname "$0")/.."
base=docker.io/library/python:3.13-slim image=planpush:smoke most=150
build=${IMAGE_BUILD:-../shared/tools/image/build}
scratch=$(mktemp -d) container=''
trap finish EXIT

main() {
  make_image >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
  container=$(b from --pull-never "$image")
  root=$(b mount "$container")
  look
  b inspect --type image "$image" | python3 -c \
    'import json, sys; json.dump(json.load(sys.stdin)["Docker"]["config"], sys.stdout)' >"$scratch/config.json"
  unshare --net python3 .ci/image_smoke.py "$root" "$scratch/config.json"
}

make_image() {
  if [[ -x $build ]]; then
    "$build" . "$base" "$image"
  else
    b bud --isolation chroot --network host --format docker --tag "$image" .
  fi
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
size() {
  b images --json "$1" | python3 -c \
    'import json, sys; print(int(json.load(sys.stdin)[0]["size"].removesuffix(" MB")))'
}

b() { buildah --storage-driver vfs "$@"; }

finish() {
  [[ -z $container ]] || b rm "$container" >/dev/null
  b rmi "$image" >/dev/null 2>&1 || true
  rm -rf "$scratch"
}

main
