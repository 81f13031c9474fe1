-- What touches one of the district's three officers (三员) is asked for by one person and approved
-- by another officer; whoever asked then does it himself, once. act: account | reset | disable |
-- grant | revoke | merge | contact. role and other_id say which: the role and its place (0: the
-- district), or the other row of a merge; empty and 0 where the act needs none.
CREATE TABLE org_officer_act (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  act TEXT NOT NULL,
  person_id BIGINT NOT NULL,
  role TEXT NOT NULL,
  other_id BIGINT NOT NULL,
  reason TEXT NOT NULL,
  asked_by BIGINT NOT NULL,
  asked_ms BIGINT NOT NULL,
  decided_by BIGINT,
  decided_ms BIGINT,
  approved SMALLINT CHECK (approved IN (0, 1)),
  done_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_officer_act_person ON org_officer_act (area_id, person_id, id);
