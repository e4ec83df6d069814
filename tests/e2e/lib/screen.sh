# screen.sh - a program on a terminal of any size: keys go in, the screen is read back.
# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
#
# To be read after e2e.sh. The terminal is a tmux server of its own with its
# socket in $tmp; it ends with the test, with what still runs in it. Waiting
# means looking at the screen until it is as it should be, 20 seconds at most.

screen_number=0
screen_socket=$tmp/screen.0
screen_pid=
unset TMUX TMUX_PANE
INPUTRC=/dev/null
export INPUTRC

cat >"$tmp/screen.conf" <<'END'
set -g default-terminal screen
set -g default-shell /bin/sh
set -g status off
set -g history-limit 5000
set -g remain-on-exit on
set -g remain-on-exit-format ""
set -s escape-time 0
END

screen_tmux() {
  tmux -u -S "$screen_socket" -f "$tmp/screen.conf" "$@"
}

# screen_start WIDTH HEIGHT COMMAND...: in place of what ran before.
# Variables may stand first: screen_start 80 24 env NO_COLOR=1 errand
screen_start() {
  screen_stop
  # The server before may take a while to let go of its socket.
  screen_number=$((screen_number + 1))
  screen_socket=$tmp/screen.$screen_number
  width=$1 height=$2
  shift 2
  # "$@" passes through a shell of tmux: quoted, so that it arrives as it is.
  words=
  for word in "$@"; do words="$words '$(printf '%s' "$word" | sed "s/'/'\\\\''/g")'"; done
  screen_tmux new-session -d -x "$width" -y "$height" "exec $words"
  screen_pid=$(screen_tmux display-message -p '#{pane_pid}')
  [ -n "$screen_pid" ] && return
  echo "Bail out! tmux does not start"
  exit 1
}

# Ends the program and the terminal; harmless when there is none.
screen_stop() {
  [ -n "$screen_pid" ] || return 0
  screen_tmux kill-server 2>/dev/null
  gone "$screen_pid" || kill -KILL "$screen_pid" 2>/dev/null
  screen_pid=
}
trap 'screen_stop; finish' EXIT
trap 'exit 1' HUP PIPE

# screen_type TEXT: as if typed, without Enter
screen_type() {
  # tmux takes a last semicolon for the end of its command.
  case $1 in
    *\;) screen_tmux send-keys -l -- "${1%?}\\;" ;;
    *) screen_tmux send-keys -l -- "$1" ;;
  esac
}

# screen_key KEY...: Enter, Tab, Up, C-c, C-d, M-b, BSpace, ...
screen_key() {
  screen_tmux send-keys -- "$@"
}

# screen_paste TEXT: as a terminal does it: line ends as returns, in brackets
# if the program has asked for them
screen_paste() {
  printf '%s' "$1" | screen_tmux load-buffer -
  screen_tmux paste-buffer -p -d
}

# screen_resize WIDTH HEIGHT
screen_resize() {
  screen_tmux resize-window -x "$1" -y "$2"
}

# What is on the screen now, without the blanks at the ends of the lines;
# screen_all: with what has left it at the top; screen_colors: with the codes.
screen_text() {
  screen_tmux capture-pane -p
}

screen_all() {
  screen_tmux capture-pane -p -S -
}

screen_colors() {
  screen_tmux capture-pane -p -e
}

# Without the empty lines at the end.
screen_trim() {
  sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

# screen_cursor: the line that the cursor is in
screen_cursor() {
  screen_text | sed -n "$(($(screen_tmux display-message -p '#{cursor_y}') + 1))p"
}

# screen_until COMMAND...: runs it until it succeeds; with the deadline behind
# it shows the screen and fails
screen_until() {
  deadline=$(($(date +%s) + 20 * ${SLOW:-1}))
  until "$@"; do
    if [ "$(date +%s)" -ge $deadline ]; then
      echo "# waited for: $*"
      screen_all | screen_trim | tail -n 40 | sed 's/^/# screen: /'
      return 1
    fi
    sleep 0.02
  done
}

screen_holds() {
  screen_text | grep -qF -- "$1"
}

screen_lacks() {
  ! screen_holds "$1"
}

# screen_wait TEXT: until the screen holds it. What is typed is on the screen,
# too: wait for something else, or use screen_run.
screen_wait() {
  screen_until screen_holds "$1"
}

# screen_shows TEXT WHAT, screen_hides TEXT WHAT: as tests
screen_shows() {
  screen_wait "$1"
  result $? "$2"
}

screen_hides() {
  screen_lacks "$1"
  result $? "$2"
}

screen_prompted() {
  screen_cursor | grep -q '^errand[^>]*>$'
}

screen_not_prompted() {
  ! screen_prompted
}

# screen_prompt: until the cursor is behind an empty prompt
screen_prompt() {
  screen_until screen_prompted
}

# screen_run TEXT: types a statement and Enter, until the next prompt is there
screen_run() {
  screen_prompt && screen_type "$1" && screen_until screen_not_prompted && screen_key Enter &&
    screen_prompt
}

# Without the program's end in it the answer is empty, also for the moment
# between the end of the terminal and that of the program.
screen_over() {
  code=$(screen_tmux display-message -p '#{pane_dead_status}#{?pane_dead_signal,signal ,}#{pane_dead_signal}')
  [ -n "$code" ] && return
  # tmux may miss that its child is over until it hears of one again.
  alive "$screen_pid" || kill -CHLD "$(screen_tmux display-message -p '#{pid}')"
  return 1
}

# screen_ended: until the program is over; its exit code, or its signal, in $code
screen_ended() {
  screen_until screen_over
}

screen_at_top() {
  [ "$(screen_tmux display-message -p '#{cursor_y}')" = 0 ]
}

# screen_clear: at an empty prompt, which is then all that is on the screen
screen_clear() {
  screen_prompt && screen_key C-l && screen_until screen_at_top
}

# screen_settled FILE: the screen as the golden files hold it, times as zeros
screen_settled() {
  screen_text | sed 's/[0-9][0-9]*\.[0-9][0-9]* s\([,;)]\)/0.000 s\1/' | screen_trim >"$1"
}

screen_equals() {
  screen_settled "$tmp/screen.now"
  cmp -s "$tmp/screen.now" "$1"
}

# screen_same GOLDEN WHAT: the screen is tests/e2e/golden/GOLDEN.txt. UPDATE=1
# makes the file anew.
screen_same() {
  golden=$here/tests/e2e/golden/$1.txt
  if [ "${UPDATE:-}" = 1 ]; then
    screen_settled "$golden"
    return 0
  fi
  screen_until screen_equals "$golden" >/dev/null
  result $? "$2" || diff "$golden" "$tmp/screen.now" | sed 's/^/# /'
}
