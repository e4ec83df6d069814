-- core/export/completion.lua - what bash, zsh and fish load to complete errand's words.
-- SPDX-License-Identifier: MIT
--
-- They hold no lists: each TAB asks errand __complete (core.cli.complete), which
-- takes a few milliseconds. So they are true of the errand that is there, with
-- the services that somebody added, and of the profiles that are configured.
-- Asked is the errand of the PATH, whatever the line begins with: TAB must not
-- start a program of the folder that one happens to be in.

local M = {}

-- readline cuts words at = : and @, too, and replaces only what stands behind;
-- so the words are put together from the line, and the answers cut as readline
-- wants them.
M.bash = [==[
# bash completion for errand; made by errand export completion bash
# SPDX-License-Identifier: MIT

_errand() {
  local line=${COMP_LINE:0:COMP_POINT} words=() word i rest last=
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    rest=${line#"${line%%[![:space:]]*}"}
    word=${rest:0:${#word}}
    if [[ $i == 0 || $rest != "$line" || -z $line ]]; then words+=("$word"); else words[${#words[@]}-1]+=$word; fi
    line=${rest:${#word}}
    last=$word
  done
  local typed=${words[${#words[@]}-1]} mode prefix suffix reply text
  [[ $last =~ ^[=:@]+$ && $COMP_WORDBREAKS == *"${last: -1}"* ]] && last=
  local cut=$((${#typed} - ${#last}))
  words=("${words[@]//[\"\'\\]/}")
  typed=${words[${#words[@]}-1]}
  COMPREPLY=()
  {
    IFS= read -r rest
    mode=${rest%%$'\t'*} rest=${rest#*$'\t'}
    prefix=${rest%%$'\t'*} suffix=${rest#*$'\t'}
    while IFS=$'\t' read -r reply text; do
      [[ $reply == "$typed"* ]] || continue
      [[ $text == +* ]] && compopt -o nospace
      printf -v reply %q "$reply"
      COMPREPLY+=("${reply:cut}")
    done
  } < <(command errand __complete -- "${words[@]:1}" 2>/dev/null)
  [[ $mode == files && ${typed:0:${#prefix}} == "$prefix" ]] || return 0
  compopt -o filenames
  local path=${typed#"$prefix"}
  while IFS= read -r reply; do
    [[ -d $reply || $reply == *"$suffix" ]] || continue
    reply=$prefix$reply
    COMPREPLY+=("${reply:cut}")
  done < <(compgen -f -- "$path")
}
complete -F _errand errand
]==]

M.zsh = [==[
#compdef errand
# zsh completion for errand; made by errand export completion zsh
# SPDX-License-Identifier: MIT

_errand() {
  local -a lines described open
  local mode prefix suffix line word text
  lines=("${(@f)$(command errand __complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  mode=${lines[1]%%$'\t'*}
  if [[ $mode == files ]]; then
    prefix=${${lines[1]#*$'\t'}%%$'\t'*} suffix=${lines[1]##*$'\t'}
    [[ -z $prefix ]] || compset -P "${(b)prefix}" || return 1
    if [[ -n $suffix ]]; then _files -g "*${(b)suffix}"; else _files; fi
    return
  fi
  for line in "${(@)lines[2,-1]}"; do
    word=${line%%$'\t'*} text=${line#*$'\t'}
    if [[ $text == +* ]]; then
      open+=("${word//:/\\:}:${text#+}")
    else
      described+=("${word//:/\\:}${text:+:$text}")
    fi
  done
  local found=1
  (( $#described )) && _describe -t words word described && found=0
  (( $#open )) && _describe -t words word open -S '' && found=0
  return found
}
[[ $funcstack[1] == _errand ]] && _errand "$@" || compdef _errand errand
]==]

M.fish = [==[
# fish completion for errand; made by errand export completion fish
# SPDX-License-Identifier: MIT

function __errand_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l lines (command errand __complete -- $words[2..] "$typed" 2>/dev/null)
    set -l head (string split \t -- $lines[1])
    switch "$head[1]"
        case words
            # a + before the text is for shells that would put a blank there
            string replace -r '\t\+?' '\t' -- $lines[2..]
        case files
            if test -z "$head[2]"
                __fish_complete_path "$typed"
            else if string match -q -- "$head[2]*" "$typed"
                set -l path (string sub -s (math (string length -- "$head[2]") + 1) -- "$typed")
                for one in (__fish_complete_path "$path")
                    printf '%s%s\n' "$head[2]" "$one"
                end
            end
    end
end
complete -c errand -f -a '(__errand_complete)'
]==]

return M
