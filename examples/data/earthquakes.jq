# Every feature of the USGS "all earthquakes, past week" feed in vega-datasets as a CloudEvent. A quake is reported again when it is
# revised, so the id is the quake's and the time of the revision.
def utc: (. / 1000 | floor | todate) as $second
  | (. % 1000) as $ms
  | if $ms == 0 then $second else ($second | rtrimstr("Z")) + "." + ("00\($ms)" | .[-3:]) + "Z" end;
.features[]
| {specversion: "1.0",
   id: "\(.id)-\(.properties.updated)",
   source: "https://earthquake.usgs.gov",
   type: ("gov.usgs." + (.properties.type | gsub(" "; "-"))),
   subject: .id,
   time: (.properties.time | utc),
   datacontenttype: "application/json",
   network: .properties.net,
   data: .}
