-- A search from the people of a school reads their keys in this index alone, one place each, instead
-- of a row for every key.
DROP INDEX org_name_key_person;
CREATE INDEX org_name_key_person ON org_name_key (area_id, person_id, key);
