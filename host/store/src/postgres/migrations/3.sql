-- Servers of version 2 go on meanwhile. They write no addresses, so the sessions of their turns are found by
-- the slow search alone.
CREATE TABLE addresses (
    session text NOT NULL REFERENCES sessions ON DELETE CASCADE,
    digest  bytea NOT NULL,
    PRIMARY KEY (session, digest)
);
CREATE INDEX addresses_digest ON addresses (digest);
