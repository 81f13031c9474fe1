-- Sessions are also found by their id (writing down their use), links by the child they are for.
CREATE INDEX org_session_id ON org_session (area_id, id);
CREATE INDEX org_family_link_of_child ON org_family_link (child_area_id, child_id);

-- Whom a guardian invites: name and relation, sealed under the pupil's key until the code is
-- redeemed, so that nobody is recorded who never came.
ALTER TABLE org_invitation ADD COLUMN invited {{BLOB}};
