-- The audit log: one row for each act, each with the hash of the one before it and of the one before it in its class
-- (dev.hansa.peering.audit.AuditRecord). `state_index` is the index of the state, `subject` what was acted on, `source`
-- where the asker was, `place` the number within the class.
CREATE TABLE audit (
    number      INTEGER NOT NULL PRIMARY KEY,
    form        INTEGER NOT NULL,
    state_index INTEGER NOT NULL,
    time        TEXT NOT NULL,
    who         TEXT NOT NULL,
    source      TEXT NOT NULL,
    what        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    untold      INTEGER NOT NULL,
    class       TEXT NOT NULL,
    place       INTEGER NOT NULL,
    link        TEXT NOT NULL,
    previous    TEXT NOT NULL,
    hash        TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX audit_place ON audit (class, place);

-- The last record of each class that was dropped; the first that there is of the class follows it.
CREATE TABLE audit_anchor (
    class  TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    place  INTEGER NOT NULL,
    hash   TEXT NOT NULL
) STRICT;

INSERT INTO audit_anchor (class, number, place, hash)
SELECT class, 0, 0, '0000000000000000000000000000000000000000000000000000000000000000'
FROM (SELECT 'trust' AS class UNION ALL SELECT 'change' UNION ALL SELECT 'refusal');
