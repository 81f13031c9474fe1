-- What the district (school_id 0) and schools enter on top of the country's calendar. Nothing is
-- changed: an entry is ended and another made. Days are the first and the last.
CREATE TABLE policy_calendar_entry (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  school_id BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('vacation', 'holiday', 'school_day', 'half_day', 'event')),
  name TEXT NOT NULL,
  from_day TEXT NOT NULL,
  to_day TEXT NOT NULL,
  follows_weekday SMALLINT,
  ends_min BIGINT,
  made_ms BIGINT NOT NULL,
  made_by BIGINT NOT NULL,
  ended_ms BIGINT,
  CHECK (from_day <= to_day),
  CHECK (follows_weekday IS NULL OR kind = 'school_day'),
  CHECK ((ends_min IS NOT NULL) = (kind = 'half_day')),
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX policy_calendar_entry_of_school ON policy_calendar_entry (area_id, school_id, to_day);

-- When pupils go home. stages: bit 0 primary, 1 junior; weekdays: bit n is weekday n of ISO 8601.
CREATE TABLE policy_dismissal (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  school_id BIGINT NOT NULL,
  stages BIGINT NOT NULL,
  weekdays BIGINT NOT NULL,
  from_day TEXT NOT NULL,
  to_day TEXT NOT NULL,
  minute BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  made_by BIGINT NOT NULL,
  ended_ms BIGINT,
  CHECK (from_day <= to_day),
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX policy_dismissal_of_school ON policy_dismissal (area_id, school_id, to_day);

-- Notices of the country that the district took in itself; the newest of a year holds, before the
-- one the program was built with.
CREATE TABLE policy_national_year (
  area_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  year BIGINT NOT NULL,
  announced TEXT NOT NULL,
  source TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  made_by BIGINT NOT NULL,
  PRIMARY KEY (area_id, id)
) {{STRICT}};
CREATE INDEX policy_national_year_of ON policy_national_year (area_id, year, id);
CREATE TABLE policy_national_day (
  area_id BIGINT NOT NULL,
  year_id BIGINT NOT NULL,
  day TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('holiday', 'makeup')),
  name TEXT NOT NULL,
  statutory SMALLINT NOT NULL CHECK (statutory IN (0, 1)),
  PRIMARY KEY (area_id, year_id, day)
) {{STRICT}};
