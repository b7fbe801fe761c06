-- Says what was counted, for those who read it by program.

local threads = 0

-- Numbers the threads, each of which has its own state.
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function done(summary)
  local errors = summary.errors
  io.write(string.format("counted %d %d %d %d %d %d %d %d\n",
    summary.requests, summary.duration, summary.bytes,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
