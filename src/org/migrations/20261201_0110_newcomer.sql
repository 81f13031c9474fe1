-- A newcomer to a child sees nothing sealed until somebody of the school who did not make his code
-- confirms him. confirmed_ms NULL: he waits. confirmed_by: a person. admitted: he became a guardian
-- by joining, so that this ends with a refusal. invited_by, maker: school and a member of its staff,
-- or guardian and that guardian; maker 0: not known. browser: a keyed hash of the address and browser
-- that joined. odd: why the school should look twice; empty: nothing is odd.
-- Those who joined before wait, too: nothing tells an impostor among them from a parent.
ALTER TABLE org_family_link ADD COLUMN confirmed_ms BIGINT;
ALTER TABLE org_family_link ADD COLUMN confirmed_by BIGINT;
ALTER TABLE org_family_link ADD COLUMN admitted SMALLINT NOT NULL DEFAULT 0 CHECK (admitted IN (0, 1));
ALTER TABLE org_family_link ADD COLUMN invited_by TEXT NOT NULL DEFAULT 'school'
  CHECK (invited_by IN ('school', 'guardian'));
ALTER TABLE org_family_link ADD COLUMN maker BIGINT NOT NULL DEFAULT 0;
ALTER TABLE org_family_link ADD COLUMN browser {{BLOB}};
ALTER TABLE org_family_link ADD COLUMN odd TEXT NOT NULL DEFAULT ''
  CHECK (odd IN ('', 'maker_browser', 'one_account', 'one_browser'));
CREATE INDEX org_family_link_browser ON org_family_link (child_area_id, browser);

-- Of a code: who made it, and in which browser.
ALTER TABLE org_invitation ADD COLUMN maker BIGINT NOT NULL DEFAULT 0;
ALTER TABLE org_invitation ADD COLUMN browser {{BLOB}};

UPDATE org_invitation SET maker = coalesce((SELECT a.person_id FROM org_account a
  WHERE a.area_id = org_invitation.area_id AND a.id = org_invitation.made_by_account), 0);
UPDATE org_family_link SET maker = coalesce((SELECT max(i.maker) FROM org_invitation i
  WHERE i.area_id = org_family_link.child_area_id AND i.pupil_id = org_family_link.child_id
  AND i.redeemed_account = org_family_link.account_id), 0),
  invited_by = coalesce((SELECT min(i.made_by) FROM org_invitation i
  WHERE i.area_id = org_family_link.child_area_id AND i.pupil_id = org_family_link.child_id
  AND i.redeemed_account = org_family_link.account_id), 'school');
-- Whoever was written down as a person in the moment he joined was nobody to the school before.
UPDATE org_family_link SET admitted = 1 WHERE EXISTS (SELECT 1 FROM org_person p
  WHERE p.area_id = org_family_link.child_area_id AND p.id = org_family_link.guardian_id
  AND p.created_ms = org_family_link.linked_ms);
