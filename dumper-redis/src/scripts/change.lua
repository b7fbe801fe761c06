-- Invalidates tags, entities and all, sets or takes away a writer's marks on them, and
-- tells of moves.
--
-- ARGV  random, 'moved' or nothing, 'renew' or nothing, writer, ms that a mark stands,
--       and of each change: name, 'stands', 'lifted' or nothing, entry of an entity in
--       the registry. The name `r` is the registry's own: it is forgotten, with all.
--
-- -> { mark of moves as it was, as it is }

-- The first write needs no memory: see the script for fences on paths.
redis.call('PERSIST', generations)
mend()
local stand = standing()
local moved, is_renewal, writer, stands = ARGV[2], ARGV[3] == 'renew', ARGV[4], tonumber(ARGV[5])

-- Adds an entity to the registry. Of the pages that were stored before, none says
-- whether it is of that entity: they all go.
local function register(entry)
  local registry = redis.call('HGET', generations, 'r') or ''
  if string.find(registry, entry, 1, true) then return end
  if #registry + #entry > MOST_REGISTERED then registry = '' end
  redis.call('HSET', generations, 'r', registry .. entry)
  drop_all()
end

local function drop(name, entry)
  if name == 'a' then
    drop_all()
  elseif name == 'r' then
    redis.call('HDEL', generations, 'r')
    drop_all()
  else
    if entry ~= '' then register(entry) end
    renew(name)
  end
end

local present = now()
local left = redis.call('PTTL', fences)
local is_fenced = false
for at = 6, #ARGV, 3 do
  local name, fence, entry = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local field = writer .. name
  -- A mark that is to be renewed and was lost is raised anew.
  local stood = stand[name] and redis.call('HEXISTS', fences, field) == 1
  if not (is_renewal and stood and fence == 'stands') then drop(name, entry) end
  if fence == 'stands' then
    redis.call('HSET', fences, field, digits(present + stands))
    is_fenced = true
  elseif fence == 'lifted' then
    redis.call('HDEL', fences, field)
  end
end
-- The marks outlast their deadlines, to be seen expired by those who hold leases.
if is_fenced then
  redis.call('PEXPIRE', fences, digits(math.max(left, stands + LONGEST_LEASE)))
end
if redis.call('HLEN', generations) > MOST then drop_all() end

local found = redis.call('HGET', generations, 'm')
if moved == 'moved' then redis.call('HSET', generations, 'm', id .. random) end
return { found, redis.call('HGET', generations, 'm') }
