# prompt.sh - the prompt, in a terminal of tmux's, as repl_*.sh drive it.
# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
#
# To be read after e2e.sh and screen.sh. A step is a text that is typed and
# ends when the next prompt stands; what came of it is in $tmp/out.

# A prompt and nothing behind it, as a line of the screen.
prompt='^errand(\([^)]*\))?>$'

# look: $line, the number of the cursor's line since the terminal began, and
# $scrolled, how many of them have left the screen
look() {
  place=$(screen_tmux display-message -p '#{history_size} #{cursor_y} #{cursor_x}' 2>/dev/null) || return 1
  # shellcheck disable=SC2086
  set -- $place
  scrolled=$1 row=$2 column=$3
  line=$((scrolled + row))
}

at_prompt() {
  look && [ "$line" -gt "$step_line" ] || return 1
  before_cursor=$(screen_text | sed -n "$((row + 1))p")
  [ "$column" = $((${#before_cursor} + 1)) ] && printf '%s\n' "$before_cursor" | grep -Eq "$prompt"
}

# gather: what the terminal shows from the step's first line on, in $tmp/out
gather() {
  look && screen_tmux capture-pane -p -S $((step_line - scrolled)) >"$tmp/out"
}

# begin: a step begins in the line of the cursor
begin() {
  look
  step_line=$line
}

# await_prompt: the step is over; false if no prompt came
await_prompt() {
  screen_until at_prompt
  code=$?
  gather
  return $code
}

# enter TEXT: a step; TEXT must be a whole statement
enter() {
  begin
  screen_type "$1"
  screen_key Enter
  await_prompt
}

# enter_lines TEXT...: a step of several lines
enter_lines() {
  begin
  for text; do
    screen_type "$text"
    screen_key Enter
  done
  await_prompt
}

# key KEY...: a step that keys make
key() {
  begin
  screen_key "$@"
  await_prompt
}

# prompt_run WIDTH HEIGHT COMMAND...: until the first prompt stands
prompt_run() {
  step_line=-1
  screen_start "$@"
  await_prompt
}

# prompt_start WIDTH HEIGHT [OPTION...]: errand
prompt_start() {
  size="$1 $2"
  shift 2
  # shellcheck disable=SC2086
  prompt_run $size errand "$@"
}

# prompt_end: by Ctrl-D; the exit code in $code
prompt_end() {
  screen_key C-d
  screen_ended
}

# shows TEXT WHAT, lacks TEXT WHAT: the last step's text
shows() {
  grep -qF -- "$1" "$tmp/out"
  result $? "$2" || echo "# wanted: $1"
}

lacks() {
  ! grep -qF -- "$1" "$tmp/out"
  result $? "$2" || echo "# unwanted: $1"
}

# tells TEXT WHAT: the same, over the ends of lines
tells() {
  tr -s '\n ' ' ' <"$tmp/out" | grep -qF -- "$1"
  result $? "$2" || echo "# wanted: $1"
}

# shows_line LINE WHAT: a line of the last step is exactly this
shows_line() {
  grep -qxF -- "$1" "$tmp/out"
  result $? "$2" || echo "# wanted: $1"
}

cursor_line_is() {
  [ "$(screen_cursor)" = "$1" ]
}
