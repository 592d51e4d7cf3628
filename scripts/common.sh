# shellcheck shell=bash
# What the scripts share: the repository as working folder, one way to speak, one way to ask for a program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck disable=SC2034
cache="${XDG_CACHE_HOME:-$HOME/.cache}/nattery"
# shellcheck disable=SC2034
frontend=custom_components/nattery/frontend

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Where byte code is not kept (many containers switch that off), every start compiles Home Assistant: four seconds.
unset PYTHONDONTWRITEBYTECODE

# apt_install PACKAGE...: installs Debian packages; fails where this user or system cannot.
apt_install() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  say "Installing $* (apt)"
  export DEBIAN_FRONTEND=noninteractive
  # The lists of a fresh machine may be empty or old, so they are fetched when a first try fails.
  apt-get install -qq -y --no-install-recommends "$@" </dev/null >/dev/null 2>&1 ||
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@"; } </dev/null >/dev/null
}

# need COMMAND PACKAGE PURPOSE: the command is there, or apt brings it, or one sentence says what to do.
need() {
  command -v "$1" >/dev/null && return
  apt_install "$2" || die "$1 is missing and needed for $3: install it (Debian and Ubuntu: sudo apt install $2)."
}

# step MESSAGE COMMAND...: a long step says what it does, and every 15 s that it still does; its output is shown when it fails.
step() {
  local waited=0
  step_message=$1 step_log=$(mktemp)
  shift
  say "$step_message"
  while sleep 15 >/dev/null 2>&1; do say "  … $((waited += 15)) s"; done &
  step_clock=$!
  trap step_failed EXIT
  "$@" </dev/null >"$step_log" 2>&1
  trap - EXIT
  step_end
}

step_end() {
  kill "$step_clock"
  wait "$step_clock" 2>/dev/null || true
  rm -f "$step_log"
}

step_failed() {
  cat "$step_log" >&2
  step_end
  say "This step failed: $step_message"
}
