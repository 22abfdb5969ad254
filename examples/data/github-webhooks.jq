# Every example payload of @octokit/webhooks-examples as a CloudEvent.
#
# `time` is the newest time in the payload that is written in UTC to the second: a payload does not say when it was sent. Those without one
# have no `time`, so that a store's own time of arrival counts for them.
.[] | .name as $name | .examples | to_entries[] | .key as $index | .value
| ([.. | strings | select(test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"))] | max) as $time
| {specversion: "1.0",
   id: "\($name)-\($index)",
   source: "https://api.github.com",
   type: (["com.github", $name, (.action? | strings)] | join("."))}
  + ((.repository?.full_name? | strings | {subject: .}) // {})
  + (if $time then {time: $time} else {} end)
  + {datacontenttype: "application/json", data: .}
