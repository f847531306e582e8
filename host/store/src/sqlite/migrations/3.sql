CREATE TABLE addresses (
    session TEXT NOT NULL,
    digest  BLOB NOT NULL,
    PRIMARY KEY (session, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_digest ON addresses (digest);
