-- A browser keeps one secret whoever logs in there, so that the same device is known by each of
-- them, and by it a phone that joins: device is the hash of what its cookie holds.
DROP INDEX org_device_secret;
CREATE UNIQUE INDEX org_device_secret ON org_device (area_id, account_id, secret_hash);
ALTER TABLE org_family_link ADD COLUMN device {{BLOB}};
CREATE INDEX org_family_link_device ON org_family_link (child_area_id, device);
