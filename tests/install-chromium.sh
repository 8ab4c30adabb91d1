#!/bin/sh
# Sees to it that browser tests find a Chromium on PATH. Never fails: the tests say what they miss.
cd "$(dirname "$0")/.." || exit 0

has_chromium() {
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && return 0
  done
  return 1
}

cannot() {
  echo "No Chromium for the browser tests: $1. Put a 'chromium' on PATH to run them." >&2
  exit 0
}

has_chromium && exit 0
grep -rqs --include='test_*.py' 'pytest\.mark\.browser' tests || exit 0
[ "$(id -u)" -eq 0 ] || cannot "only root may install one"
command -v apt-get >/dev/null 2>&1 || cannot "there is no apt-get here"

echo "Installing Chromium for the browser tests ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
{
  apt-get update -qq &&
    apt-get install -y -qq --no-install-recommends chromium fonts-liberation
} </dev/null >"$log" 2>&1 || {
  tail -n 5 "$log" >&2
  cannot "apt-get failed"
}
has_chromium || cannot "apt-get installed none that starts from PATH"
