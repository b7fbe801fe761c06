-- Stores a page under a token.
--
-- KEYS  pages
-- ARGV  token, field of the page, page, field of the selecting names, names or
--       nothing, limit of pages, label of this format, random number, field of the
--       lock or nothing, owner of the lock
--
-- -> 1 stored | 0 the token is void | -1 there is no room among plain pages

local pages = KEYS[1]
local token, field, page, names_field, names = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local limit, label, random, lock, owner = tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8]), ARGV[9], ARGV[10]

local id = replication_id()
if not id then return NOT_PRIMARY end
own(pages)
if redis.call('HGET', pages, 't') ~= token or not is_of(token, id) then return 0 end

-- Of this format at most as many as the limit says, and as many of all others
-- together. Plain pages (`p`) are the last to go: visitors make variants, and shall
-- not drive out what the path alone asks for. They choose hosts as well, so that plain
-- pages must not keep each other out.
local count, variants, plain, notes = 1, {}, {}, {}
local others, plain_others = {}, {}
for _, name in ipairs(redis.call('HKEYS', pages)) do
  local kind = string.sub(name, 1, 1)
  if name == field or name == names_field or name == lock then
    -- It is to be written.
  elseif kind == 'v' or kind == 'p' then
    if string.sub(name, 2, 1 + #label) ~= label then
      local those = kind == 'v' and others or plain_others
      those[#those + 1] = name
    else
      count = count + 1
      local those = kind == 'v' and variants or plain
      those[#those + 1] = name
    end
  elseif kind == 'n' or kind == 'l' then
    notes[#notes + 1] = name
  end
end

local is_plain = string.sub(field, 1, 1) == 'p'
if count > limit and #variants == 0 and not is_plain then return -1 end

-- Written before anything goes: out of memory, it ends here and nothing is lost.
redis.call('HSET', pages, field, page)
redis.call('PERSIST', pages)
if names == '' then
  redis.call('HDEL', pages, names_field)
else
  redis.call('HSET', pages, names_field, names)
end
if lock ~= '' then
  local held = redis.call('HGET', pages, lock)
  if held and string.match(held, ':(.*)$') == owner then redis.call('HDEL', pages, lock) end
end

local function drop_one(these, or_else)
  local those = #these > 0 and these or or_else
  if #those > 0 then redis.call('HDEL', pages, those[random % #those + 1]) end
end
if count > limit then drop_one(variants, plain) end
if #others + #plain_others > limit then drop_one(others, plain_others) end
-- What is noted of pages that have gone may stay, up to a number; then all of it is
-- found out anew.
if #notes > 8 * limit then
  for _, note in ipairs(notes) do redis.call('HDEL', pages, note) end
end
return 1
