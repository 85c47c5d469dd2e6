-- wrk script: the same request over and over. Arguments: the file of its body, then its header lines.

function init(arguments)
  local file = assert(io.open(arguments[1], 'rb'))
  wrk.body = file:read('*a')
  file:close()
  wrk.method = 'POST'
  for i = 2, #arguments do
    local name, value = string.match(arguments[i], '^([^:]+): (.*)$')
    wrk.headers[name] = value
  end
  flood = wrk.format()
end

function request() return flood end
