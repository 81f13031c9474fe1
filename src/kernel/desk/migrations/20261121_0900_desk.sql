-- The kernel's own book-keeping. area_id comes first in every key; the tables without one are in
-- the list of exceptions of the catalogue test.

CREATE TABLE kernel_setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) {{STRICT}};

-- One chain a school (school_id), and one for the district itself (0).
CREATE TABLE kernel_audit_chain (
  area_id BIGINT NOT NULL,
  school_id BIGINT NOT NULL,
  algorithm TEXT NOT NULL,
  seq BIGINT NOT NULL,
  hash {{BLOB}} NOT NULL,
  PRIMARY KEY (area_id, school_id)
) {{STRICT}};

CREATE TABLE kernel_audit_entry (
  area_id BIGINT NOT NULL,
  school_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  id BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_account BIGINT NOT NULL,
  actor_person BIGINT NOT NULL,
  action TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id BIGINT NOT NULL,
  detail TEXT NOT NULL,
  person_id BIGINT NOT NULL,
  personal {{BLOB}},
  hash {{BLOB}} NOT NULL,
  PRIMARY KEY (area_id, school_id, seq)
) {{STRICT}};
CREATE INDEX kernel_audit_entry_subject ON kernel_audit_entry (area_id, subject_id, id);
CREATE INDEX kernel_audit_entry_person ON kernel_audit_entry (area_id, person_id, id);
CREATE INDEX kernel_audit_entry_time ON kernel_audit_entry (area_id, id);

CREATE TABLE kernel_audit_checkpoint (
  area_id BIGINT NOT NULL,
  day TEXT NOT NULL,
  chains BIGINT NOT NULL,
  heads TEXT NOT NULL,
  previous {{BLOB}} NOT NULL,
  hash {{BLOB}} NOT NULL,
  PRIMARY KEY (area_id, day)
) {{STRICT}};

CREATE TABLE kernel_outbox_event (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  topic TEXT NOT NULL,
  payload TEXT NOT NULL,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX kernel_outbox_event_topic ON kernel_outbox_event (area_id, topic, id);

-- A listener's dealings with an event: heard, or when to try again.
CREATE TABLE kernel_outbox_delivery (
  area_id BIGINT NOT NULL,
  listener TEXT NOT NULL,
  event_id BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  heard_ms BIGINT,
  next_ms BIGINT NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (area_id, listener, event_id)
) {{STRICT}};

CREATE TABLE kernel_job (
  name TEXT NOT NULL PRIMARY KEY,
  last_started_ms BIGINT NOT NULL,
  last_ended_ms BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  error TEXT NOT NULL
) {{STRICT}};

-- The reply to a request that named an Idempotency-Key, sealed, in the same unit as its effect.
CREATE TABLE kernel_idempotency (
  area_id BIGINT NOT NULL,
  key_hash {{BLOB}} NOT NULL,
  body_hash {{BLOB}} NOT NULL,
  at_ms BIGINT NOT NULL,
  reply {{BLOB}} NOT NULL,
  PRIMARY KEY (area_id, key_hash)
) {{STRICT}};
CREATE INDEX kernel_idempotency_at ON kernel_idempotency (area_id, at_ms);

-- wrapped is NULL once the key is destroyed.
CREATE TABLE kernel_person_key (
  area_id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  wrapped {{BLOB}},
  erased_ms BIGINT,
  PRIMARY KEY (area_id, person_id)
) {{STRICT}};
