-- The tables of the chat server, in the schema `krabice`. Moments are milliseconds since 1970 by the
-- servers' clocks; leases and offers are by the database's clock. An edition is a revision.

CREATE TABLE meta (
    -- The table has one row.
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL,
    key     bytea NOT NULL
);

CREATE TABLE editions (
    digest     text PRIMARY KEY,
    scenario   text NOT NULL,
    documents  text[] NOT NULL,
    components text[] NOT NULL
);

CREATE TABLE components (
    digest  text PRIMARY KEY,
    content bytea NOT NULL
);

-- The revisions that servers offer to new sessions.
CREATE TABLE offers (
    server  text NOT NULL,
    edition text NOT NULL,
    until   timestamptz NOT NULL,
    PRIMARY KEY (server, edition)
);

CREATE TABLE sessions (
    id          text PRIMARY KEY,
    token       bytea NOT NULL,
    scenario    text NOT NULL,
    edition     text NOT NULL,
    language    text NOT NULL,
    channel     text NOT NULL DEFAULT 'chat',
    version     bigint NOT NULL,
    -- The name of the step that made this version. A server that lost the response to its commit finds
    -- the step here.
    step        bytea NOT NULL,
    last_event  bigint NOT NULL,
    -- The engine's session, hidden values included; NULL once they are erased.
    state       text,
    waits       text NOT NULL,
    -- The turn under way, if any, and the server that runs it.
    turn_message text,
    turn_first   bigint,
    turn_lease   timestamptz,
    turn_holder  text,
    variables   text,
    started_at  bigint NOT NULL,
    touched_at  bigint NOT NULL,
    finished_at bigint
);
CREATE INDEX sessions_under_way ON sessions (turn_lease) WHERE turn_lease IS NOT NULL;
CREATE INDEX sessions_touched ON sessions (touched_at);
CREATE INDEX sessions_finished ON sessions (finished_at) WHERE state IS NOT NULL;
CREATE INDEX sessions_edition ON sessions (edition) WHERE finished_at IS NULL;

CREATE TABLE events (
    session text NOT NULL REFERENCES sessions ON DELETE CASCADE,
    n       bigint NOT NULL,
    event   text NOT NULL,
    PRIMARY KEY (session, n)
);

CREATE TABLE files (
    session    text NOT NULL REFERENCES sessions ON DELETE CASCADE,
    n          bigint NOT NULL,
    name       text NOT NULL,
    media_type text NOT NULL,
    content    bytea NOT NULL,
    PRIMARY KEY (session, n)
);

CREATE TABLE messages (
    session     text NOT NULL REFERENCES sessions ON DELETE CASCADE,
    id          text NOT NULL,
    digest      bytea NOT NULL,
    -- The saved answer; NULL while the turn is under way.
    first_event bigint,
    last_event  bigint,
    waits       text,
    PRIMARY KEY (session, id)
);

-- Keyed digests of the addresses that customers named.
CREATE TABLE addresses (
    session text NOT NULL REFERENCES sessions ON DELETE CASCADE,
    digest  bytea NOT NULL,
    PRIMARY KEY (session, digest)
);
CREATE INDEX addresses_digest ON addresses (digest);

-- Failed guesses by what they are counted by, each once. What a session has proven has no guess.
CREATE TABLE guesses (
    subject text NOT NULL,
    guess   text NOT NULL,
    at      bigint NOT NULL,
    PRIMARY KEY (subject, guess)
);
CREATE INDEX guesses_newest ON guesses (subject, at);
CREATE INDEX guesses_guess ON guesses (guess);
CREATE INDEX guesses_at ON guesses (at);
