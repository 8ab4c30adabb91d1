-- One caller's bucket of points, which fills up evenly.
--
-- KEYS  hash {points, at (ms)}; absent: full
-- ARGV  capacity, points that flow in each ms, points wanted, now ("" = the server's clock)
-- Reply {1 if they were taken, points left, ms until there are as many as wanted}
--
-- The key expires when the bucket would be full again.

local CAPACITY, RATE, WANTED = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local held = redis.call('HMGET', KEYS[1], 'points', 'at')
local points, at = tonumber(held[1]) or CAPACITY, tonumber(held[2]) or now
points = math.min(CAPACITY, points + math.max(0, now - at) * RATE)

if points < WANTED then
  return {0, math.floor(points), math.ceil((WANTED - points) / RATE)}
end
points = points - WANTED
redis.call('HSET', KEYS[1], 'points', tostring(points), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil((CAPACITY - points) / RATE) + 1)
return {1, math.floor(points), 0}
