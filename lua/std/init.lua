-- std - the script library: name of the global -> module that returns it.
-- SPDX-License-Identifier: MIT

return {
  args = "std.args",
  array = "std.array",
  deadline = "std.deadline",
  help = "std.help",
  json = "std.json",
  log = "std.log",
  null = "std.null",
  object = "std.object",
  parallel = "std.parallel",
  print_table = "std.print_table",
  read_csv = "std.read_csv",
  sleep = "std.sleep",
  spawn = "std.spawn",
  try = "std.try",
  workflow = "std.workflow",
}
