-- Takes a lock away, if it is the owner's still.
--
-- KEYS  pages
-- ARGV  field of the lock, owner

local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and string.match(held, ':(.*)$') == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 1
