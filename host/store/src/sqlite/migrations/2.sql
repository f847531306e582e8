ALTER TABLE sessions ADD COLUMN channel TEXT NOT NULL DEFAULT 'chat';

CREATE TABLE failures (
    subject TEXT NOT NULL,
    at      INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (subject, at)
) STRICT, WITHOUT ROWID;
INSERT INTO failures SELECT subject, at, count(*) FROM attempts GROUP BY subject, at;
DROP TABLE attempts;
