-- export.lua - errand export: what errand knows, for other programs.
-- SPDX-License-Identifier: MIT

local export = {
  summary = "Write what is known of the services and of errand for other programs.",
  usage = "export openapi SERVICE | docs DIR | stubs [DIR] | completion bash|zsh|fish | man DIR [PAGES]",
  doc = "openapi prints the description of one service as OpenAPI 3.0.3 in JSON. docs writes one page "
    .. "of Markdown a service into DIR. stubs prints annotations from which lua-language-server completes "
    .. "and checks scripts, or writes one file a service into DIR. completion prints what a shell loads to complete errand's "
    .. "words. man writes manual pages into DIR; PAGES is the folder docs of the source, whose pages on configuration, schedules "
    .. "and catalogues become manual pages, too. make install puts all of them where they are looked for.",
  options = {},
}

local function raise(...)
  require("core.error").raise("validation", (...):format(select(2, ...)))
end

local function write(dir, name, text)
  local sys = require "host.sys"
  local ok, err = sys.make_dir(dir, 493) -- 0755
  if ok then ok, err = sys.write_file(dir .. "/" .. name, text, 420) end -- 0644
  if not ok then require("core.error").rethrow(err) end
  require("host.err").log("info", "wrote " .. dir .. "/" .. name)
end

local forms = {}

function forms.openapi(service)
  if not service then raise("which service? errand export openapi SERVICE") end
  local catalogue = require("core.services").catalogue(service)
  require("core.output").text(require("core.export.openapi").text(catalogue))
end

function forms.docs(dir)
  if not dir then raise("which directory? errand export docs DIR") end
  local services = require "core.services"
  for _, name in ipairs(services.usable()) do
    write(dir, name .. ".md", require("core.export.docs").page(services.catalogue(name)))
  end
end

function forms.stubs(dir)
  local services, stubs = require "core.services", require "core.export.stubs"
  local parts, names = { stubs.library() }, { "errand" }
  for _, name in ipairs(services.usable()) do
    parts[#parts + 1], names[#names + 1] = stubs.service(services.catalogue(name)), name
  end
  if not dir or dir == "-" then
    local text = { parts[1] } -- one file: the mark at the head of the others goes
    for i = 2, #parts do text[i] = parts[i]:gsub("^%-%-%-@meta[^\n]*\n", "") end
    return require("core.output").text(table.concat(text, "\n"))
  end
  for i, text in ipairs(parts) do write(dir, names[i] .. ".lua", text) end
end

function forms.completion(shell)
  local texts = require "core.export.completion"
  if not texts[shell or ""] then
    raise("which shell? errand export completion bash|zsh|fish%s",
      shell and require("core.suggest").did_you_mean(shell, { "bash", "zsh", "fish" }) or "")
  end
  require("core.output").text(texts[shell])
end

function forms.man(dir, pages)
  if not dir then raise("which directory? errand export man DIR [PAGES]") end
  for _, page in ipairs(require("core.export.man").pages(pages)) do write(dir, page[1], page[2]) end
end

--- export.run(args): args[1] is the form, args[2] its service, directory or shell.
function export.run(args)
  local known = { "openapi", "docs", "stubs", "completion", "man" }
  local form = forms[args[1] or ""]
  if not form then
    raise("which form? errand %s%s", export.usage, args[1] and require("core.suggest").did_you_mean(args[1], known) or "")
  end
  if args[args[1] == "man" and 4 or 3] then raise("usage: errand %s", export.usage) end
  form(args[2], args[3])
end

return export
