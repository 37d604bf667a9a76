BEGIN TRANSACTION;
CREATE TABLE activations (
	rollout TEXT NOT NULL, 
	site TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	recorded_at TEXT NOT NULL, 
	version TEXT, 
	CONSTRAINT pk_activations PRIMARY KEY (rollout, site, number)
);
INSERT INTO "activations" VALUES('story','ham-01',1,'2026-11-22T01:57:15.000000Z','plan:811b552fe573','2026-11-22T01:59:16.732379Z',NULL);
INSERT INTO "activations" VALUES('story','lodz',1,'2026-11-22T01:57:15.000000Z','plan:811b552fe573','2026-11-22T01:59:16.732379Z',NULL);
CREATE TABLE acts (
	decision TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	act TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	at TEXT NOT NULL, 
	reason TEXT, 
	rev_before INTEGER NOT NULL, 
	rev_after INTEGER NOT NULL, 
	details TEXT NOT NULL, 
	CONSTRAINT pk_acts PRIMARY KEY (decision, number), 
	CONSTRAINT fk_acts_decision FOREIGN KEY(decision) REFERENCES decisions (id)
);
INSERT INTO "acts" VALUES('ham-01-20261122T015720Z',1,'acknowledge','anna','2026-11-22T01:59:34.136462Z',NULL,1,2,'{}');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE audit (
	seq INTEGER NOT NULL, 
	previous TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	at TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	transport TEXT NOT NULL, 
	act TEXT NOT NULL, 
	decision TEXT, 
	rev_before INTEGER, 
	rev_after INTEGER, 
	reason TEXT, 
	evidence TEXT, 
	details TEXT NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (seq), 
	CONSTRAINT audit_hash UNIQUE (hash), 
	CONSTRAINT audit_previous UNIQUE (previous)
);
INSERT INTO "audit" VALUES(1,'0000000000000000000000000000000000000000000000000000000000000000','4bf76590432a4490cbf932c1627f27bb79f12351a7d7d1a048275491cf21b280','2026-11-22T01:59:16.732379Z','plan:811b552fe573','daemon','rollout.activate',NULL,NULL,NULL,NULL,NULL,'{"at":"2026-11-22T01:57:15Z","site":"ham-01"}');
INSERT INTO "audit" VALUES(2,'4bf76590432a4490cbf932c1627f27bb79f12351a7d7d1a048275491cf21b280','c248848e403ea088437449e26a05bccfab0645220376c65316bd00008ef01afe','2026-11-22T01:59:16.732379Z','plan:811b552fe573','daemon','rollout.activate',NULL,NULL,NULL,NULL,NULL,'{"at":"2026-11-22T01:57:15Z","site":"lodz"}');
INSERT INTO "audit" VALUES(3,'c248848e403ea088437449e26a05bccfab0645220376c65316bd00008ef01afe','0f3c0bf9e35783e5bc271e9bccf446c6fe8c3e7ec02ab8ad66958d5fb21e85fd','2026-11-22T01:59:17.122580Z','daemon','daemon','decision.open','ham-01-20261122T015720Z',NULL,1,NULL,'50f26adda3e76449e778b2bab58588170a60e74e6ee9d3d65153363cb455c311','{"ground":"load-high@20261122T015720Z"}');
INSERT INTO "audit" VALUES(4,'0f3c0bf9e35783e5bc271e9bccf446c6fe8c3e7ec02ab8ad66958d5fb21e85fd','97585961c83dce96fbb04cf3c879af8d0c414b580a150ac1d66008c879d03dad','2026-11-22T01:59:17.122580Z','daemon','daemon','ground.recover','ham-01-20261122T015720Z',1,1,NULL,'259f59b9d2594d29243b57e7b91d7af2cb4308fe0c4f56464e26fb6832e33152','{"ground":"load-high@20261122T015720Z","recovered_at":"2026-11-22T01:58:58Z"}');
INSERT INTO "audit" VALUES(5,'97585961c83dce96fbb04cf3c879af8d0c414b580a150ac1d66008c879d03dad','b3005c01edc3cffdcf23d15af25ea754812206e01615ce1110d4fc5dabc6255b','2026-11-22T01:59:34.136462Z','anna','cli','acknowledge','ham-01-20261122T015720Z',1,2,NULL,NULL,'{}');
CREATE TABLE decisions (
	id TEXT NOT NULL, 
	rollout TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	live_scope TEXT, 
	site TEXT, 
	phase TEXT, 
	state TEXT NOT NULL, 
	rev INTEGER NOT NULL, 
	episode INTEGER NOT NULL, 
	opened_at TEXT NOT NULL, 
	detected_late BOOLEAN NOT NULL, 
	until TEXT, 
	ended_at TEXT, 
	accepted TEXT NOT NULL, 
	CONSTRAINT pk_decisions PRIMARY KEY (id), 
	CONSTRAINT ck_decisions_live_scope CHECK ((state IN ('resumed', 'dismissed', 'verified', 'closed')) = (live_scope IS NULL)), 
	CONSTRAINT ck_decisions_state CHECK (state IN ('open', 'acknowledged', 'confirmed', 'overridden', 'rolled_back', 'flagged', 'resumed', 'dismissed', 'verified', 'closed')), 
	CONSTRAINT ck_decisions_live_scope_is_scope CHECK (live_scope IS NULL OR live_scope = scope), 
	CONSTRAINT one_live_decision UNIQUE (rollout, live_scope)
);
INSERT INTO "decisions" VALUES('ham-01-20261122T015720Z','story','ham-01','ham-01','ham-01','pilot','acknowledged',2,1,'2026-11-22T01:57:20.000000Z',1,NULL,NULL,'[]');
CREATE TABLE evidence (
	sha256 TEXT NOT NULL, 
	body TEXT NOT NULL, 
	at TEXT NOT NULL, 
	CONSTRAINT pk_evidence PRIMARY KEY (sha256), 
	CONSTRAINT ck_evidence_sha256 CHECK (length(sha256) = 64)
);
INSERT INTO "evidence" VALUES('50f26adda3e76449e778b2bab58588170a60e74e6ee9d3d65153363cb455c311','{"activation":{"actor":"plan:811b552fe573","at":"2026-11-22T01:57:15Z","version":null},"at":"2026-11-22T01:57:20Z","change":"opened","classes":"MMMMMMMMMMMMMMMMMMBBBBBB","conditions":[{"kpi":"load","query":"sum by (site) (last_over_time(load[500ms]))","source":"default","unit":"count","values":[null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,42.0,42.0,42.0,42.0,42.0,42.0],"volume_query":null,"volumes":null}],"controls":{"lodz":[null,null,3.0,3.0,3.0,3.0,3.0,3.0]},"first_slot":"2026-11-22T01:56:57Z","good":"MMMMMMMMMMMMMMMMMMNNNNNN","label":"ham-01","on_call":null,"opened_at":"2026-11-22T01:57:20Z","pending_since":"2026-11-22T01:57:15Z","phase":"pilot","revision":"811b552fe5735e84a5ed4d69283996794f92d204b5d8eab5eb2762cb25fd7a94","rollout":"story","rule":{"combine":"one","conditions":[{"kpi":"load","op":">","recover_threshold":10.0,"threshold":10.0,"volume_min":null}],"error_after":3,"eval_delay_seconds":1.0,"extra_slots":2,"id":"load-high","m":6,"min_coverage":0.8,"missing":"missing","mode":"enforce","n":6,"recover_slots":4,"settle_seconds":0.0,"severity":"page","stale_after":5,"step_seconds":1.0},"rule_hash":"096c84b833bf7de416c44106b78a88f4f5cc7d9f3eb9ac96d42d8bcbec1fabf6","site":"ham-01","step_seconds":1.0,"verdict":{"branch":"enough_breaching","expected":6,"high":6,"low":6,"outcome":"breach","used":6},"version":1}','2026-11-22T01:59:17.122580Z');
INSERT INTO "evidence" VALUES('259f59b9d2594d29243b57e7b91d7af2cb4308fe0c4f56464e26fb6832e33152','{"activation":{"actor":"plan:811b552fe573","at":"2026-11-22T01:57:15Z","version":null},"at":"2026-11-22T01:58:58Z","change":"recovered","classes":"BBBBBBBBBBBBBBBBBBBBCCCC","conditions":[{"kpi":"load","query":"sum by (site) (last_over_time(load[500ms]))","source":"default","unit":"count","values":[42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,42.0,3.0,3.0,3.0,3.0],"volume_query":null,"volumes":null}],"controls":{"lodz":[3.0,3.0,3.0,3.0,3.0,3.0,3.0,3.0]},"first_slot":"2026-11-22T01:58:35Z","good":"NNNNNNNNNNNNNNNNNNNNGGGG","label":"ham-01","on_call":null,"opened_at":"2026-11-22T01:57:20Z","pending_since":"2026-11-22T01:57:15Z","phase":"pilot","recovers":"50f26adda3e76449e778b2bab58588170a60e74e6ee9d3d65153363cb455c311","revision":"811b552fe5735e84a5ed4d69283996794f92d204b5d8eab5eb2762cb25fd7a94","rollout":"story","rule":{"combine":"one","conditions":[{"kpi":"load","op":">","recover_threshold":10.0,"threshold":10.0,"volume_min":null}],"error_after":3,"eval_delay_seconds":1.0,"extra_slots":2,"id":"load-high","m":6,"min_coverage":0.8,"missing":"missing","mode":"enforce","n":6,"recover_slots":4,"settle_seconds":0.0,"severity":"page","stale_after":5,"step_seconds":1.0},"rule_hash":"096c84b833bf7de416c44106b78a88f4f5cc7d9f3eb9ac96d42d8bcbec1fabf6","site":"ham-01","step_seconds":1.0,"verdict":{"branch":"too_few_even_if_missing_breached","expected":6,"high":2,"low":2,"outcome":"clear","used":6},"version":1}','2026-11-22T01:59:17.122580Z');
CREATE TABLE grounds (
	decision TEXT NOT NULL, 
	id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	rollout TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	site TEXT, 
	rule TEXT, 
	criterion TEXT, 
	opened_at TEXT NOT NULL, 
	recorded_at TEXT NOT NULL, 
	pending_since TEXT, 
	recovered_at TEXT, 
	resolved_at TEXT, 
	unwatched BOOLEAN NOT NULL, 
	detected_late BOOLEAN NOT NULL, 
	evidence TEXT, 
	links TEXT NOT NULL, 
	summary TEXT, 
	CONSTRAINT pk_grounds PRIMARY KEY (decision, id), 
	CONSTRAINT ck_grounds_manual_has_no_rule CHECK (kind <> 'manual' OR rule IS NULL), 
	CONSTRAINT ck_grounds_rule_and_site CHECK (kind <> 'rule' OR (rule IS NOT NULL AND site IS NOT NULL)), 
	CONSTRAINT ck_grounds_kind CHECK (kind IN ('rule', 'manual')), 
	CONSTRAINT fk_grounds_decision FOREIGN KEY(decision) REFERENCES decisions (id), 
	CONSTRAINT ground_position UNIQUE (decision, position), 
	CONSTRAINT one_ground_for_ever UNIQUE (rollout, site, rule, opened_at)
);
INSERT INTO "grounds" VALUES('ham-01-20261122T015720Z','load-high@20261122T015720Z',0,'story','rule','ham-01','load-high',NULL,'2026-11-22T01:57:20.000000Z','2026-11-22T01:59:17.122580Z','2026-11-22T01:57:15.000000Z','2026-11-22T01:58:58.000000Z',NULL,0,1,'50f26adda3e76449e778b2bab58588170a60e74e6ee9d3d65153363cb455c311','[{"kind":"dashboard","url":"http://127.0.0.1/d?site=ham-01&from=1795310835000&to=1795314440000&d=ham-01-20261122T015720Z"}]','{"data_age_seconds":117.12258,"go_live":"2026-11-22T01:57:15Z","held_seconds":5.0,"kpi":"load","kpi_title":"Load","m":6,"n":6,"op":">","other_sites":[{"site":"lodz","value":3.0}],"phase":"pilot","recover_threshold":10.0,"rule_hash":"096c84b833bf7de416c44106b78a88f4f5cc7d9f3eb9ac96d42d8bcbec1fabf6","samples_expected":6,"samples_used":6,"severity":"page","site_name":"Ham-01","threshold":10.0,"timezone":"Europe/Berlin","unit":"count","value":42.0,"window_text":"all 6 samples, 1 s apart"}');
CREATE TABLE outbox (
	"key" TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	notifier TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	decision TEXT, 
	rev INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	created_at TEXT NOT NULL, 
	due_at TEXT NOT NULL, 
	first_attempt_at TEXT, 
	sent_at TEXT, 
	ts TEXT, 
	sent_channel TEXT, 
	desired INTEGER NOT NULL, 
	delivered INTEGER NOT NULL, 
	swept INTEGER NOT NULL, 
	error TEXT, 
	CONSTRAINT pk_outbox PRIMARY KEY ("key"), 
	CONSTRAINT ck_outbox_kind CHECK (kind IN ('root', 'ground', 'act', 'recovered', 'reminder', 'escalation', 'blind', 'image', 'summary', 'drill', 'report')), 
	CONSTRAINT ck_outbox_state CHECK (state IN ('pending', 'unknown', 'sent', 'dead')), 
	CONSTRAINT outbox_number UNIQUE (number)
);
INSERT INTO "outbox" VALUES('ham-01-20261122T015720Z/root/C0HYPERCARE',1,'root','slack','C0HYPERCARE','ham-01-20261122T015720Z',1,'{}','pending',6,'2026-11-22T01:59:17.122580Z','2026-11-22T01:59:43.368857Z','2026-11-22T01:59:17.620684Z',NULL,NULL,NULL,3,0,0,'connection_refused');
INSERT INTO "outbox" VALUES('ham-01-20261122T015720Z/act/1/C0HYPERCARE',2,'act','slack','C0HYPERCARE','ham-01-20261122T015720Z',2,'{"act":"acknowledge","actor":"anna","at":"2026-11-22T01:59:34.136462Z","reason":null,"rev_after":2,"state":"acknowledged"}','pending',0,'2026-11-22T01:59:34.136462Z','2026-11-22T01:59:34.136462Z',NULL,NULL,NULL,NULL,1,0,0,NULL);
CREATE TABLE progress (
	rollout TEXT NOT NULL, 
	source TEXT NOT NULL, 
	"query" TEXT NOT NULL, 
	step_seconds INTEGER NOT NULL, 
	eval_delay_seconds INTEGER NOT NULL, 
	last TEXT NOT NULL, 
	CONSTRAINT pk_progress PRIMARY KEY (rollout, source, "query", step_seconds, eval_delay_seconds)
);
INSERT INTO "progress" VALUES('story','default','0ce0b54ab5bc394eb2c15fd1d4e24f1f4125fcc18d7812e84807cb527ddc1808',1,1,'2026-11-22T01:59:35.000000Z');
CREATE TABLE progress_behind (
	rollout TEXT NOT NULL, 
	source TEXT NOT NULL, 
	"query" TEXT NOT NULL, 
	step_seconds INTEGER NOT NULL, 
	eval_delay_seconds INTEGER NOT NULL, 
	site TEXT NOT NULL, 
	last TEXT NOT NULL, 
	CONSTRAINT pk_progress_behind PRIMARY KEY (rollout, source, "query", step_seconds, eval_delay_seconds, site)
);
CREATE TABLE rule_states (
	rollout TEXT NOT NULL, 
	site TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	armed_at TEXT NOT NULL, 
	condition TEXT NOT NULL, 
	pending_since TEXT, 
	opened_at TEXT, 
	no_data TEXT, 
	failures INTEGER NOT NULL, 
	as_of TEXT NOT NULL, 
	rule_hash TEXT NOT NULL, 
	reported TEXT NOT NULL, 
	queries TEXT NOT NULL, 
	CONSTRAINT pk_rule_states PRIMARY KEY (rollout, site, rule), 
	CONSTRAINT ck_rule_states_condition CHECK (condition IN ('ok', 'pending', 'breached', 'recovering')), 
	CONSTRAINT ck_rule_states_reported CHECK (reported IN ('ok', 'pending', 'no_data', 'error', 'recovering', 'breached'))
);
INSERT INTO "rule_states" VALUES('story','ham-01','load-high','2026-11-22T01:57:15.000000Z','ok',NULL,NULL,NULL,0,'2026-11-22T01:59:16.000000Z','096c84b833bf7de416c44106b78a88f4f5cc7d9f3eb9ac96d42d8bcbec1fabf6','ok','[["default","0ce0b54ab5bc394eb2c15fd1d4e24f1f4125fcc18d7812e84807cb527ddc1808",1,1]]');
INSERT INTO "rule_states" VALUES('story','lodz','load-high','2026-11-22T01:57:15.000000Z','ok',NULL,NULL,NULL,0,'2026-11-22T01:59:16.000000Z','096c84b833bf7de416c44106b78a88f4f5cc7d9f3eb9ac96d42d8bcbec1fabf6','ok','[["default","0ce0b54ab5bc394eb2c15fd1d4e24f1f4125fcc18d7812e84807cb527ddc1808",1,1]]');
CREATE TABLE unjudged (
	rollout TEXT NOT NULL, 
	site TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	first TEXT NOT NULL, 
	last TEXT NOT NULL, 
	recorded_at TEXT NOT NULL, 
	CONSTRAINT pk_unjudged PRIMARY KEY (rollout, site, rule, first, last)
);
CREATE INDEX decisions_by_end ON decisions (rollout, ended_at);
CREATE INDEX outbox_by_decision ON outbox (decision, kind);
CREATE INDEX outbox_by_due ON outbox (state, due_at);
CREATE TRIGGER acts_refuses_update BEFORE UPDATE ON acts BEGIN SELECT RAISE(ABORT, 'acts is append-only'); END;
CREATE TRIGGER acts_refuses_delete BEFORE DELETE ON acts BEGIN SELECT RAISE(ABORT, 'acts is append-only'); END;
CREATE TRIGGER activations_refuses_update BEFORE UPDATE ON activations BEGIN SELECT RAISE(ABORT, 'activations is append-only'); END;
CREATE TRIGGER activations_refuses_delete BEFORE DELETE ON activations BEGIN SELECT RAISE(ABORT, 'activations is append-only'); END;
CREATE TRIGGER audit_refuses_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER evidence_refuses_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER evidence_refuses_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
COMMIT;
