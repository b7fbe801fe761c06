-- Gives the right to store pages of a path and its kin: their token.
--
-- KEYS  pages, fences on them
-- ARGV  random, ms of the lease, field of the selecting names, field of the lock or
--       nothing, ms of the lock
--
-- -> { 'fenced' } | { 'awaited', ms } | { 'granted', token, selecting names }

local pages, fences = KEYS[1], KEYS[2]
local random, lease, names, lock, locked = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

local id = replication_id()
if not id then return NOT_PRIMARY end
own(pages)
own(fences)

local present = now()
for _, deadline in ipairs(redis.call('HVALS', fences)) do
  if (tonumber(deadline) or 0) > present then return { 'fenced' } end
end

-- The token was there before the pages, and goes with them: what is stored without
-- one, or beside one of another history, is not known to be true.
local token = redis.call('HGET', pages, 't')
if not is_of(token, id) then
  if redis.call('EXISTS', pages) == 1 then redis.call('UNLINK', pages) end
  token = id .. random
  redis.call('HSET', pages, 't', token)
  redis.call('PEXPIRE', pages, lease)
elseif redis.call('PTTL', pages) >= 0 then
  -- No page is stored yet, so that the token has an end; not before this lease.
  redis.call('PEXPIRE', pages, lease)
end

-- Locks of renders that stored nothing may stay: past a number, nobody waits.
if lock ~= '' and redis.call('HLEN', pages) < 1000 then
  local held = redis.call('HGET', pages, lock)
  local left = held and tonumber(string.match(held, '^(%d+):') or 0) - present or 0
  if left > 0 and left <= locked then return { 'awaited', left } end
  redis.call('HSET', pages, lock, digits(present + locked) .. ':' .. random)
end
return { 'granted', token, redis.call('HGET', pages, names) }
