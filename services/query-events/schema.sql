-- The read copy of query-events. An index on a column holds the rows of one value in the order of sequence, which is the order of
-- the pages.
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY, -- the owner's
    recorded_us INTEGER NOT NULL, -- microseconds since 1970
    time_s INTEGER NOT NULL, -- when it happened or, where it does not say so, when it was recorded
    time_ns INTEGER NOT NULL,
    type TEXT NOT NULL,
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    id TEXT NOT NULL,
    content BLOB NOT NULL, -- events.v1.Event, serialized
    UNIQUE (id, source)
) STRICT;
CREATE INDEX events_type ON events (type);
CREATE INDEX events_source ON events (source);
CREATE INDEX events_subject ON events (subject);
CREATE INDEX events_time ON events (time_s, time_ns, type); -- with the type it answers CountEvents alone

-- Position in the owner's log. It moves in the transaction that adds the rows.
CREATE TABLE copy (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    log_id TEXT NOT NULL,
    applied INTEGER NOT NULL,
    n_events INTEGER NOT NULL
) STRICT;
INSERT INTO copy (one, log_id, applied, n_events) VALUES (1, '', 0, 0);
