-- The log of ingest-events. sequence is given by SQLite as the highest there is plus one, within the transaction: a rolled back
-- insert leaves no gap, and nothing is ever deleted.
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    recorded_us INTEGER NOT NULL, -- microseconds since 1970
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    content BLOB NOT NULL, -- events.v1.Event, serialized with its extensions sorted
    UNIQUE (source, id)
) STRICT;

-- Names the log, so that a follower notices when it talks to another one.
CREATE TABLE log (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL
) STRICT;
INSERT INTO log (one, id) VALUES (1, lower(hex(randomblob(16))));
