SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA krabice;
CREATE FUNCTION krabice.reserve(this text, subjects text[], most bigint[], since bigint, now bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    place integer;
BEGIN
    -- All calls take the locks in the same order, so that there is no deadlock.
    FOR place IN SELECT DISTINCT hashtext(name) FROM unnest(subjects) AS name ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock(1802658146, place);
    END LOOP;
    -- This statement sees all commits before it began, including those of the lock's previous holder.
    IF EXISTS (
        SELECT FROM unnest(subjects, most) AS asked (name, allowed)
        WHERE allowed <= (SELECT count(*) FROM attempts
                          WHERE subject = asked.name AND at > since AND attempt <> this)
    ) THEN
        RETURN false;
    END IF;
    INSERT INTO attempts (attempt, subject, at)
        SELECT DISTINCT this, name, now FROM unnest(subjects) AS name
        ON CONFLICT (attempt, subject) DO UPDATE SET at = excluded.at;
    RETURN true;
END
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE krabice.attempts (
    attempt text NOT NULL,
    subject text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE krabice.components (
    digest text NOT NULL,
    content bytea NOT NULL
);
CREATE TABLE krabice.editions (
    digest text NOT NULL,
    scenario text NOT NULL,
    documents text[] NOT NULL,
    components text[] NOT NULL
);
CREATE TABLE krabice.events (
    session text NOT NULL,
    n bigint NOT NULL,
    event text NOT NULL
);
CREATE TABLE krabice.files (
    session text NOT NULL,
    n bigint NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL
);
CREATE TABLE krabice.messages (
    session text NOT NULL,
    id text NOT NULL,
    digest bytea NOT NULL,
    first_event bigint,
    last_event bigint,
    waits text
);
CREATE TABLE krabice.meta (
    one boolean DEFAULT true NOT NULL,
    version bigint NOT NULL,
    key bytea NOT NULL,
    CONSTRAINT meta_one_check CHECK (one)
);
CREATE TABLE krabice.offers (
    server text NOT NULL,
    edition text NOT NULL,
    until timestamp with time zone NOT NULL
);
CREATE TABLE krabice.sessions (
    id text NOT NULL,
    token bytea NOT NULL,
    scenario text NOT NULL,
    edition text NOT NULL,
    language text NOT NULL,
    version bigint NOT NULL,
    step bytea NOT NULL,
    last_event bigint NOT NULL,
    state text,
    waits text NOT NULL,
    turn_message text,
    turn_first bigint,
    turn_lease timestamp with time zone,
    turn_holder text,
    variables text,
    started_at bigint NOT NULL,
    touched_at bigint NOT NULL,
    finished_at bigint
);
INSERT INTO krabice.attempts VALUES ('1b625930eb4a1e200c199c214714684b', 'prefix:5f5224da49b67451d62c59526ae6c37e', 1795992242757);
INSERT INTO krabice.attempts VALUES ('1b625930eb4a1e200c199c214714684b', 'scenario:36af3d953c12e51ec5941f7fa6581755', 1795992242757);
INSERT INTO krabice.attempts VALUES ('1b625930eb4a1e200c199c214714684b', 'session:c52ac44ff4ef0517c3a887e9fddc339a', 1795992242757);
INSERT INTO krabice.attempts VALUES ('1b625930eb4a1e200c199c214714684b', 'value:887eb521ad397dd5c8cb8a364c2b94fb', 1795992242757);
INSERT INTO krabice.attempts VALUES ('a4a5f97d6e0a149541a630fad270ebe7', 'prefix:5f5224da49b67451d62c59526ae6c37e', 1795992242880);
INSERT INTO krabice.attempts VALUES ('a4a5f97d6e0a149541a630fad270ebe7', 'scenario:690cfa8d3643199b8d68d59bdd94971e', 1795992242880);
INSERT INTO krabice.attempts VALUES ('a4a5f97d6e0a149541a630fad270ebe7', 'session:dee52172844047f3930b561597b290e5', 1795992242880);
INSERT INTO krabice.attempts VALUES ('a4a5f97d6e0a149541a630fad270ebe7', 'value:1e4aea2234df5be192ba3ef8b2bc613f', 1795992242880);
INSERT INTO krabice.attempts VALUES ('76c85f8a370f4866310166c5033c64e7', 'prefix:5f5224da49b67451d62c59526ae6c37e', 1795992242989);
INSERT INTO krabice.attempts VALUES ('76c85f8a370f4866310166c5033c64e7', 'scenario:36af3d953c12e51ec5941f7fa6581755', 1795992242989);
INSERT INTO krabice.attempts VALUES ('76c85f8a370f4866310166c5033c64e7', 'session:468789c83064c4f914d72cab19d58dbf', 1795992242989);
INSERT INTO krabice.attempts VALUES ('76c85f8a370f4866310166c5033c64e7', 'value:b171abcf24488e8f7fe0610501d3a88f', 1795992242989);
INSERT INTO krabice.editions VALUES ('ee6f7bb48d4b694fb93d18742e97aca3c86542216749fbb64deb16d84ed40f9b', 'lookup', '{"{
  \"krabice\": 1, \"name\": \"lookup\", \"languages\": [\"en\"], \"timezone\": \"Europe/Prague\", \"start\": \"ask\",
  \"boxes\": {
    \"ask\": { \"type\": \"answer\", \"text\": \"Which order?\", \"expect\": \"order-number\", \"save\": \"number\", \"next\": \"look\" },
    \"look\": { \"type\": \"call\", \"function\": \"upgates/verify-order\", \"connection\": \"shop\",
               \"params\": { \"order\": \"<<number>>\" },
               \"true\": \"found\", \"false\": \"missing\", \"failure\": \"unsure\" },
    \"found\": { \"type\": \"message\", \"text\": \"We have it.\", \"next\": \"ask\" },
    \"missing\": { \"type\": \"message\", \"text\": \"There is no such order.\", \"next\": \"ask\" },
    \"unsure\": { \"type\": \"message\", \"text\": \"We cannot look now.\", \"next\": \"ask\" }
  }
}"}', '{d87cc97a03a3550b3115781bde959a6918f5f225bc0179955eb08999e2bea775}');
INSERT INTO krabice.editions VALUES ('7ae768209faf849bd7937c398f34e0e356ef775ea850c85ecabe6d074ff2ec1f', 'notes', '{"{
  \"krabice\": 1, \"name\": \"notes\", \"languages\": [\"en\"], \"timezone\": \"Europe/Prague\", \"start\": \"ask\",
  \"boxes\": {
    \"ask\": { \"type\": \"answer\", \"text\": \"What shall we note?\", \"expect\": \"text\", \"save\": \"note\", \"next\": \"thanks\" },
    \"thanks\": { \"type\": \"message\", \"text\": \"Thank you. \", \"next\": \"write\" },
    \"write\": { \"type\": \"call\", \"function\": \"upgates/append-note\", \"connection\": \"shop\",
               \"params\": { \"order\": \"O260147\", \"text\": \"<<note>>\" },
               \"true\": \"noted\", \"false\": \"missing\", \"failure\": \"unsure\" },
    \"noted\": { \"type\": \"message\", \"text\": \"It is noted.\", \"next\": \"ask\" },
    \"missing\": { \"type\": \"message\", \"text\": \"There is no such order.\", \"next\": \"ask\" },
    \"unsure\": { \"type\": \"message\", \"text\": \"We do not know whether it was noted.\", \"next\": \"ask\" }
  }
}
"}', '{d87cc97a03a3550b3115781bde959a6918f5f225bc0179955eb08999e2bea775}');
INSERT INTO krabice.events VALUES ('s_6UcSEreuZK15tnVxlQ0CfQ', 1, '{"n":1,"at":"2026-11-29T22:44:02.693Z","kind":"ask","text":"What shall we note?","expect":"text","again":false}');
INSERT INTO krabice.events VALUES ('s_6UcSEreuZK15tnVxlQ0CfQ', 2, '{"n":2,"at":"2026-11-29T22:44:02.722Z","kind":"said","text":"Note-finished."}');
INSERT INTO krabice.events VALUES ('s_6UcSEreuZK15tnVxlQ0CfQ', 3, '{"n":3,"at":"2026-11-29T22:44:02.722Z","kind":"message","text":"Thank you. "}');
INSERT INTO krabice.events VALUES ('s_6UcSEreuZK15tnVxlQ0CfQ', 4, '{"n":4,"at":"2026-11-29T22:44:02.736Z","kind":"message","text":"It is noted."}');
INSERT INTO krabice.events VALUES ('s_6UcSEreuZK15tnVxlQ0CfQ', 5, '{"n":5,"at":"2026-11-29T22:44:02.736Z","kind":"ask","text":"What shall we note?","expect":"text","again":false}');
INSERT INTO krabice.events VALUES ('s_6UcSEreuZK15tnVxlQ0CfQ', 6, '{"n":6,"at":"2026-11-29T22:44:02.740Z","kind":"end"}');
INSERT INTO krabice.events VALUES ('s_bR1EVpsB12D6UpQT7CZVVQ', 1, '{"n":1,"at":"2026-11-29T22:44:02.743Z","kind":"ask","text":"Which order?","expect":"order-number","again":false}');
INSERT INTO krabice.events VALUES ('s_bR1EVpsB12D6UpQT7CZVVQ', 2, '{"n":2,"at":"2026-11-29T22:44:02.746Z","kind":"said","text":"O260147"}');
INSERT INTO krabice.events VALUES ('s_bR1EVpsB12D6UpQT7CZVVQ', 3, '{"n":3,"at":"2026-11-29T22:44:02.754Z","kind":"message","text":"We have it."}');
INSERT INTO krabice.events VALUES ('s_bR1EVpsB12D6UpQT7CZVVQ', 4, '{"n":4,"at":"2026-11-29T22:44:02.754Z","kind":"ask","text":"Which order?","expect":"order-number","again":false}');
INSERT INTO krabice.events VALUES ('s_bR1EVpsB12D6UpQT7CZVVQ', 5, '{"n":5,"at":"2026-11-29T22:44:02.757Z","kind":"said","text":"O999999"}');
INSERT INTO krabice.events VALUES ('s_bR1EVpsB12D6UpQT7CZVVQ', 6, '{"n":6,"at":"2026-11-29T22:44:02.761Z","kind":"message","text":"There is no such order."}');
INSERT INTO krabice.events VALUES ('s_bR1EVpsB12D6UpQT7CZVVQ', 7, '{"n":7,"at":"2026-11-29T22:44:02.761Z","kind":"ask","text":"Which order?","expect":"order-number","again":false}');
INSERT INTO krabice.events VALUES ('s_Ry1mrYXYalVUI49EKhQXOw', 1, '{"n":1,"at":"2026-11-29T22:44:02.762Z","kind":"ask","text":"What shall we note?","expect":"text","again":false}');
INSERT INTO krabice.events VALUES ('s_Ry1mrYXYalVUI49EKhQXOw', 2, '{"n":2,"at":"2026-11-29T22:44:02.764Z","kind":"said","text":"Note-before."}');
INSERT INTO krabice.events VALUES ('s_Ry1mrYXYalVUI49EKhQXOw', 3, '{"n":3,"at":"2026-11-29T22:44:02.764Z","kind":"message","text":"Thank you. "}');
INSERT INTO krabice.events VALUES ('s_Ry1mrYXYalVUI49EKhQXOw', 4, '{"n":4,"at":"2026-11-29T22:44:02.770Z","kind":"message","text":"It is noted."}');
INSERT INTO krabice.events VALUES ('s_Ry1mrYXYalVUI49EKhQXOw', 5, '{"n":5,"at":"2026-11-29T22:44:02.770Z","kind":"ask","text":"What shall we note?","expect":"text","again":false}');
INSERT INTO krabice.events VALUES ('s_ktFGLGcZupMzvK31yRBDRQ', 1, '{"n":1,"at":"2026-11-29T22:44:02.772Z","kind":"ask","text":"Which order?","expect":"order-number","again":false}');
INSERT INTO krabice.events VALUES ('s_Ry1mrYXYalVUI49EKhQXOw', 6, '{"n":6,"at":"2026-11-29T22:44:02.880Z","kind":"said","text":"Note-cut-off."}');
INSERT INTO krabice.events VALUES ('s_Ry1mrYXYalVUI49EKhQXOw', 7, '{"n":7,"at":"2026-11-29T22:44:02.880Z","kind":"message","text":"Thank you. "}');
INSERT INTO krabice.events VALUES ('s_ktFGLGcZupMzvK31yRBDRQ', 2, '{"n":2,"at":"2026-11-29T22:44:02.989Z","kind":"said","text":"O260147"}');
INSERT INTO krabice.messages VALUES ('s_6UcSEreuZK15tnVxlQ0CfQ', 'm0', '\x1f83e05f0d2f279689107d7841f646607ba18308f69ff31bac14a20c9816fa03', 2, 5, '{"for":"answer","expect":"text"}');
INSERT INTO krabice.messages VALUES ('s_bR1EVpsB12D6UpQT7CZVVQ', 'm0', '\xf2e7abcd37a62397e6716bb59a9c6bdad4371e0c1a636faf7ddb6d13b425a45d', 2, 4, '{"for":"answer","expect":"order-number"}');
INSERT INTO krabice.messages VALUES ('s_bR1EVpsB12D6UpQT7CZVVQ', 'm1', '\xc40b3efd18b975592de3e6fe629404a71351b0a9a06e40ae49622e5115f23920', 5, 7, '{"for":"answer","expect":"order-number"}');
INSERT INTO krabice.messages VALUES ('s_Ry1mrYXYalVUI49EKhQXOw', 'm0', '\x2103912b301d1a7b0cab2c3159f8bdca22628b8b3f20b2df585a764bbf29c062', 2, 5, '{"for":"answer","expect":"text"}');
INSERT INTO krabice.messages VALUES ('s_Ry1mrYXYalVUI49EKhQXOw', 'm9', '\x0cec136fb651f275b30238d86b3bc263905ca9f2200e346deac9e01f72be40e3', NULL, NULL, NULL);
INSERT INTO krabice.messages VALUES ('s_ktFGLGcZupMzvK31yRBDRQ', 'm9', '\xf2e7abcd37a62397e6716bb59a9c6bdad4371e0c1a636faf7ddb6d13b425a45d', NULL, NULL, NULL);
INSERT INTO krabice.meta VALUES (true, 1, '\xa6866285628e958b67198c837e60632f435326515007bc5df1a2fe3ff1a1d007');
INSERT INTO krabice.offers VALUES ('b228730d2793dc0284f539133255ec31', '7ae768209faf849bd7937c398f34e0e356ef775ea850c85ecabe6d074ff2ec1f', '2026-11-30 22:44:02.725389+00');
INSERT INTO krabice.offers VALUES ('b228730d2793dc0284f539133255ec31', 'ee6f7bb48d4b694fb93d18742e97aca3c86542216749fbb64deb16d84ed40f9b', '2026-11-30 22:44:02.725492+00');
INSERT INTO krabice.offers VALUES ('c86821729724cb1ce4b627b9eba70f7e', '7ae768209faf849bd7937c398f34e0e356ef775ea850c85ecabe6d074ff2ec1f', '2026-11-30 22:44:02.848955+00');
INSERT INTO krabice.offers VALUES ('c86821729724cb1ce4b627b9eba70f7e', 'ee6f7bb48d4b694fb93d18742e97aca3c86542216749fbb64deb16d84ed40f9b', '2026-11-30 22:44:02.849025+00');
INSERT INTO krabice.offers VALUES ('edf72157f2712dc827e02e53ff4674e2', '7ae768209faf849bd7937c398f34e0e356ef775ea850c85ecabe6d074ff2ec1f', '2026-11-30 22:44:02.96174+00');
INSERT INTO krabice.offers VALUES ('edf72157f2712dc827e02e53ff4674e2', 'ee6f7bb48d4b694fb93d18742e97aca3c86542216749fbb64deb16d84ed40f9b', '2026-11-30 22:44:02.961783+00');
INSERT INTO krabice.sessions VALUES ('s_6UcSEreuZK15tnVxlQ0CfQ', '\x8c3a76ecc108270f26416576feb26d10eb357d330994aac6ed7841edc72063f7', 'notes', '7ae768209faf849bd7937c398f34e0e356ef775ea850c85ecabe6d074ff2ec1f', 'en', 4, '\x0fa641e785c362e49c2683caccfeec9f', 6, '{"version":1,"session":{"id":"s_6UcSEreuZK15tnVxlQ0CfQ","secret":"O75G5nJkwEPR7uCy-s-0Wg","language":"en","frames":[{"scenario":"notes","at":"ask","variables":{"note":{"value":{"text":"Note-finished."}},"write":{"value":{"boolean":true}}},"returns-to":null}],"waits":{"finished":"end"},"misfits":0,"turn-boxes":4,"boxes":6,"calls":1,"revealed":[]}}', '{"for":"nothing","reason":"end"}', NULL, NULL, NULL, NULL, '{"note":"Note-finished.","write":true}', 1795992242693, 1795992242740, 1795992242740);
INSERT INTO krabice.sessions VALUES ('s_bR1EVpsB12D6UpQT7CZVVQ', '\x2c5d156258b168b39491b16993cd629d566bea5ef2d8190f60fc9fc6564675ee', 'lookup', 'ee6f7bb48d4b694fb93d18742e97aca3c86542216749fbb64deb16d84ed40f9b', 'en', 5, '\xd1a468069a785fb219364c31c56b7c5d', 7, '{"version":1,"session":{"id":"s_bR1EVpsB12D6UpQT7CZVVQ","secret":"mmoZKYufcwEWqyUVGAqi5Q","language":"en","frames":[{"scenario":"lookup","at":"ask","variables":{"number":{"value":{"text":"O999999"}},"look":{"value":{"boolean":false}}},"returns-to":null}],"waits":"customer","misfits":0,"turn-boxes":3,"boxes":9,"calls":2,"revealed":[]}}', '{"for":"answer","expect":"order-number"}', NULL, NULL, NULL, NULL, NULL, 1795992242743, 1795992242761, NULL);
INSERT INTO krabice.sessions VALUES ('s_Ry1mrYXYalVUI49EKhQXOw', '\xfbde698d94f845e5c2a3996664fe9e9f6fea16fe377fb6c72fe2217b76e049e6', 'notes', '7ae768209faf849bd7937c398f34e0e356ef775ea850c85ecabe6d074ff2ec1f', 'en', 4, '\xe9aefebe10497a40bcf5def3d23b8080', 7, '{"version":1,"session":{"id":"s_Ry1mrYXYalVUI49EKhQXOw","secret":"39YythZhCmgeumeKddmXdQ","language":"en","frames":[{"scenario":"notes","at":"write","variables":{"note":{"value":{"text":"Note-cut-off."}},"write":{"value":{"boolean":true}}},"returns-to":null}],"waits":{"call":"a4a5f97d6e0a149541a630fad270ebe7"},"misfits":0,"turn-boxes":2,"boxes":9,"calls":2,"revealed":[]}}', '{"for":"call"}', 'm9', 6, '2026-11-29 22:44:03.885112+00', 'c86821729724cb1ce4b627b9eba70f7e', NULL, 1795992242762, 1795992242883, NULL);
INSERT INTO krabice.sessions VALUES ('s_ktFGLGcZupMzvK31yRBDRQ', '\x7ae783d26f29eb91c3de9390ab6a1ba267b7df5666def82eeb42ae2f01d43a1f', 'lookup', 'ee6f7bb48d4b694fb93d18742e97aca3c86542216749fbb64deb16d84ed40f9b', 'en', 2, '\x180e6a055476e0ac06026d4d08679b7d', 2, '{"version":1,"session":{"id":"s_ktFGLGcZupMzvK31yRBDRQ","secret":"0s83Bkbgb6KADDID2eCjuw","language":"en","frames":[{"scenario":"lookup","at":"look","variables":{"number":{"value":{"text":"O260147"}}},"returns-to":null}],"waits":{"call":"76c85f8a370f4866310166c5033c64e7"},"misfits":0,"turn-boxes":1,"boxes":3,"calls":1,"revealed":[]}}', '{"for":"call"}', 'm9', 2, '2026-11-29 22:44:03.993916+00', 'edf72157f2712dc827e02e53ff4674e2', NULL, 1795992242772, 1795992242992, NULL);
ALTER TABLE ONLY krabice.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (attempt, subject);
ALTER TABLE ONLY krabice.components
    ADD CONSTRAINT components_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY krabice.editions
    ADD CONSTRAINT editions_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY krabice.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (session, n);
