-- What all scripts begin with.

-- The replication id of this server. It changes when the server starts, and when it
-- is promoted: whatever bears another may be older than an invalidation that the
-- server has never seen, or has forgotten.
local function replication_id()
  local info = redis.call('INFO', 'replication')
  if not string.find(info, 'role:master', 1, true) then return nil end
  return string.match(info, 'master_replid:(%x+)')
end

local NOT_PRIMARY = { err = 'NOTPRIMARY this server is not a primary' }

-- Whether a token, base or mark was made under this replication id.
local function is_of(value, id)
  return value and #value == #id + 32 and string.sub(value, 1, #id) == id
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Somebody else's value at a key of ours goes.
local function own(key)
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'hash' and kind ~= 'none' then redis.call('UNLINK', key) end
end

-- A number that is written as text, with all its digits.
local function digits(number) return string.format('%.0f', number) end
