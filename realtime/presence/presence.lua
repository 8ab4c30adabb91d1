-- Presence of the leads of one shard. Each call is atomic, so a transition is announced and logged
-- exactly once, whichever process causes it and however many sweep.
--
-- KEYS  meta hash {epoch, now, swept, grace}, due zset (lead -> next possible transition), log stream
-- ARGV  op, now ("" = the server's clock), epoch for a new memory, sleep, silence, grace, linger,
--       prefix of lead keys, channel before and behind the lead, channel of all, log length, then:
--         beat    lead, page, idle (-1 = a mere heartbeat), lease, pages allowed
--         leave   lead, page, lease
--         read    lead...
--         sweep   how many at most
--         forget  lead
-- Reply   {now, epoch, grace, seen, changed, readings}; a reading is
--         {lead, state, version, active, lease, since, provisional}
--
-- Instants and durations are ms, 0 = never. A lead's hash is {state, version, active, since} and
-- "p:<page>" = end of that page's lease. It exists without a due entry only when OFFLINE, and then
-- it expires.

local META, DUE, LOG = KEYS[1], KEYS[2], KEYS[3]
local op = ARGV[1]
local SLEEP, SILENCE = tonumber(ARGV[4]), tonumber(ARGV[5])
local GRACE, LINGER = tonumber(ARGV[6]), tonumber(ARGV[7])
local LEAD_KEY, BEFORE, BEHIND, ALL = ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local LOG_LENGTH = ARGV[12]
local FIRST = 13
local STATES = {[0] = 'OFFLINE', [1] = 'SLEEPING', [2] = 'ONLINE'}

local function digits(number) return string.format('%.0f', number) end

local meta = redis.call('HMGET', META, 'now', 'swept', 'grace', 'epoch')
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
now = math.max(now, tonumber(meta[1] or '0')) -- a clock that steps back stands still here
local swept, grace, epoch = tonumber(meta[2] or '0'), tonumber(meta[3] or '0'), meta[4]
if not epoch then
  epoch, grace, swept = ARGV[3], now + GRACE, now
elseif now - swept > SILENCE then
  -- Nobody swept, so nobody could renew a lease either: pages get time to come back.
  grace, swept = now + GRACE, now
end
if op == 'sweep' then swept = now end
redis.call('HSET', META, 'now', digits(now), 'swept', digits(swept), 'grace', digits(grace),
  'epoch', epoch)

local changed = 0

local function load(lead)
  local flat, hash = redis.call('HGETALL', LEAD_KEY .. lead), {}
  for i = 1, #flat, 2 do hash[flat[i]] = flat[i + 1] end
  return hash
end

local function is_page(field) return string.sub(field, 1, 2) == 'p:' end

local function announce(lead, state, version, active, lease)
  changed = changed + 1
  local message = cjson.encode({
    lead = lead, state = STATES[state], version = version, epoch = epoch, at = now,
    active_at = active, lease_until = lease, since = now, provisional = now < grace,
    sleep = SLEEP,
  })
  redis.call('PUBLISH', BEFORE .. lead .. BEHIND, message)
  redis.call('PUBLISH', ALL, message)
  redis.call('XADD', LOG, 'MAXLEN', '~', LOG_LENGTH, '*', 'lead', lead, 'state', STATES[state],
    'version', digits(version), 'at', digits(now), 'epoch', epoch, 'active', digits(active))
end

-- Brings one lead to the state that its leases and its last activity give now.
local function settle(lead, hash)
  local key, lease, ended = LEAD_KEY .. lead, 0, {}
  for field, value in pairs(hash) do
    if is_page(field) then
      local ends = tonumber(value)
      if ends <= now then ended[#ended + 1] = field else lease = math.max(lease, ends) end
    end
  end
  if #ended > 0 then redis.call('HDEL', key, unpack(ended)) end
  local old, version = tonumber(hash.state or '0'), tonumber(hash.version or '0')
  local active, since = tonumber(hash.active or '0'), tonumber(hash.since or '0')
  local state, due = 0, lease
  if lease > 0 and active + SLEEP <= now then
    state = 1
  elseif lease > 0 then
    state, due = 2, math.min(lease, active + SLEEP)
  end
  if state < old and now < grace then
    state, due, lease = old, grace, math.max(lease, grace)
  elseif state ~= old then
    version, since = math.max(version + 1, now), now
    redis.call('HSET', key, 'state', state, 'version', digits(version), 'since', digits(since))
    if state == 0 then
      redis.call('PEXPIRE', key, digits(LINGER))
      redis.call('ZREM', DUE, lead)
    elseif old == 0 then
      redis.call('PERSIST', key)
    end
    announce(lead, state, version, active, lease)
  end
  if state > 0 and op == 'sweep' then
    redis.call('ZADD', DUE, digits(due), lead)
  elseif state > 0 then
    -- Only ever earlier here: a busy lead costs no write, and the sweep moves it later.
    redis.call('ZADD', DUE, 'LT', digits(due), lead)
  end
  return {lead, state, digits(version), digits(active), digits(lease), digits(since),
    now < grace and 1 or 0}
end

local function count_live(hash)
  local live = 0
  for field, value in pairs(hash) do
    if is_page(field) and tonumber(value) > now then live = live + 1 end
  end
  return live
end

local function beat(lead, page, idle, lease, allowed)
  local hash = load(lead)
  local is_live = tonumber(hash[page] or '0') > now
  if not is_live and count_live(hash) >= allowed then return nil end
  hash[page] = digits(now + lease)
  redis.call('HSET', LEAD_KEY .. lead, page, hash[page])
  if idle >= 0 and now - idle > tonumber(hash.active or '0') then
    hash.active = digits(now - idle)
    redis.call('HSET', LEAD_KEY .. lead, 'active', hash.active)
  end
  return settle(lead, hash)
end

local function leave(lead, page, lease)
  local hash = load(lead)
  if hash[page] then
    hash[page] = digits(math.min(tonumber(hash[page]), now + lease))
    redis.call('HSET', LEAD_KEY .. lead, page, hash[page])
  end
  return settle(lead, hash)
end

local readings, seen = {}, 0
if op == 'beat' then
  readings[1] = beat(ARGV[FIRST], 'p:' .. ARGV[FIRST + 1], tonumber(ARGV[FIRST + 2]),
    tonumber(ARGV[FIRST + 3]), tonumber(ARGV[FIRST + 4]))
  if not readings[1] then return redis.error_reply('TOOMANYPAGES the lead has too many pages') end
elseif op == 'leave' then
  readings[1] = leave(ARGV[FIRST], 'p:' .. ARGV[FIRST + 1], tonumber(ARGV[FIRST + 2]))
elseif op == 'read' then
  for i = FIRST, #ARGV do readings[#readings + 1] = settle(ARGV[i], load(ARGV[i])) end
elseif op == 'sweep' then
  local leads = redis.call('ZRANGEBYSCORE', DUE, '-inf', digits(now), 'LIMIT', 0, ARGV[FIRST])
  for _, lead in ipairs(leads) do settle(lead, load(lead)) end
  seen = #leads
elseif op == 'forget' then
  redis.call('DEL', LEAD_KEY .. ARGV[FIRST])
  redis.call('ZREM', DUE, ARGV[FIRST])
end
return {digits(now), epoch, digits(grace), seen, changed, readings}
