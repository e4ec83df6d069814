-- What scripts find as globals: the script library and the services.
std = "lua54"
max_line_length = 140
read_globals = { "args", "array", "deadline", "json", "log", "null", "object", "parallel", "print_table", "read_csv", "sleep", "spawn",
  "try", "help", "workflow", "bossinsights", "infoworks", "intrexx", "ixon", "qalyptus", "cjson" }
ignore = { "211/_.*" } -- <close> variables are there for their end

-- What a schedule file finds.
files["scripts/schedule.lua"] = { read_globals = { "defaults", "schedule", "secret" } }
