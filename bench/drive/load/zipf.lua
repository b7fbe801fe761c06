-- Asks for pages by Zipf's law: the second half as often as the first, the third a
-- third as often. What is asked for is drawn beforehand, and then only looked up.

local drawn, next_drawn = {}, 0
local DRAWS = 65536

function init(args)
  local pages, seed = tonumber(args[1]), tonumber(args[2])
  math.randomseed(seed * 1000 + number)
  local requests, sums, sum = {}, {}, 0
  for page = 1, pages do
    sum = sum + 1 / page
    sums[page] = sum
    requests[page] = wrk.format("GET", string.format("/pages/%05d/", page - 1))
  end
  for draw = 1, DRAWS do
    local wanted = math.random() * sum
    local low, high = 1, pages
    while low < high do
      local middle = math.floor((low + high) / 2)
      if sums[middle] < wanted then low = middle + 1 else high = middle end
    end
    drawn[draw] = requests[low]
  end
end

function request()
  next_drawn = next_drawn % DRAWS + 1
  return drawn[next_drawn]
end
