-- Servers of version 1 go on meanwhile: the table `attempts` and the function `reserve` stay for them.
ALTER TABLE sessions ADD COLUMN channel text NOT NULL DEFAULT 'chat';

CREATE TABLE failures (
    subject text NOT NULL,
    at      bigint NOT NULL,
    count   bigint NOT NULL,
    PRIMARY KEY (subject, at)
);
CREATE INDEX failures_at ON failures (at);
INSERT INTO failures (subject, at, count) SELECT subject, at, count(*) FROM attempts GROUP BY subject, at;
DELETE FROM attempts;