ALTER TABLE ONLY krabice.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (session, n);
ALTER TABLE ONLY krabice.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (session, id);
ALTER TABLE ONLY krabice.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (one);
ALTER TABLE ONLY krabice.offers
    ADD CONSTRAINT offers_pkey PRIMARY KEY (server, edition);
ALTER TABLE ONLY krabice.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
CREATE INDEX attempts_at ON krabice.attempts USING btree (at);
CREATE INDEX attempts_subject ON krabice.attempts USING btree (subject, at);
CREATE INDEX sessions_edition ON krabice.sessions USING btree (edition) WHERE (finished_at IS NULL);
CREATE INDEX sessions_finished ON krabice.sessions USING btree (finished_at) WHERE (state IS NOT NULL);
CREATE INDEX sessions_touched ON krabice.sessions USING btree (touched_at);
CREATE INDEX sessions_under_way ON krabice.sessions USING btree (turn_lease) WHERE (turn_lease IS NOT NULL);
ALTER TABLE ONLY krabice.events
    ADD CONSTRAINT events_session_fkey FOREIGN KEY (session) REFERENCES krabice.sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY krabice.files
    ADD CONSTRAINT files_session_fkey FOREIGN KEY (session) REFERENCES krabice.sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY krabice.messages
    ADD CONSTRAINT messages_session_fkey FOREIGN KEY (session) REFERENCES krabice.sessions(id) ON DELETE CASCADE;
