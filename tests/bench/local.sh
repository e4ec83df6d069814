#!/bin/sh
# The local half of the measurements: what errand costs without a network, each
# figure beside that of a peer whose turns alternate with its own.
# local.sh BUILD [ROW...]: start touch json memory steps prompt, all by default.
# LOCAL_RUNS=200 runs of each command.
set -eu
build=$(cd "$1" && pwd)
shift
: "${LOCAL_RUNS:=200}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# Nothing of the caller's own settings counts.
for name in $(env | sed -n 's/^\(ERRAND_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
mkdir "$tmp/home"
export HOME="$tmp/home" XDG_CONFIG_HOME="$tmp/none" XDG_STATE_HOME="$tmp/state" LOCAL_RUNS

echo "medians of $LOCAL_RUNS runs in turn; load: $(cut -d' ' -f1 /proc/loadavg)"
[ $# -gt 0 ] || set -- start touch json memory steps prompt
for row in "$@"; do
  printf '\n== %s\n' "$row"
  case $row in
    start) sh tests/bench/start.sh "$build" "$LOCAL_RUNS" ;;
    touch) sh tests/bench/local_touch.sh "$build" ;;
    json) sh tests/bench/local_json.sh "$build" ;;
    memory) sh tests/bench/local_memory.sh "$build" ;;
    steps) sh tests/bench/local_steps.sh "$build" ;;
    prompt) sh tests/bench/prompt.sh "$build" "$LOCAL_RUNS" || echo "prompt: see above" ;;
    *) echo "local.sh: no row '$row'" >&2; exit 2 ;;
  esac
done
