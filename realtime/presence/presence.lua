-- Presence of the leads of one shard. Each call is atomic, so a transition is announced and logged
-- exactly once, whichever process causes it and however many sweep.
--
-- KEYS  meta hash {epoch, now, swept, grace}, due zset (lead -> next possible transition), log stream
-- ARGV  op, now ("" = the server's clock), epoch for a new memory, sleep, silence, grace, linger,
--       prefix of lead keys, channel before and behind the lead, channel of all, log length, least
--       time between two announcements of pages, then:
--         beat    lead, page, idle (-1 = a mere heartbeat), lease, 1 = in front, what it shows
--                 ("" = the same as before), pages allowed
--         leave   lead, page, lease
--         read    lead...
--         sweep   how many at most
--         forget  lead
-- Reply   {now, epoch, grace, seen, changed, readings}; a reading is
--         {lead, state, version, active, lease, since, provisional, version of its pages, pages},
--         a page "<opened> <active> <1 = in front> <page>"
--
-- Instants and durations are ms, 0 = never. A lead's hash is {state, version, active, since, pages,
-- told, told_at} and "p:<page>" = "<end of its lease> <opened> <active> <1 = in front> <1 = left>
-- <shows>"; `pages` is the version of its pages, `told` the one announced last. The hash exists
-- without a due entry only when OFFLINE, and then it expires.

local META, DUE, LOG = KEYS[1], KEYS[2], KEYS[3]
local op = ARGV[1]
local SLEEP, SILENCE = tonumber(ARGV[4]), tonumber(ARGV[5])
local GRACE, LINGER = tonumber(ARGV[6]), tonumber(ARGV[7])
local LEAD_KEY, BEFORE, BEHIND, ALL = ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local LOG_LENGTH, APART = ARGV[12], tonumber(ARGV[13])
local FIRST = 14
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

local PAGE = '^(%d+) ?(%d*) ?(%d*) ?(%d?) ?(%d?) ?(.*)$'

local function load(lead)
  local flat, hash, pages = redis.call('HGETALL', LEAD_KEY .. lead), {}, {}
  for i = 1, #flat, 2 do
    local field, value = flat[i], flat[i + 1]
    if string.sub(field, 1, 2) == 'p:' then
      local ends, opened, active, front, left, shows = string.match(value, PAGE)
      pages[field] = {
        ends = tonumber(ends), opened = tonumber(opened) or now, active = tonumber(active) or 0,
        front = front == '1' and '1' or '0', has_left = left == '1', shows = shows,
      }
    else
      hash[field] = tonumber(value)
    end
  end
  return hash, pages
end

local function keep(lead, name, page)
  redis.call('HSET', LEAD_KEY .. lead, name, table.concat({
    digits(page.ends), digits(page.opened), digits(page.active), page.front,
    page.has_left and '1' or '0', page.shows,
  }, ' '))
end

