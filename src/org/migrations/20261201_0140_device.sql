-- A browser or phone that its owner has logged in on: it is counted by itself when somebody is
-- wrong there, so that no stranger shuts him out. kind: known | second (a second proof of who he is)
-- | field (an inspector's, which works without a line). secret_hash: of what its cookie holds.
CREATE TABLE org_device (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('known', 'second', 'field')),
  secret_hash {{BLOB}} NOT NULL,
  name TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_device_account ON org_device (area_id, account_id);
CREATE UNIQUE INDEX org_device_secret ON org_device (area_id, secret_hash);

-- On which device; 0: none that is kept.
ALTER TABLE org_session ADD COLUMN device_id BIGINT NOT NULL DEFAULT 0;

-- Of a code that was redeemed: the hash of a secret that the phone made before it asked, so that the
-- same phone may ask again when the reply was lost, and the session it opened.
ALTER TABLE org_invitation ADD COLUMN redeemed_secret {{BLOB}};
