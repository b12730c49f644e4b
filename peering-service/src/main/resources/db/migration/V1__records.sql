-- The state machine's state, one row for each record; what the columns mean is the Java record of the bucket.
CREATE TABLE records (
    bucket TEXT NOT NULL,
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID, STRICT;

CREATE TABLE counters (
    name  TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

INSERT INTO counters (name, value) VALUES ('index', 0), ('starts', 0);
