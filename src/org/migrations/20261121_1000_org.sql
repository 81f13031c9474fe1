-- Organisation and people (组织与人员). Days are ISO text, `until_day` is the first day no longer.
-- Nothing is deleted when a child moves: memberships end and others begin.

-- A reference table: the district itself. `code` is its administrative code (GB/T 2260).
CREATE TABLE org_area (
  id BIGINT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL
) {{STRICT}};

CREATE TABLE org_street (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (area_id, id)
) {{STRICT}};

-- code: school identification code (10 digits), empty if unknown. stages: primary | junior |
-- nine_year. primary_years: 6, or 5 where junior school has four.
CREATE TABLE org_school (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('public', 'private')),
  stages TEXT NOT NULL CHECK (stages IN ('primary', 'junior', 'nine_year')),
  primary_years SMALLINT NOT NULL CHECK (primary_years IN (5, 6)),
  street_id BIGINT NOT NULL,
  rural SMALLINT NOT NULL CHECK (rural IN (0, 1)),
  opened_on TEXT NOT NULL,
  closed_on TEXT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE UNIQUE INDEX org_school_name ON org_school (area_id, name_folded);
CREATE INDEX org_school_code ON org_school (area_id, code);

CREATE TABLE org_site (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  school_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_site_school ON org_site (area_id, school_id);

-- Other parties: departments, streets' offices, third parties of the service.
CREATE TABLE org_organisation (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('department', 'institution', 'association', 'bank')),
  uscc TEXT NOT NULL,
  from_day TEXT NOT NULL,
  until_day TEXT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};

