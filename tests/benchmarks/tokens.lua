-- wrk -s tokens.lua URL -- FORM
-- Every request asks for a token with the same form; who asks stands in a header.

function init(words)
   wrk.method = "POST"
   wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
   wrk.body = words[1]
end
