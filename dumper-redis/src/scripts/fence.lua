-- Drops the pages of a path and its kin, and sets or takes away a writer's mark.
--
-- KEYS  pages, fences on them
-- ARGV  'raise', 'renew' or 'lift', writer, ms that the mark stands

local pages, fences = KEYS[1], KEYS[2]
local what, writer, stands = ARGV[1], ARGV[2], tonumber(ARGV[3])

if not replication_id() then return NOT_PRIMARY end
own(fences)
local present = now()
local left = redis.call('PTTL', fences)

-- A server that is out of memory refuses a script's first write if that may need
-- more, and none of those after one that does not: so one of these comes first.
local mark = tonumber(redis.call('HGET', fences, writer) or 0) or 0
if what == 'renew' and mark > present then
  redis.call('PERSIST', fences)
else
  -- Nothing was dropped for a mark that is to be renewed and was lost: pages may have
  -- been leased since.
  redis.call('UNLINK', pages)
end

local marks = redis.call('HGETALL', fences)
for at = 1, #marks, 2 do
  if (tonumber(marks[at + 1]) or 0) <= present then redis.call('HDEL', fences, marks[at]) end
end
if what == 'lift' then
  redis.call('HDEL', fences, writer)
else
  redis.call('HSET', fences, writer, digits(present + stands))
  redis.call('PEXPIRE', fences, digits(math.max(left, stands)))
end
return 1
