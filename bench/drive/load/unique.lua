-- Asks for what nobody has asked for before.

local before, after, count = "", "", 0

function init(args)
  local path = string.format("/pages/%s-%d-", args[1], number)
  -- What wrk puts together each time is put together once.
  local request = wrk.format("GET", path .. "here/")
  local from, to = string.find(request, path .. "here", 1, true)
  before = string.sub(request, 1, to - 4)
  after = string.sub(request, to + 1)
end

function request()
  count = count + 1
  return before .. count .. after
end
