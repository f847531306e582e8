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
SET default_tablespace = '';
SET default_table_access_method = heap;
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
CREATE TABLE krabice.failures (
    subject text NOT NULL,
    at bigint NOT NULL,
    count bigint NOT NULL
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
    channel text DEFAULT 'chat'::text NOT NULL,
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
INSERT INTO krabice.editions VALUES ('98407b0f89f43d78a6f7178de795a66471512a2213d02120db0d18fd2a31291b', 'lookup', '{"{
  \"krabice\": 1, \"channels\": [\"chat\"], \"name\": \"lookup\", \"languages\": [\"en\"], \"timezone\": \"Europe/Prague\", \"start\": \"ask\",
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
INSERT INTO krabice.editions VALUES ('98cfd23541f5b1c771568ed8753d5c68b4e02094c162c5a801a68da7e0fa9530', 'notes', '{"{
  \"krabice\": 1, \"channels\": [\"chat\"], \"name\": \"notes\", \"languages\": [\"en\"], \"timezone\": \"Europe/Prague\", \"start\": \"ask\",
  \"boxes\": {
    \"ask\": { \"type\": \"answer\", \"text\": \"What shall we note?\", \"expect\": \"text\", \"save\": \"note\", \"next\": \"thanks\" },
    \"thanks\": { \"type\": \"message\", \"text\": \"Thank you. \", \"next\": \"write\" },
    \"write\": { \"type\": \"call\", \"unverified\": true, \"function\": \"upgates/append-note\", \"connection\": \"shop\",
               \"params\": { \"order\": \"O260147\", \"text\": \"<<note>>\" },
               \"true\": \"noted\", \"false\": \"missing\", \"failure\": \"unsure\" },
    \"noted\": { \"type\": \"message\", \"text\": \"It is noted.\", \"next\": \"ask\" },
    \"missing\": { \"type\": \"message\", \"text\": \"There is no such order.\", \"next\": \"ask\" },
    \"unsure\": { \"type\": \"message\", \"text\": \"We do not know whether it was noted.\", \"next\": \"ask\" }
  }
}
"}', '{d87cc97a03a3550b3115781bde959a6918f5f225bc0179955eb08999e2bea775}');
INSERT INTO krabice.events VALUES ('s_G4fY322t3ngzmpohJKZ4gQ', 1, '{"n":1,"at":"2026-11-30T06:56:31.751Z","kind":"ask","text":"What shall we note?","expect":"text","again":false}');
INSERT INTO krabice.events VALUES ('s_G4fY322t3ngzmpohJKZ4gQ', 2, '{"n":2,"at":"2026-11-30T06:56:31.756Z","kind":"said","text":"Note-finished."}');
INSERT INTO krabice.events VALUES ('s_G4fY322t3ngzmpohJKZ4gQ', 3, '{"n":3,"at":"2026-11-30T06:56:31.756Z","kind":"message","text":"Thank you. "}');
INSERT INTO krabice.events VALUES ('s_G4fY322t3ngzmpohJKZ4gQ', 4, '{"n":4,"at":"2026-11-30T06:56:31.765Z","kind":"message","text":"It is noted."}');
INSERT INTO krabice.events VALUES ('s_G4fY322t3ngzmpohJKZ4gQ', 5, '{"n":5,"at":"2026-11-30T06:56:31.765Z","kind":"ask","text":"What shall we note?","expect":"text","again":false}');
INSERT INTO krabice.events VALUES ('s_G4fY322t3ngzmpohJKZ4gQ', 6, '{"n":6,"at":"2026-11-30T06:56:31.769Z","kind":"end"}');
INSERT INTO krabice.events VALUES ('s_hc005BKzFfzJX08dlG8Z8A', 1, '{"n":1,"at":"2026-11-30T06:56:31.771Z","kind":"ask","text":"Which order?","expect":"order-number","again":false}');
INSERT INTO krabice.events VALUES ('s_hc005BKzFfzJX08dlG8Z8A', 2, '{"n":2,"at":"2026-11-30T06:56:31.775Z","kind":"said","text":"O999999"}');
INSERT INTO krabice.events VALUES ('s_hc005BKzFfzJX08dlG8Z8A', 3, '{"n":3,"at":"2026-11-30T06:56:31.778Z","kind":"message","text":"There is no such order."}');
INSERT INTO krabice.events VALUES ('s_hc005BKzFfzJX08dlG8Z8A', 4, '{"n":4,"at":"2026-11-30T06:56:31.778Z","kind":"ask","text":"Which order?","expect":"order-number","again":false}');
INSERT INTO krabice.events VALUES ('s_hc005BKzFfzJX08dlG8Z8A', 5, '{"n":5,"at":"2026-11-30T06:56:31.782Z","kind":"said","text":"O260147"}');
INSERT INTO krabice.events VALUES ('s_hc005BKzFfzJX08dlG8Z8A', 6, '{"n":6,"at":"2026-11-30T06:56:31.785Z","kind":"message","text":"We have it."}');
INSERT INTO krabice.events VALUES ('s_hc005BKzFfzJX08dlG8Z8A', 7, '{"n":7,"at":"2026-11-30T06:56:31.785Z","kind":"ask","text":"Which order?","expect":"order-number","again":false}');
INSERT INTO krabice.events VALUES ('s_uu3MoWo44mifzPWvFxnE-w', 1, '{"n":1,"at":"2026-11-30T06:56:31.788Z","kind":"ask","text":"What shall we note?","expect":"text","again":false}');
INSERT INTO krabice.events VALUES ('s_uu3MoWo44mifzPWvFxnE-w', 2, '{"n":2,"at":"2026-11-30T06:56:31.791Z","kind":"said","text":"Note-first. My e-mail is Petra.Vlkova@example.cz."}');
INSERT INTO krabice.events VALUES ('s_uu3MoWo44mifzPWvFxnE-w', 3, '{"n":3,"at":"2026-11-30T06:56:31.791Z","kind":"message","text":"Thank you. "}');
INSERT INTO krabice.events VALUES ('s_uu3MoWo44mifzPWvFxnE-w', 4, '{"n":4,"at":"2026-11-30T06:56:31.797Z","kind":"message","text":"It is noted."}');
INSERT INTO krabice.events VALUES ('s_uu3MoWo44mifzPWvFxnE-w', 5, '{"n":5,"at":"2026-11-30T06:56:31.797Z","kind":"ask","text":"What shall we note?","expect":"text","again":false}');
INSERT INTO krabice.events VALUES ('s_4-nkyHCZQxBEWR-Em5I4dw', 1, '{"n":1,"at":"2026-11-30T06:56:31.800Z","kind":"ask","text":"Which order?","expect":"order-number","again":false}');
INSERT INTO krabice.events VALUES ('s_uu3MoWo44mifzPWvFxnE-w', 6, '{"n":6,"at":"2026-11-30T06:56:31.805Z","kind":"said","text":"Note-cut-off."}');
INSERT INTO krabice.events VALUES ('s_uu3MoWo44mifzPWvFxnE-w', 7, '{"n":7,"at":"2026-11-30T06:56:31.805Z","kind":"message","text":"Thank you. "}');
INSERT INTO krabice.events VALUES ('s_4-nkyHCZQxBEWR-Em5I4dw', 2, '{"n":2,"at":"2026-11-30T06:56:31.805Z","kind":"said","text":"O260147"}');
INSERT INTO krabice.failures VALUES ('prefix:7f7f954fbddb2f68edaebac3999a6089', 1796021820000, 1);
INSERT INTO krabice.failures VALUES ('scenario:a377f24ed9d09f649e8eb486b3d7bb15', 1796021820000, 1);
INSERT INTO krabice.failures VALUES ('session:11d60aab2b3878da86456aafe7f52d7c', 1796021820000, 1);
INSERT INTO krabice.failures VALUES ('value:fd225758a3090a475a91601ef685afff', 1796021820000, 1);
INSERT INTO krabice.messages VALUES ('s_G4fY322t3ngzmpohJKZ4gQ', 'm0', '\x55d42dc4d9aa063d62159c5d7914451ce724f17e226e89dece7d983e20d44f73', 2, 5, '{"for":"answer","expect":"text"}');
INSERT INTO krabice.messages VALUES ('s_hc005BKzFfzJX08dlG8Z8A', 'm1', '\xc84475c60263d744d6c0b3bcdddae7ad4df6ab0b2bb55e76908bbe024f18261e', 2, 4, '{"for":"answer","expect":"order-number"}');
INSERT INTO krabice.messages VALUES ('s_hc005BKzFfzJX08dlG8Z8A', 'm2', '\x358e3037e278bdf6abc9a6608af05542d7cfe7d0f5063f91c2973851e734031e', 5, 7, '{"for":"answer","expect":"order-number"}');
INSERT INTO krabice.messages VALUES ('s_uu3MoWo44mifzPWvFxnE-w', 'm1', '\x282490b2d8d926b1ca454be97f9b9570e9a4a431eba2f8478784ee8d53999690', 2, 5, '{"for":"answer","expect":"text"}');
INSERT INTO krabice.messages VALUES ('s_uu3MoWo44mifzPWvFxnE-w', 'm9', '\xd44bc521628117230364fa12761e3584863ab5b543a729cf46c9254131da7bb3', NULL, NULL, NULL);
INSERT INTO krabice.messages VALUES ('s_4-nkyHCZQxBEWR-Em5I4dw', 'm9', '\x358e3037e278bdf6abc9a6608af05542d7cfe7d0f5063f91c2973851e734031e', NULL, NULL, NULL);
INSERT INTO krabice.meta VALUES (true, 2, '\x8384593580b383016b7b0154ae8aa757467677aa3809c85687268e7fc830c1a7');
INSERT INTO krabice.offers VALUES ('1c5968cd575b5b922dd60b00769c2dee', '98407b0f89f43d78a6f7178de795a66471512a2213d02120db0d18fd2a31291b', '2026-12-01 06:56:31.746183+00');
INSERT INTO krabice.offers VALUES ('1c5968cd575b5b922dd60b00769c2dee', '98cfd23541f5b1c771568ed8753d5c68b4e02094c162c5a801a68da7e0fa9530', '2026-12-01 06:56:31.746206+00');
INSERT INTO krabice.sessions VALUES ('s_G4fY322t3ngzmpohJKZ4gQ', '\xcddadf19c18541c45f07cc665df56ed96e3dce46a518d30bc09929ed6a9ade25', 'notes', '98cfd23541f5b1c771568ed8753d5c68b4e02094c162c5a801a68da7e0fa9530', 'en', 'chat', 4, '\xeb42d4e7610dcec9927b7706ae4896c5', 6, '{"version":2,"session":{"id":"s_G4fY322t3ngzmpohJKZ4gQ","secret":"69H7NeHiYmVjc74uHvccgg","language":"en","frames":[{"scenario":"notes","at":"ask","variables":{"note":{"value":{"text":"Note-finished."},"said":[{"start":0,"end":14}]},"write":{"value":{"boolean":true}}},"returns-to":null}],"waits":{"finished":"end"},"misfits":0,"turn-boxes":4,"boxes":6,"calls":1,"revealed":[]}}', '{"for":"nothing","reason":"end"}', NULL, NULL, NULL, NULL, '{"note":"Note-finished.","write":true}', 1796021791751, 1796021791769, 1796021791769);
INSERT INTO krabice.sessions VALUES ('s_hc005BKzFfzJX08dlG8Z8A', '\x687d7de9a596eb3c0c4b7353f06668e3171270ea34bf29b262387c8d552171a1', 'lookup', '98407b0f89f43d78a6f7178de795a66471512a2213d02120db0d18fd2a31291b', 'en', 'chat', 3, '\x78af9bb5685cf6cd11d072d75a433323', 7, '{"version":2,"session":{"id":"s_hc005BKzFfzJX08dlG8Z8A","secret":"0BV8Rr7G3C4dqi16QgxtLw","language":"en","frames":[{"scenario":"lookup","at":"ask","variables":{"number":{"value":{"text":"O260147"},"said":[{"start":0,"end":7}]},"look":{"value":{"record":{"status":{"text":"Odeslaná"},"billing":{"text":"Převodem"},"shipping":{"text":"Zásilkovna"},"paid":{"boolean":true},"topay":{"decimal":"1249.5"},"currency":{"text":"CZK"},"tracking":{"text":"DR5550001112C"}}}}},"returns-to":null}],"waits":"customer","misfits":0,"turn-boxes":3,"boxes":9,"calls":2,"revealed":[]}}', '{"for":"answer","expect":"order-number"}', NULL, NULL, NULL, NULL, NULL, 1796021791771, 1796021791785, NULL);
INSERT INTO krabice.sessions VALUES ('s_uu3MoWo44mifzPWvFxnE-w', '\xaebf70399eef74484fafe9c978c2d0e93514976d2d101896e536f0d4b8cd6722', 'notes', '98cfd23541f5b1c771568ed8753d5c68b4e02094c162c5a801a68da7e0fa9530', 'en', 'chat', 4, '\x4f571eddd367c08f3575da1f3f6da92c', 7, '{"version":2,"session":{"id":"s_uu3MoWo44mifzPWvFxnE-w","secret":"hQYPQbFNMlLwAW8QK6Bbow","language":"en","frames":[{"scenario":"notes","at":"write","variables":{"note":{"value":{"text":"Note-cut-off."},"said":[{"start":0,"end":13}]},"write":{"value":{"boolean":true}}},"returns-to":null}],"waits":{"call":{"key":"5e7b1a4715e67f80df6d2f4495870549","parameters":{"order":{"value":{"text":"O260147"}},"text":{"value":{"text":"Note-cut-off."},"said":[{"start":0,"end":13}]}}}},"now":"2026-11-30T06:56:31.805830114Z","misfits":0,"turn-boxes":2,"boxes":9,"calls":2,"revealed":[]}}', '{"for":"call"}', 'm9', 6, '2026-11-30 06:56:46.80703+00', '1c5968cd575b5b922dd60b00769c2dee', NULL, 1796021791788, 1796021791806, NULL);
INSERT INTO krabice.sessions VALUES ('s_4-nkyHCZQxBEWR-Em5I4dw', '\x57ff420bf53f979524fdfa296573afddbda466b1ccd82ec2007da26ce03fd4c8', 'lookup', '98407b0f89f43d78a6f7178de795a66471512a2213d02120db0d18fd2a31291b', 'en', 'chat', 2, '\x8db92df3b7f8de28af951508bb83828f', 2, '{"version":2,"session":{"id":"s_4-nkyHCZQxBEWR-Em5I4dw","secret":"N0UQl70oonDPKg6xprUxOQ","language":"en","frames":[{"scenario":"lookup","at":"look","variables":{"number":{"value":{"text":"O260147"},"said":[{"start":0,"end":7}]}},"returns-to":null}],"waits":{"call":{"key":"b04fb4c5ec667564c7b59804b8f08574","parameters":{"order":{"value":{"text":"O260147"},"said":[{"start":0,"end":7}]}}}},"now":"2026-11-30T06:56:31.805597232Z","misfits":0,"turn-boxes":1,"boxes":3,"calls":1,"revealed":[]}}', '{"for":"call"}', 'm9', 2, '2026-11-30 06:56:47.10837+00', '1c5968cd575b5b922dd60b00769c2dee', NULL, 1796021791800, 1796021792107, NULL);
ALTER TABLE ONLY krabice.components
    ADD CONSTRAINT components_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY krabice.editions
    ADD CONSTRAINT editions_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY krabice.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (session, n);
ALTER TABLE ONLY krabice.failures
    ADD CONSTRAINT failures_pkey PRIMARY KEY (subject, at);
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
CREATE INDEX failures_at ON krabice.failures USING btree (at);
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
