-- faults.lua - what each system call can fail with, and which calls are not failed.
-- SPDX-License-Identifier: MIT

local faults = {}

-- By the kernel's name. A number is what the call returns without having done
-- anything: 0 bytes written.
local by_call = {
  { "open openat", "ENOSPC", "EACCES", "EMFILE", "EIO" },
  { "write pwrite64 writev pwritev", "ENOSPC", "EIO", "EINTR", 0 },
  { "fsync fdatasync", "EIO", "ENOSPC" },
  { "rename renameat renameat2 link linkat", "ENOSPC", "EXDEV", "EIO" },
  { "sendto sendmsg sendmmsg", "ECONNRESET", "EPIPE", "EAGAIN" },
  { "recvfrom recvmsg recvmmsg", "ECONNRESET", "EINTR", "EAGAIN" },
  { "read pread64", "EIO", "EINTR" },
  { "close", "EIO", "EINTR" },
  { "ftruncate fallocate", "EIO", "ENOSPC" },
  { "mmap", "ENOMEM" },
  { "flock", "EINTR", "ENOLCK" },
  { "fcntl", "ENOLCK", "EINTR" },
  { "poll ppoll select pselect6", "EINTR", "ENOMEM" },
  { "eventfd2 signalfd4 timerfd_create pipe2 socketpair inotify_init1", "EMFILE" },
  { "timerfd_settime getrandom", "EINVAL" },
  { "socket", "EMFILE" },
  { "connect", "ECONNREFUSED", "EINTR" },
  { "setsockopt getsockopt getsockname getpeername bind listen accept4", "ENOBUFS" },
  { "clone clone3 vfork", "EAGAIN" },
  { "execve", "ENOENT" },
  { "pidfd_open", "EMFILE", "ENOSYS" },
  { "wait4 waitid", "EINTR" },
  { "unlink unlinkat", "EIO", "EACCES" },
  { "mkdir mkdirat", "ENOSPC", "EACCES" },
  { "newfstatat fstat statx fstatfs", "EIO" },
  { "fchmod fchmodat chmod", "EPERM" },
  { "lseek", "EIO" },
  { "getdents64", "EIO" },
  { "ioctl", "EIO" },
}

faults.errors, faults.calls = {}, {}
for _, row in ipairs(by_call) do
  for name in row[1]:gmatch "%S+" do
    faults.errors[name] = { table.unpack(row, 2) }
    faults.calls[#faults.calls + 1] = name
  end
end

-- The process begins for us where it refuses debuggers, which main does first.
-- What is before is the loader's and the constructors' of the libraries.
faults.marker = "prctl(PR_SET_DUMPABLE"

-- Libraries loaded late, what the C library reads for itself, flags of
-- descriptors, locks that are given back (the kernel cannot refuse that on a
-- local disk), and memory: that is what the allocation campaign is for. A pipe
-- or a socket whose closing "failed" would stay open, as no kernel leaves it.
local skipped = { "/usr/lib/", "/lib/", "/etc/ld%.so", "/usr/share/locale", "/usr/lib/locale", "/usr/share/zoneinfo", "/etc/localtime",
  "MAP_ANONYMOUS", "MAP_STACK", "F_[GS]ETFD", "F_[GS]ETFL", "F_DUPFD", "F_UNLCK",
  "^close%(%d+<[%l_]+:%[", "/etc/ssl/openssl%.cnf", "/proc/sys/crypto" }

--- Is this call, as strace writes it, none of ours?
function faults.foreign(line)
  for _, pattern in ipairs(skipped) do
    if line:find(pattern) then return true end
  end
  return false
end

--- What strace calls this fault.
function faults.inject(call, fault, n)
  return ("%s:%s:when=%d"):format(call, type(fault) == "number" and "retval=" .. fault or "error=" .. fault, n)
end

-- The system's words, and those of ours that say the same with what to do.
local words = {
  EIO = "Input/output error|disk I/O error|failed to flush|its disk fails|cannot be opened",
  ENOSPC = "No space left|disk is full|failed to flush",
  EACCES = "Permission denied|cannot be written|cannot be opened|disk I/O error",
  EMFILE = "Too many open files|too many files|cannot be opened",
  ECONNRESET = "reset by peer|connection was|closed the connection",
  EPIPE = "Broken pipe|connection was",
  ENOMEM = "Cannot allocate memory|out of memory|error in select/poll",
  ENOLCK = "No locks available|locking protocol",
  EXDEV = "cross-device", EAGAIN = "temporarily unavailable", EPERM = "not permitted", ENOENT = "No such file",
  ECONNREFUSED = "refused", EINTR = "nterrupted",
}

--- Does the text say so? True for faults that have no words.
function faults.named(fault, text)
  if not words[fault] then return true end
  for word in words[fault]:gmatch "[^|]+" do
    if text:find(word, 1, true) then return true end
  end
  return false
end

return faults
