-- Servers of version 2 go on meanwhile. They write no addresses, so the sessions of their turns are found by
-- the slow search alone.
CREATE TABLE addresses (
    session text NOT NULL REFERENCES sessions ON DELETE CASCADE,
    digest  bytea NOT NULL,
    PRIMARY KEY (session, digest)
);
CREATE INDEX addresses_digest ON addresses (digest);

-- A failed guess has a row for each thing that it is counted by, such as a session; what a session has
-- proven has no guess.
CREATE TABLE guesses (
    subject text NOT NULL,
    guess   text NOT NULL,
    at      bigint NOT NULL,
    PRIMARY KEY (subject, guess)
);
CREATE INDEX guesses_newest ON guesses (subject, at);
CREATE INDEX guesses_guess ON guesses (guess);
CREATE INDEX guesses_at ON guesses (at);
-- Servers of version 2 count in `failures` for themselves.
INSERT INTO guesses SELECT subject, 'before:' || at, at FROM failures;
