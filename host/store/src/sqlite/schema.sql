CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE sessions (
    id          TEXT PRIMARY KEY,
    token       BLOB NOT NULL,
    scenario    TEXT NOT NULL,
    edition     TEXT NOT NULL,
    language    TEXT NOT NULL,
    channel     TEXT NOT NULL DEFAULT 'chat',
    version     INTEGER NOT NULL,
    last_event  INTEGER NOT NULL,
    -- The engine's session, hidden values included; NULL once they are erased.
    state       TEXT,
    waits       TEXT NOT NULL,
    -- The turn under way, if any.
    turn_message TEXT,
    turn_first   INTEGER,
    turn_lease   INTEGER,
    variables   TEXT,
    started_at  INTEGER NOT NULL,
    touched_at  INTEGER NOT NULL,
    finished_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_under_way ON sessions (turn_lease) WHERE turn_lease IS NOT NULL;
CREATE INDEX sessions_touched ON sessions (touched_at);
CREATE INDEX sessions_finished ON sessions (finished_at);
CREATE INDEX sessions_edition ON sessions (edition);

CREATE TABLE events (
    session TEXT NOT NULL,
    n       INTEGER NOT NULL,
    event   TEXT NOT NULL,
    PRIMARY KEY (session, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE files (
    session    TEXT NOT NULL,
    n          INTEGER NOT NULL,
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content    BLOB NOT NULL,
    PRIMARY KEY (session, n)
) STRICT;

CREATE TABLE messages (
    session     TEXT NOT NULL,
    id          TEXT NOT NULL,
    digest      BLOB NOT NULL,
    -- The saved answer; NULL while the turn is under way.
    first_event INTEGER,
    last_event  INTEGER,
    waits       TEXT,
    PRIMARY KEY (session, id)
) STRICT, WITHOUT ROWID;

-- Keyed digests of the addresses that customers named.
CREATE TABLE addresses (
    session TEXT NOT NULL,
    digest  BLOB NOT NULL,
    PRIMARY KEY (session, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_digest ON addresses (digest);

-- Failed guesses by what they are counted by, each once. What a session has proven has no guess.
CREATE TABLE guesses (
    subject TEXT NOT NULL,
    guess   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (subject, guess)
) STRICT, WITHOUT ROWID;
CREATE INDEX guesses_newest ON guesses (subject, at);
CREATE INDEX guesses_guess ON guesses (guess);

-- An edition is a revision.
CREATE TABLE editions (
    digest     TEXT PRIMARY KEY,
    scenario   TEXT NOT NULL,
    documents  TEXT NOT NULL,
    components TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE components (
    digest  TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;
