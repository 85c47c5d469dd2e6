-- wrk script: posts one PRINT_URL body over and over, each time with a unique_id of its own and the next cashbox.
-- Every answer must hold a UUID. Arguments: TEMPLATE FIRST_ID BOXES PAUSE_MS LIMIT (answers per thread; 0: no limit).
-- Prints one JSON object.

local ID_PLACE, BOX_PLACE = '@ID@', '@BOX@'
local IDS_PER_THREAD = 100000000

local threads = {}

function setup(thread)
  thread:set('number', #threads)
  table.insert(threads, thread)
end

local function split(text, mark)
  local parts, from = {}, 1
  while true do
    local at, last = string.find(text, mark, from, true)
    table.insert(parts, string.sub(text, from, (at or 0) - 1))
    if not at then return parts end
    from = last + 1
  end
end

local function head(length)
  return table.concat({
    'POST ' .. wrk.path .. ' HTTP/1.1',
    'Host: ' .. wrk.host,
    'Accept: */*',
    'Accept-Language: en',
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Length: ' .. length,
  }, '\r\n') .. '\r\n\r\n'
end

local pieces = {}  -- by cashbox: the request, cut where the id goes
local next_id, limit, answered, box = 0, 0, 0, 0

function init(arguments)
  local file = assert(io.open(arguments[1]))
  local template = file:read('*a')
  file:close()
  next_id = tonumber(arguments[2]) + number * IDS_PER_THREAD
  local id_length = #string.format('%d', next_id)
  for i = 0, tonumber(arguments[3]) - 1 do
    local body = table.concat(split(template, BOX_PLACE), string.format('%02d', i))
    local ids = #split(body, ID_PLACE) - 1
    pieces[i] = split(head(#body + ids * (id_length - #ID_PLACE)) .. body, ID_PLACE)
    assert(ids == 2, 'the template names the id as unique_id and in uuid')
  end
  local pause_ms = tonumber(arguments[4])
  if pause_ms > 0 then
    math.randomseed(next_id)
    -- wrk asks before each request; only a script that has this function pauses.
    function delay() return math.floor(math.random() * 2 * pause_ms + 0.5) end
  end
  limit = tonumber(arguments[5])
  refused, example = 0, ''
end

function request()
  next_id = next_id + 1
  box = (box + 1) % (#pieces + 1)
  local id, parts = string.format('%d', next_id), pieces[box]
  return parts[1] .. id .. parts[2] .. id .. parts[3]
end

function response(status, headers, body)
  if status ~= 200 or not string.find(body, '"UUID":"', 1, true) then
    refused = refused + 1
    example = status .. ' ' .. string.sub(body, 1, 300)
  end
  answered = answered + 1
  if answered == limit then wrk.thread:stop() end
end

function done(summary, latency)
  local failures, seen = 0, ''
  for _, thread in ipairs(threads) do
    failures = failures + thread:get('refused')
    if thread:get('example') ~= '' then seen = thread:get('example') end
  end
  local errors = summary.errors
  failures = failures + errors.connect + errors.read + errors.write + errors.timeout
  if seen ~= '' then io.stderr:write('refused, for example: ', seen, '\n') end
  local per_second = summary.requests / summary.duration * 1e6
  print(string.format('{"per_second":%.0f,"p50_us":%.0f,"p99_us":%.0f,"failures":%d,"requests":%d}',
    per_second, latency:percentile(50), latency:percentile(99), failures, summary.requests))
end
