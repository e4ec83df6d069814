-- facts.lua - what walk.lua cannot see for itself, and why it is so.
-- SPDX-License-Identifier: MIT

local function set(words)
  local out = {}
  for word in words:gmatch "%S+" do out[word] = true end
  return out
end

return {
  -- These set handlers.
  installers = set "sigaction __sigaction signal __sysv_signal bsd_signal ssignal sigset sigvec sigignore siginterrupt",

  -- These start threads, or processes that share our memory, of which one could run a handler.
  starters = set [[pthread_create thrd_create clone __clone clone3 vfork getaddrinfo_a aio_read aio_write aio_fsync lio_listio
    mq_notify timer_create MHD_start_daemon_va]],

  -- Functions of ours that pass on an action which they got from sigaction itself: what was in force
  -- before, or is put back; for each handler in it there is another place that names it.
  passes_on = {
    ["host/pager.c:put_back"] = "puts back what was in force before the pager",
    ["host/replterm.c:restart_writes"] = "the same handler, with SA_RESTART",
    ["replterm_leave"] = "puts back what was in force before the line was edited",
    ["host/replterm.c:on_signal"] = "what was in force before the line was edited, and itself again",
    ["host/secretask.c:guard_end"] = "puts back what was in force before the question",
  },

  -- Functions of libraries that call nothing: looked up in the program. lua.h lets a handler set a hook
  -- (lua.c's own handler of Ctrl-C does): it stores a few words.
  leaves = set "lua_sethook lua_gethook",

  -- Of those that a handler may call and ours do: they change errno.
  set_errno = set "write read close raise kill sigaction sigprocmask tcgetattr tcsetattr",

  -- The rest.
  explained = {
    __errno_location = "the address of errno; every handler that changes errno puts it back",
    pthread_equal = "compares two numbers; it is not listed only since it is usually a macro",
  },
}
