-- What the scripts on generations begin with.
--
-- KEYS  generations, fences on tags, entities and all
-- ARGV  random, …
--
-- The generations are a hash:
--   b  the base: pages bear it, so a new one drops them all
--   s  how many generations were made under the base, twice
--   m  the mark of the last move
--   r  the registry of entities
--   t… and e…  the generation of a tag or entity, if it was invalidated under the
--      base: its number, random, and its number again
-- A generation is never there again, since base and numbers are lost together.

local generations, fences, random = KEYS[1], KEYS[2], ARGV[1]
local MOST, MOST_REGISTERED = 10000, 262144
-- How long a lease may be, and more.
local LONGEST_LEASE = 90000

local id = replication_id()
if not id then return NOT_PRIMARY end

-- A number is written twice, so that one is seen that somebody else has changed: with
-- a lower one, a render would seem to be younger than it is.
local function count_of(value)
  local number = string.match(value or '', '^(%d+):%1$')
  local count = tonumber(number)
  return count and digits(count) == number and count
end

local function begin(mark, registry)
  redis.call('UNLINK', generations)
  redis.call('HSET', generations, 'b', id .. random, 's', '0:0', 'm', mark)
  if registry then redis.call('HSET', generations, 'r', registry) end
end

-- What is not ours, or of another history, is begun anew, with a mark that nobody
-- has seen: moves may have been forgotten. So is the registry; the first invalidation
-- of each entity then drops everything.
local function mend()
  own(generations)
  own(fences)
  local known = redis.call('HMGET', generations, 'b', 'm', 's')
  if not (is_of(known[1], id) and is_of(known[2], id) and count_of(known[3])) then
    begin(id .. string.reverse(random))
  end
end

local function drop_all()
  local kept = redis.call('HMGET', generations, 'm', 'r')
  begin(kept[1], kept[2])
end

local function renew(name)
  local number = digits(count_of(redis.call('HGET', generations, 's')) + 1)
  redis.call('HSET', generations, 's', number .. ':' .. number)
  redis.call('HSET', generations, name, number .. ':' .. random .. ':' .. number)
end

-- The marks that stand, by the names of what they stand on. One that has expired is
-- an invalidation of what it stood on: of a page only the response may have told that
-- it is filed there, and its lease was given all the same.
--
-- Whoever asks for a lease does not name an entity that the registry has forgotten:
-- a mark on one stands on all.
local function standing()
  local stand = {}
  local present = now()
  local marks = redis.call('HGETALL', fences)
  local registry = #marks > 0 and redis.call('HGET', generations, 'r') or ''
  for at = 1, #marks, 2 do
    local name = string.sub(marks[at], 33)
    local is_forgotten = string.match(name, '^e%x+$')
      and not string.find(registry, name .. ':', 1, true)
    if (tonumber(marks[at + 1]) or 0) > present then
      stand[name] = true
      if is_forgotten then stand['a'] = true end
    else
      redis.call('HDEL', fences, marks[at])
      if is_forgotten then
        drop_all()
      elseif string.match(name, '^[te]%x+$') then
        renew(name)
      end
    end
  end
  return stand
end
