-- session.lua - what the command line decided for the whole run.
-- SPDX-License-Identifier: MIT
--
-- config   path of the configuration file (--config)
-- profile  name of the profile (--profile)
-- output   format given with -o
-- yes      true: writes on a protected profile are not asked for
-- quiet    true: no progress, no notices
-- verbose  0, 1 (trace), 2 (debug)
-- sandbox  true or the path of its state file (--sandbox[=FILE])
-- faults   list of fault specifications (--fault)
-- child    the sandbox's process while --sandbox is in force
-- words    the arguments of the script; script its name

return { verbose = 0, faults = {}, words = {} }
