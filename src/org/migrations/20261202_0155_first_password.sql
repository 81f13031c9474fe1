-- The hash of the password that somebody else made for the account and printed, once its owner has
-- changed it: so that it does not come back. Empty: there was none since this is kept.
ALTER TABLE org_account ADD COLUMN first_hash TEXT NOT NULL DEFAULT '';