-- Names of the open pages; while there is none, of the one that was left last.
local function listed(pages)
  local open, last = {}, nil
  for name, page in pairs(pages) do
    if not page.has_left then
      open[#open + 1] = name
    elseif not last or page.ends > pages[last].ends
        or (page.ends == pages[last].ends and name > last) then
      last = name
    end
  end
  if #open == 0 then open[1] = last end
  return open
end

-- What has to be announced when it differs: input and renewed leases are silent.
local function told(pages)
  local names = listed(pages)
  table.sort(names)
  for i, name in ipairs(names) do
    names[i] = name .. ' ' .. pages[name].front .. ' ' .. pages[name].shows
  end
  return table.concat(names, '\n')
end

local function shown(pages)
  local names = listed(pages)
  for i, name in ipairs(names) do
    local page = pages[name]
    names[i] = table.concat({
      digits(page.opened), digits(page.active), page.front, string.sub(name, 3),
    }, ' ')
  end
  return names
end

local function announce(lead, hash, lease, pages, is_transition)
  changed = changed + 1
  local message = cjson.encode({
    lead = lead, state = STATES[hash.state], version = hash.version, epoch = epoch, at = now,
    active_at = hash.active, lease_until = lease, since = hash.since, provisional = now < grace,
    sleep = SLEEP, pages_version = hash.pages,
    pages = #pages > 0 and pages or nil, -- an empty table would be encoded as an object
  })
  redis.call('PUBLISH', BEFORE .. lead .. BEHIND, message)
  if not is_transition then return end
  redis.call('PUBLISH', ALL, message)
  redis.call('XADD', LOG, 'MAXLEN', '~', LOG_LENGTH, '*', 'lead', lead, 'state',
    STATES[hash.state], 'version', digits(hash.version), 'at', digits(now), 'epoch', epoch,
    'active', digits(hash.active))
end

-- Drops pages that ended. In grace those are kept that did not say goodbye: they could not renew.
local function drop_ended(key, pages)
  local ended, first, lease, is_waiting = {}, math.huge, 0, false
  for name, page in pairs(pages) do
    if page.ends > now then
      first, lease = math.min(first, page.ends), math.max(lease, page.ends)
    elseif now < grace and not page.has_left then
      is_waiting = true
    else
      ended[#ended + 1] = name
    end
  end
  for _, name in ipairs(ended) do pages[name] = nil end
  if #ended > 0 then redis.call('HDEL', key, unpack(ended)) end
  return first, lease, is_waiting
end

-- Brings one lead to the state that its leases and its last activity give now. `before` is what
-- was told of its pages, when they were changed already.
local function settle(lead, hash, pages, before)
  local key = LEAD_KEY .. lead
  before = before or told(pages)
  for _, name in ipairs({'state', 'version', 'active', 'since', 'pages', 'told', 'told_at'}) do
    hash[name] = hash[name] or 0
  end
  local due, lease, is_waiting = drop_ended(key, pages)
  if told(pages) ~= before then
    hash.pages = math.max(hash.pages + 1, now)
    redis.call('HSET', key, 'pages', digits(hash.pages))
  end
  local old, state = hash.state, 0
  if lease > 0 and hash.active + SLEEP <= now then
    state = 1
  elseif lease > 0 then
    state, due = 2, math.min(due, hash.active + SLEEP)
  end
  if state < old and now < grace then
    is_waiting, state, lease = true, old, math.max(lease, grace)
  end
  if is_waiting then due = math.min(due, grace) end
  local has_news = hash.pages > hash.told
  if state ~= old then
    hash.state, hash.version, hash.since = state, math.max(hash.version + 1, now), now
    redis.call('HSET', key, 'state', state, 'version', digits(hash.version),
      'since', digits(hash.since))
    if state == 0 then
      redis.call('PEXPIRE', key, digits(LINGER))
      redis.call('ZREM', DUE, lead)
    elseif old == 0 then
      redis.call('PERSIST', key)
    end
  elseif has_news and hash.told_at + APART > now then
    has_news, due = false, math.min(due, hash.told_at + APART)
  end
  if has_news then redis.call('HSET', key, 'told', digits(hash.pages), 'told_at', digits(now)) end
  local list = shown(pages)
  if has_news or state ~= old then announce(lead, hash, lease, list, state ~= old) end
  if state > 0 and op == 'sweep' then
    redis.call('ZADD', DUE, digits(due), lead)
  elseif state > 0 then
    -- Only ever earlier here: a busy lead costs no write, and the sweep moves it later.
    redis.call('ZADD', DUE, 'LT', digits(due), lead)
  end
  return {lead, state, digits(hash.version), digits(hash.active), digits(lease),
    digits(hash.since), now < grace and 1 or 0, digits(hash.pages), list}
end

local function count_live(pages)
  local live = 0
  for _, page in pairs(pages) do
    if page.ends > now then live = live + 1 end
  end
  return live
end

local function beat(lead, name, idle, lease, front, shows, allowed)
  local hash, pages = load(lead)
  local before, page = told(pages), pages[name]
  if not (page and page.ends > now) and count_live(pages) >= allowed then return nil end
  page = page or {opened = now, active = 0, shows = ''}
  page.ends, page.front, page.has_left = now + lease, front, false
  if shows ~= '' then page.shows = shows end
  if idle >= 0 then
    page.active = math.max(page.active, now - idle)
    if page.active > (hash.active or 0) then
      hash.active = page.active
      redis.call('HSET', LEAD_KEY .. lead, 'active', digits(hash.active))
    end
  end
  pages[name] = page
  keep(lead, name, page)
  return settle(lead, hash, pages, before)
end

local function leave(lead, name, lease)
  local hash, pages = load(lead)
  local before, page = told(pages), pages[name]
  if page then
    page.ends, page.has_left = math.min(page.ends, now + lease), true
    keep(lead, name, page)
  end
  return settle(lead, hash, pages, before)
end

local readings, seen = {}, 0
if op == 'beat' then
  readings[1] = beat(ARGV[FIRST], 'p:' .. ARGV[FIRST + 1], tonumber(ARGV[FIRST + 2]),
    tonumber(ARGV[FIRST + 3]), ARGV[FIRST + 4], ARGV[FIRST + 5], tonumber(ARGV[FIRST + 6]))
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
