CREATE TABLE addresses (
    session TEXT NOT NULL,
    digest  BLOB NOT NULL,
    PRIMARY KEY (session, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_digest ON addresses (digest);

-- A failed guess has a row for each thing that it is counted by, such as a session; what a session has
-- proven has no guess.
CREATE TABLE guesses (
    subject TEXT NOT NULL,
    guess   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (subject, guess)
) STRICT, WITHOUT ROWID;
CREATE INDEX guesses_newest ON guesses (subject, at);
CREATE INDEX guesses_guess ON guesses (guess);
INSERT INTO guesses SELECT subject, 'before:' || at, at FROM failures;
DROP TABLE failures;
