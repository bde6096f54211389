-- wrk -s entries.lua URL -- ACCOUNTS SEED many|hot
-- Each request is an entry of four postings under a key of its own; hot: account 1 in every one.

local accounts, seed, hot, number = {}, "", false, 0

function init(words)
   for line in io.lines(words[1]) do
      accounts[#accounts + 1] = line
   end
   seed, hot = words[2], words[3] == "hot"
   math.randomseed(tonumber(seed:sub(1, 7), 16))
end

local posting = '{"account_id":"%s","side":"%s","amount":{"amount":%d,"currency":"CNY"}}'
local entry = '{"effective_on":"2026-01-05","reference":"bench %d","postings":[%s]}'

local function account(line)
   if hot and line == 1 then
      return accounts[1]
   end
   return accounts[math.random(#accounts)]
end

function request()
   number = number + 1
   local amount = math.random(1, 1000)
   local lines = {
      posting:format(account(1), "debit", 3 * amount),
      posting:format(account(2), "credit", amount),
      posting:format(account(3), "credit", amount),
      posting:format(account(4), "credit", amount),
   }
   wrk.headers["Idempotency-Key"] = seed .. "-" .. number
   return wrk.format("POST", nil, nil, entry:format(number, table.concat(lines, ",")))
end
