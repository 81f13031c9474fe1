-- What the trail explains (kernel/desk/rows.h). A unit of work that wrote watched rows has a number
-- in its area; one of its entries names it and the hash over its parts. Entries of before have none.
ALTER TABLE kernel_audit_entry ADD COLUMN unit BIGINT;
ALTER TABLE kernel_audit_entry ADD COLUMN rows {{BLOB}};

-- seal: of the head, under a key that is not in the store. NULL: not written since there are seals.
ALTER TABLE kernel_audit_chain ADD COLUMN seal {{BLOB}};

-- The marks of the rows that a unit wrote in one table, in parts of bounded size.
CREATE TABLE kernel_audit_rows (
  area_id BIGINT NOT NULL,
  watched TEXT NOT NULL,
  unit BIGINT NOT NULL,
  part BIGINT NOT NULL,
  marks {{BLOB}} NOT NULL,
  PRIMARY KEY (area_id, watched, unit, part)
) {{STRICT}};
CREATE INDEX kernel_audit_rows_unit ON kernel_audit_rows (area_id, unit);
