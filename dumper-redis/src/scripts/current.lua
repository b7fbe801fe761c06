-- Tells the generations of tags and entities, unless a fence stands on one or on all.
--
-- ARGV  random, names of tags and entities …
--
-- -> { 'fenced' } | { 'open', base, number, generation or nil … }

mend()
local stand = standing()
if stand['a'] then return { 'fenced' } end
local known = redis.call('HMGET', generations, 'b', 's')
local answer = { 'open', known[1], known[2] }
for at = 2, #ARGV do
  if stand[ARGV[at]] then return { 'fenced' } end
  answer[#answer + 1] = redis.call('HGET', generations, ARGV[at])
end
return answer
