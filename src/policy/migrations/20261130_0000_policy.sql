-- Rules of a district's own (政策规则): tighter limits, exemptions, and the verdicts that were kept.
-- `until_day` is the first day no longer; nothing is deleted, it is ended.

-- A local limit of one check of a rule. value: JSON, as the rule's own. document, clause: the local
-- text that sets it.
CREATE TABLE policy_setting (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  rule TEXT NOT NULL,
  check_name TEXT NOT NULL,
  value TEXT NOT NULL,
  from_day TEXT NOT NULL,
  until_day TEXT,
  document TEXT NOT NULL,
  clause TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};

-- A recorded exemption (备案) from a rule that holds in principle. school_id 0: all of the district.
CREATE TABLE policy_exemption (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  rule TEXT NOT NULL,
  school_id BIGINT NOT NULL,
  from_day TEXT NOT NULL,
  until_day TEXT NOT NULL,
  document TEXT NOT NULL,
  reason TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  ended_ms BIGINT,
  PRIMARY KEY (area_id, id)
) {{STRICT}};

-- Every rule, with local limits in it, that a kept verdict was made by.
CREATE TABLE policy_rule_version (
  area_id BIGINT NOT NULL,
  version TEXT NOT NULL,
  rule TEXT NOT NULL,
  archive TEXT NOT NULL,
  PRIMARY KEY (area_id, version)
) {{STRICT}};

-- A verdict with everything it was made of; facts: a JSON object. school_id 0: of no school.
CREATE TABLE policy_verdict (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  school_id BIGINT NOT NULL,
  rule TEXT NOT NULL,
  version TEXT NOT NULL,
  place TEXT NOT NULL,
  on_day TEXT NOT NULL,
  facts TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'warn', 'fail', 'na', 'unknown')),
  value TEXT NOT NULL,
  limit_value TEXT NOT NULL,
  explanation TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX policy_verdict_school ON policy_verdict (area_id, school_id, id);