-- school_year 2026 begins in September 2026. part: 1 autumn, 2 spring.
CREATE TABLE org_term (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  school_year BIGINT NOT NULL,
  part SMALLINT NOT NULL CHECK (part IN (1, 2)),
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE UNIQUE INDEX org_term_part ON org_term (area_id, school_year, part);

-- A class keeps its entry year and number while its pupils go up; its grade follows from the day.
-- name is what the school calls it when that is not "三年级2班", else empty.
CREATE TABLE org_class (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  school_id BIGINT NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('primary', 'junior')),
  entry_year BIGINT NOT NULL,
  number BIGINT NOT NULL,
  name TEXT NOT NULL,
  opened_on TEXT NOT NULL,
  closed_on TEXT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE UNIQUE INDEX org_class_number ON org_class (area_id, school_id, stage, entry_year, number);

-- Everybody: pupils, guardians, staff. sex: GB/T 2261.1 (0 1 2 9). birth_day NULL: not known.
-- merged_into: this row was found to be the same person as that one.
CREATE TABLE org_person (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  pinyin TEXT NOT NULL,
  sex SMALLINT NOT NULL CHECK (sex IN (0, 1, 2, 9)),
  birth_day TEXT,
  ethnic TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  merged_into BIGINT,
  erased_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};

-- What a person is found by: the folded name, its endings, full pinyin and initials.
CREATE TABLE org_name_key (
  area_id BIGINT NOT NULL,
  key TEXT NOT NULL,
  person_id BIGINT NOT NULL,
  PRIMARY KEY (area_id, key, person_id)
) {{STRICT}};
CREATE INDEX org_name_key_person ON org_name_key (area_id, person_id);

-- Sensitive fields, sealed under the person's key: id_number, student_no, phone, address, health,
-- hardship, custody. blind: a keyed hash by which an equal number is found; NULL where none is.
CREATE TABLE org_sealed (
  area_id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  field TEXT NOT NULL,
  sealed {{BLOB}} NOT NULL,
  blind {{BLOB}},
  PRIMARY KEY (area_id, person_id, field)
) {{STRICT}};
CREATE INDEX org_sealed_blind ON org_sealed (area_id, field, blind);

-- protected: a custody or protection note exists, so only the school admits guardians.
-- local_no: the number a school or class gives, nothing official.
CREATE TABLE org_pupil (
  area_id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  local_no TEXT NOT NULL,
  protected SMALLINT NOT NULL CHECK (protected IN (0, 1)),
  PRIMARY KEY (area_id, person_id)
) {{STRICT}};

-- A pupil's time in a class (or, class_id NULL, in a school without one yet).
-- ended: moved_class | moved_school | left | graduated | mistake; NULL while it lasts.
CREATE TABLE org_membership (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  school_id BIGINT NOT NULL,
  class_id BIGINT,
  from_day TEXT NOT NULL,
  until_day TEXT,
  ended TEXT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_membership_person ON org_membership (area_id, person_id, from_day);
CREATE INDEX org_membership_class ON org_membership (area_id, class_id, until_day);
CREATE INDEX org_membership_school ON org_membership (area_id, school_id, until_day);
CREATE UNIQUE INDEX org_membership_one ON org_membership (area_id, person_id)
  WHERE until_day IS NULL;

-- relation: father | mother | grandfather | grandmother | other. position: 1 is called first.
-- admitted_by: school | guardian.
CREATE TABLE org_guardianship (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  pupil_id BIGINT NOT NULL,
  guardian_id BIGINT NOT NULL,
  relation TEXT NOT NULL,
  position BIGINT NOT NULL,
  may_collect SMALLINT NOT NULL CHECK (may_collect IN (0, 1)),
  admitted_by TEXT NOT NULL,
  from_day TEXT NOT NULL,
  until_day TEXT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_guardianship_pupil ON org_guardianship (area_id, pupil_id);
CREATE INDEX org_guardianship_guardian ON org_guardianship (area_id, guardian_id);

-- school_id 0: the district office. post: principal | clerk | teacher | doctor | counsellor | other.
CREATE TABLE org_staff (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  school_id BIGINT NOT NULL,
  post TEXT NOT NULL,
  staff_no TEXT NOT NULL,
  from_day TEXT NOT NULL,
  until_day TEXT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_staff_person ON org_staff (area_id, person_id);
CREATE INDEX org_staff_school ON org_staff (area_id, school_id, until_day);

-- part: homeroom (班主任) | subject.
CREATE TABLE org_teaching (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  class_id BIGINT NOT NULL,
  part TEXT NOT NULL CHECK (part IN ('homeroom', 'subject')),
  subject TEXT NOT NULL,
  from_day TEXT NOT NULL,
  until_day TEXT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_teaching_person ON org_teaching (area_id, person_id);
CREATE INDEX org_teaching_class ON org_teaching (area_id, class_id);

-- What others call our rows: OneRoster's sourcedId and the like. kind: school | class | person |
-- term | membership | staff | guardianship.
CREATE TABLE org_foreign_id (
  area_id BIGINT NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  foreign_id TEXT NOT NULL,
  our_id BIGINT NOT NULL,
  PRIMARY KEY (area_id, source, kind, foreign_id)
) {{STRICT}};
CREATE INDEX org_foreign_id_ours ON org_foreign_id (area_id, kind, our_id);

-- kind: staff (user name and password) | family (devices only: user name and hash are empty).
CREATE TABLE org_account (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('staff', 'family')),
  username TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  must_change SMALLINT NOT NULL CHECK (must_change IN (0, 1)),
  person_id BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  locked_until_ms BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  disabled_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE UNIQUE INDEX org_account_username ON org_account (area_id, username) WHERE username <> '';
CREATE INDEX org_account_person ON org_account (area_id, person_id);

CREATE TABLE org_session (
  area_id BIGINT NOT NULL,
  token_hash {{BLOB}} NOT NULL,
  id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  csrf TEXT NOT NULL,
  device TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  PRIMARY KEY (area_id, token_hash)
) {{STRICT}};
CREATE INDEX org_session_account ON org_session (area_id, account_id);

-- role: office | street_office | principal | clerk | teacher | auditor | data_officer | admin.
CREATE TABLE org_role (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  role TEXT NOT NULL,
  place_kind TEXT NOT NULL CHECK (place_kind IN ('area', 'street', 'school', 'class')),
  place_id BIGINT NOT NULL,
  from_day TEXT NOT NULL,
  until_day TEXT,
  granted_by BIGINT NOT NULL,
  granted_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_role_person ON org_role (area_id, person_id);
CREATE INDEX org_role_place ON org_role (area_id, place_kind, place_id);

-- A family account's children, also in other districts. guardian_id: who it is to that child.
CREATE TABLE org_family_link (
  area_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  child_area_id BIGINT NOT NULL,
  child_id BIGINT NOT NULL,
  guardian_id BIGINT NOT NULL,
  linked_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  PRIMARY KEY (area_id, account_id, child_area_id, child_id)
) {{STRICT}};
CREATE INDEX org_family_link_child ON org_family_link (area_id, child_id);

-- A printed one-time code. guardian_id NULL: whoever redeems it says who he is to the child.
CREATE TABLE org_invitation (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  code_hash {{BLOB}} NOT NULL,
  pupil_id BIGINT NOT NULL,
  guardian_id BIGINT,
  made_by TEXT NOT NULL CHECK (made_by IN ('school', 'guardian')),
  made_by_account BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  redeemed_ms BIGINT,
  redeemed_account BIGINT,
  revoked_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE UNIQUE INDEX org_invitation_code ON org_invitation (area_id, code_hash);
CREATE INDEX org_invitation_pupil ON org_invitation (area_id, pupil_id);

-- Failed guesses, by what was guessed at: "invitation", "login:name". Windows of whole minutes.
CREATE TABLE org_guess (
  area_id BIGINT NOT NULL,
  subject TEXT NOT NULL,
  window_ms BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  PRIMARY KEY (area_id, subject, window_ms)
) {{STRICT}};

-- A staff member's leave to see sensitive fields: asked for, approved by somebody else, for a
-- purpose and a time (未成年人网络保护条例 36).
CREATE TABLE org_data_grant (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  purpose TEXT NOT NULL,
  fields TEXT NOT NULL,
  place_kind TEXT NOT NULL CHECK (place_kind IN ('area', 'school', 'class', 'pupil')),
  place_id BIGINT NOT NULL,
  asked_ms BIGINT NOT NULL,
  from_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  decided_by BIGINT,
  decided_ms BIGINT,
  approved SMALLINT CHECK (approved IN (0, 1)),
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_data_grant_person ON org_data_grant (area_id, person_id);

CREATE TABLE org_consent (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  pupil_id BIGINT NOT NULL,
  guardian_id BIGINT NOT NULL,
  purpose TEXT NOT NULL,
  wording TEXT NOT NULL,
  given_ms BIGINT NOT NULL,
  withdrawn_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_consent_pupil ON org_consent (area_id, pupil_id);

-- What a family asked for: correction | erasure; decided by the school.
CREATE TABLE org_request (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  pupil_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('correction', 'erasure')),
  sealed {{BLOB}} NOT NULL,
  asked_ms BIGINT NOT NULL,
  decided_ms BIGINT,
  decided_by BIGINT,
  granted SMALLINT CHECK (granted IN (0, 1)),
  answer TEXT NOT NULL,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_request_pupil ON org_request (area_id, pupil_id);

-- An uploaded file and what came of it. The file is sealed under the master key and dropped when it
-- is applied, cancelled or a day old. state: reading | preview | refused | applying | applied |
-- cancelled | failed. summary, faults: JSON; personal values in faults are sealed with the file.
CREATE TABLE org_import (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  school_id BIGINT NOT NULL,
  format TEXT NOT NULL CHECK (format IN ('roster', 'oneroster')),
  file_name TEXT NOT NULL,
  file_sha256 TEXT NOT NULL,
  file {{BLOB}},
  state TEXT NOT NULL,
  summary TEXT NOT NULL,
  faults {{BLOB}},
  account_id BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_import_school ON org_import (area_id, school_id, id);

-- A pupil who was on the last roster and is not on this one: proposed, never deleted in silence.
CREATE TABLE org_leaver (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  membership_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  proposed_ms BIGINT NOT NULL,
  decided_ms BIGINT,
  decided_by BIGINT,
  left_day TEXT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_leaver_person ON org_leaver (area_id, person_id);

-- Two rows that may be one person, and what became of it. undo: sealed JSON of every row changed.
-- state: proposed | merged | refused | undone.
CREATE TABLE org_merge (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  kept_id BIGINT NOT NULL,
  gone_id BIGINT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed', 'merged', 'refused', 'undone')),
  undo {{BLOB}},
  made_ms BIGINT NOT NULL,
  decided_by BIGINT,
  decided_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX org_merge_kept ON org_merge (area_id, kept_id);
CREATE INDEX org_merge_gone ON org_merge (area_id, gone_id);

-- How long what is kept, and why; the retention job carries it out.
CREATE TABLE org_retention (
  area_id BIGINT NOT NULL,
  what TEXT NOT NULL,
  days BIGINT NOT NULL,
  basis TEXT NOT NULL,
  PRIMARY KEY (area_id, what)
) {{STRICT}};
