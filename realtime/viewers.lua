-- Streams that show one lead's card. Each has a lease; ended ones go when anybody looks.
--
-- KEYS  hash stream -> JSON {staff, name, since, until}
--       hash staff -> JSON {path, until}: the field that the person edits; all zeros: the lead types
-- ARGV  op, now ("" = the server's clock), lease, two channels, then stream, and for "hold":
--       staff, name, since ("" = now); for "edit": staff, path ("" = none), how long
-- Reply {now, {{staff, path}...}, {staff, name, since}...} of the live ones for "read",
--       {now, since} for "hold".
--
-- Instants and durations are ms. The key expires with the last lease.

local EDITING = KEYS[2]
local HELD, op, LEASE = KEYS[1], ARGV[1], tonumber(ARGV[3])
local CHANNEL, ALL = ARGV[4], ARGV[5]
local stream = ARGV[6]

local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local live, has_changed = {}, false
local flat = redis.call('HGETALL', HELD)
for i = 1, #flat, 2 do
  local entry = cjson.decode(flat[i + 1])
  if entry['until'] > now then
    live[flat[i]] = entry
  else
    redis.call('HDEL', HELD, flat[i])
    has_changed = true
  end
end

local edited = {}
flat = redis.call('HGETALL', EDITING)
for i = 1, #flat, 2 do
  local entry = cjson.decode(flat[i + 1])
  if entry['until'] > now then
    edited[flat[i]] = entry.path
  else
    redis.call('HDEL', EDITING, flat[i])
    has_changed = true
  end
end

local reply = {now}
if op == 'hold' then
  local entry = live[stream]
  if not entry then
    entry = {staff = ARGV[7], name = ARGV[8], since = tonumber(ARGV[9]) or now}
    has_changed = true
  end
  entry['until'] = now + LEASE
  redis.call('HSET', HELD, stream, cjson.encode(entry))
  redis.call('PEXPIRE', HELD, LEASE)
  reply[2] = entry.since
elseif op == 'leave' and live[stream] then
  redis.call('HDEL', HELD, stream)
  has_changed = true
elseif op == 'edit' then
  local staff, path = ARGV[7], ARGV[8]
  has_changed = has_changed or (edited[staff] or '') ~= path
  if path == '' then
    redis.call('HDEL', EDITING, staff)
  else
    local mark = cjson.encode({path = path, ['until'] = now + tonumber(ARGV[9])})
    redis.call('HSET', EDITING, staff, mark)
    local lasting = math.max(tonumber(ARGV[9]), redis.call('PTTL', EDITING))
    redis.call('PEXPIRE', EDITING, lasting)
  end
elseif op == 'read' then
  reply[2] = {}
  for staff, path in pairs(edited) do
    table.insert(reply[2], {staff, path})
  end
  for _, entry in pairs(live) do
    reply[#reply + 1] = {entry.staff, entry.name, entry.since}
  end
end
if has_changed then
  redis.call('PUBLISH', CHANNEL, cjson.encode({at = now}))
  redis.call('PUBLISH', ALL, cjson.encode({at = now}))
end
return reply
