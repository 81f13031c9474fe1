#!/usr/bin/env python3
"""What somebody who holds the database, but not the key, changes in a lived-in store, and whether
`audit verify` names it.

    python3 tests/http/trail.py [--pg] [--program PATH]

With --pg every store is a PostgreSQL database of its own (SJ_TEST_PG). Ends with "N passed, N failed".
"""
import argparse
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, os.path.dirname(__file__))
from contracts import SMALL, Place, Story  # noqa: E402
from run import PASSWORD, ROOT, Server, psql, with_database  # noqa: E402

ONE = "(SELECT min(id) FROM {table})"
LAST = "(SELECT max(seq) FROM kernel_audit_entry WHERE school_id = 0)"

# What is done, and what the line that names it says. One row at least is meant each time.
CHANGES = (
    ("UPDATE org_role SET role = 'admin' WHERE role = 'clerk'", r"org_role \d+ .*: role is not"),
    ("UPDATE org_role SET revoked_ms = NULL, until_day = '2001-01-01'", r"org_role .*until_day is not"),
    ("DELETE FROM org_role WHERE role = 'auditor'", r"org_role \d+ .*: it is gone"),
    ("INSERT INTO org_role (area_id, id, person_id, role, place_kind, place_id, from_day, granted_by,"
     " granted_ms) SELECT area_id, 77, person_id, 'admin', 'area', 0, from_day, 0, 0 FROM org_role"
     " WHERE role = 'data_officer'", r"org_role 77 .*: nothing in the trail explains it"),
    ("UPDATE org_account SET password_hash = (SELECT password_hash FROM org_account WHERE username ="
     " 'teacher1') WHERE username = 'admin'", r"org_account \d+ .*: password_hash is not"),
    ("UPDATE org_account SET disabled_ms = 1 WHERE username = 'auditor'", r"org_account .*disabled_ms"),
    ("UPDATE org_account SET must_change = 1 WHERE username = 'auditor'", r"org_account .*must_change"),
    ("UPDATE org_membership SET class_id = (SELECT max(id) FROM org_class) WHERE id ="
     + ONE.format(table="org_membership"), r"org_membership \d+ .*: class_id is not"),
    ("DELETE FROM org_membership WHERE id =" + ONE.format(table="org_membership"),
     r"org_membership \d+ .*: it is gone"),
    ("UPDATE org_guardianship SET may_collect = 1 - may_collect WHERE id ="
     + ONE.format(table="org_guardianship"), r"org_guardianship \d+ .*: may_collect is not"),
    ("UPDATE org_guardianship SET admitted_by = 'guardian' WHERE id ="
     + ONE.format(table="org_guardianship"), r"org_guardianship \d+ .*: admitted_by is not"),
    ("UPDATE org_pupil SET protected = 1 - protected WHERE person_id ="
     " (SELECT min(person_id) FROM org_pupil)", r"org_pupil \d+ .*: protected is not"),
    ("UPDATE org_session SET account_id = 1", r"org_session \w+ .*: account_id is not"),
    ("UPDATE org_session SET expires_ms = expires_ms + 1", r"org_session \w+ .*: expires_ms is not"),
    ("UPDATE org_account SET locked_until_ms = 9 WHERE username = 'clerk1'",
     r"org_account \d+ .*: locked_until_ms is not"),
    ("UPDATE org_school SET name = name || 'x'", r"org_school \d+ .*: name is not"),
    ("UPDATE org_session SET revoked_ms = 1", r"org_session \w+ .*: revoked_ms is not"),
    ("DELETE FROM org_sealed WHERE field = 'phone'", r"org_sealed \d+:phone .*: it is gone"),
    ("UPDATE org_sealed SET sealed = (SELECT sealed FROM org_sealed ORDER BY sealed DESC LIMIT 1) WHERE field = 'id_number'",
     r"org\.id_number of person \d+ of area \d+: it cannot be unsealed"),
    ("UPDATE org_sealed SET blind = (SELECT blind FROM org_sealed WHERE blind IS NOT NULL ORDER BY blind DESC LIMIT 1) WHERE field = 'id_number' AND"
     " person_id = (SELECT min(person_id) FROM org_sealed WHERE field = 'id_number')",
     r"org\.id_number of person \d+ .*found by another text"),
    ("UPDATE kernel_person_key SET wrapped = NULL, erased_ms = 1 WHERE person_id ="
     " (SELECT min(person_id) FROM org_sealed)", r"whoever is erased has lost his key"),
    ("INSERT INTO policy_exemption (area_id, id, rule, school_id, from_day, until_day, document, reason,"
     " made_ms) SELECT id, 77, 'AS-2H', 0, '2026-01-01', '2027-01-01', '', '', 0 FROM org_area",
     r"policy_exemption 77 .*: nothing in the trail explains it"),
    ("UPDATE org_class SET entry_year = entry_year - 20 WHERE id =" + ONE.format(table="org_class"),
     r"org_class \d+ .*: entry_year is not"),
    # The trail itself.
    ("UPDATE kernel_audit_entry SET at_ms = at_ms - 1 WHERE school_id = 0 AND seq = 2",
     r"school 0 number 2: its hash is not"),
    ("UPDATE kernel_audit_entry SET personal = hash WHERE"
     " school_id = 0 AND seq = 2", r"school 0 number 2: its hash is not"),
    ("UPDATE kernel_audit_entry SET seq = seq + 100 WHERE school_id = 0 AND seq > 2",
     r"school 0 number 103: it follows number 2"),
    (f"UPDATE kernel_audit_entry SET seq = seq + 1 WHERE school_id = 0 AND seq = {LAST}",
     r"school 0 number \d+: it follows number"),
    ("UPDATE kernel_audit_entry SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE school_id = 0 AND"
     " seq IN (2, 3); UPDATE kernel_audit_entry SET seq = -seq WHERE seq < 0",
     r"school 0 number 2: its hash is not"),
    (f"DELETE FROM kernel_audit_entry WHERE school_id = 0 AND seq = {LAST};"
     f" UPDATE kernel_audit_chain SET seq = {LAST}, hash = (SELECT hash FROM kernel_audit_entry WHERE"
     f" school_id = 0 AND seq = {LAST}) WHERE school_id = 0",
     r"school 0: the head, number \d+, is not sealed by this program"),
    ("UPDATE kernel_audit_chain SET seal = NULL", r"school 0: the head, number \d+, is not sealed"),
    ("UPDATE kernel_audit_chain SET seal = NULL;"
     " DELETE FROM kernel_setting WHERE name = 'sealed_since_ms'",
     r"school 0: the head, number \d+, is not sealed"),
    ("UPDATE kernel_audit_rows SET marks = (SELECT hash FROM kernel_audit_entry LIMIT 1) WHERE watched = 'org_role'", r"unit \d+: the marks of its rows are not those"),
    ("DELETE FROM kernel_audit_rows WHERE watched = 'org_role'", r"unit \d+: the marks of its rows"),
    ("UPDATE kernel_audit_rows SET unit = unit + 1000 WHERE watched = 'org_role'",
     r"unit \d+: no entry answers for its rows of org_role"),
    ("DELETE FROM kernel_setting WHERE name = 'watched:org_role'", r"watched:org_role: it is gone"),
    ("DELETE FROM kernel_audit_checkpoint", r"(kernel_audit_checkpoint .*it is gone|was published)"),
    ("UPDATE kernel_audit_checkpoint SET hash = previous", r"its hash is not that of its text"),
    # Who takes the claim away has a table taken over once more, unless the claims are sealed.
    ("DELETE FROM kernel_setting WHERE name = 'watched:org_leaver'",
     r"what is watched since when is not sealed"),
)

# The schema, on SQLite and on PostgreSQL (empty: not there). Whether the program refuses to start over
# it, because it runs by itself; else it starts, and readyz tells.
SCHEMA = (
    ("CREATE TRIGGER t AFTER UPDATE ON org_session BEGIN UPDATE org_role SET role = 'admin'; END",
     "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE org_role SET role ="
     " upper(role); RETURN NEW; END'; CREATE TRIGGER t AFTER UPDATE ON org_session FOR EACH ROW"
     " EXECUTE FUNCTION f()",
     r"trigger t.*: this program made no such thing", True),
    ("CREATE VIEW v AS SELECT * FROM org_role", "CREATE VIEW v AS SELECT * FROM org_role",
     r"view v: this program made no such thing", True),
    ("CREATE TABLE extra (area_id BIGINT PRIMARY KEY)", "CREATE TABLE extra (area_id BIGINT PRIMARY KEY)",
     r"(table|relation) extra: this program made no such thing", False),
    ("DROP INDEX org_account_username", "DROP INDEX org_account_username",
     r"index org_account_username: it is gone", False),
    ("ALTER TABLE org_role ADD COLUMN more TEXT DEFAULT 'admin'",
     "ALTER TABLE org_role ALTER COLUMN role SET DEFAULT 'admin'",
     r"(table org_role|column org_role.role): it is not as this program made it", False),
    ("", "CREATE RULE r AS ON UPDATE TO org_role DO INSTEAD NOTHING", r"rule r on org_role", True),
    ("", "CREATE FUNCTION lower(CHARACTER VARYING) RETURNS TEXT LANGUAGE sql AS 'SELECT $1::text'",
     r"function lower", True),
    ("", "CREATE SCHEMA s; CREATE TABLE s.child () INHERITS (org_role)",
     r"table s.child below org_role", True),
    ("", "ALTER TABLE org_role ENABLE ROW LEVEL SECURITY", r"row security of org_role", True),
    ("", "ALTER TABLE org_term DROP CONSTRAINT org_term_part_check",
     r"constraint org_term.org_term_part_check: it is gone", False),
)


# As a store was before anything was watched.
OF_BEFORE = ("DELETE FROM kernel_audit_rows; DELETE FROM kernel_audit_checkpoint;"
             "DELETE FROM kernel_audit_entry; DELETE FROM kernel_audit_chain;"
             "DELETE FROM kernel_setting WHERE name LIKE 'watched%' OR name = 'sealed_since_ms'")


def login(server, user, password=PASSWORD):
    body = json.dumps({"username": user, "password": password}).encode()
    return server.ask("POST", "/api/session", body, {"Content-Type": "application/json"})[0]


class Trail(Story):
    """Lives in a store once, then changes copies of it."""

    def live(self):
        self.first = self.place()
        self.run("demo", *SMALL, at=self.first)
        server = Server(self.program, self.first.arguments)
        try:
            for user in ("admin", "clerk1", "principal1"):
                self.checks.that(login(server, user) == 200, f"login {user}")
            # The night's checkpoint is written at the first look at the jobs.
            for _ in range(100):
                if (self.first.key.parent / "heads").exists():
                    break
                time.sleep(0.1)
        finally:
            server.stop()
        said = self.run("audit", "verify", at=self.first).stdout
        self.checks.that("BROKEN" not in said, "a lived-in store is whole", said)
        return said

    def copy(self):
        place = self.place()
        if self.postgres:
            psql(self.postgres, f"DROP DATABASE {place.name}")
            psql(self.postgres, f"CREATE DATABASE {place.name} TEMPLATE {self.first.name}")
        else:
            shutil.rmtree(place.folder, ignore_errors=True)
            shutil.copytree(self.first.folder, place.folder)
            return place
        for file in self.first.folder.iterdir():
            if file.is_file():
                shutil.copy(file, place.folder / file.name)
        return place

    def change(self, place, sql):
        if self.postgres:
            psql(with_database(self.postgres, place.name), sql)
            return
        with sqlite3.connect(place.folder / "store.db") as db:
            db.executescript(sql)
        db.close()

    def verify(self, place, status, *arguments):
        done = subprocess.run([self.program, "audit", "verify", *place.arguments, *arguments],
                              capture_output=True, text=True, check=False)
        self.checks.that(done.returncode == status, f"audit verify: exit {done.returncode}",
                         done.stdout + done.stderr)
        return done.stdout

    def each_change_is_named(self):
        for sql, named in CHANGES:
            place = self.copy()
            before = self.text(place)
            self.change(place, sql)
            self.checks.that(self.text(place) != before, f"the change is one: {sql}")
            said = self.verify(place, 1)
            self.checks.that(re.search(named, said), sql, said)
            self.forget(place)

    def the_schema_is_compared(self):
        for lite, full, named, refuses in SCHEMA:
            sql = full if self.postgres else lite
            if not sql:
                continue
            place = self.copy()
            self.change(place, sql)
            said = self.verify(place, 1)
            self.checks.that(re.search(named, said), sql, said)
            if refuses:
                started = self.run("serve", "--listen", "127.0.0.1:0", at=place, status=1)
                self.checks.that("app.code_in_store" in started.stderr, "no start over code: " + sql,
                                 started.stderr)
            else:
                server = Server(self.program, place.arguments)
                try:
                    self.is_told(server, 503, ["app.trail_broken"])
                finally:
                    server.stop()
            self.forget(place)

    def files_that_were_moved(self):
        """What is written into a file that somebody moved away is lost: nothing is acknowledged."""
        if self.postgres:
            return
        for end in ("", "-wal"):
            place = self.copy()
            server = Server(self.program, place.arguments)
            try:
                self.checks.that(login(server, "clerk1") == 200, "login")
                file = place.folder / f"store.db{end}"
                file.rename(place.folder / "elsewhere")
                if not end:
                    shutil.copy(place.folder / "elsewhere", file)
                self.checks.that(login(server, "clerk1") == 503, f"no write without store.db{end}")
                self.is_told(server, 503, ["sql.store_gone"])
            finally:
                server.stop()
            self.forget(place)

    def a_lock_of_somebody_else(self):
        if self.postgres:
            return
        place = self.copy()
        server = Server(self.program, place.arguments)
        other = sqlite3.connect(place.folder / "store.db", isolation_level=None)
        try:
            other.execute("BEGIN EXCLUSIVE")
            start = time.monotonic()
            body = json.dumps({"username": "clerk1", "password": PASSWORD}).encode()
            status, headers, _ = server.ask("POST", "/api/session", body,
                                            {"Content-Type": "application/json"})
            took = time.monotonic() - start
            named = {name.lower() for name, _ in headers}
            self.checks.that(status == 503 and took < 3 and "retry-after" in named,
                             "who meets a lock is told within three seconds", (status, took))
            other.execute("ROLLBACK")
            self.checks.that(login(server, "clerk1") == 200, "and it goes on")
        finally:
            other.close()
            server.stop()

    def code_does_not_run(self):
        """A trigger put under a living server does nothing in its name."""
        if self.postgres:
            return
        place = self.copy()
        server = Server(self.program, place.arguments)
        try:
            self.change(place, "CREATE TRIGGER t AFTER INSERT ON org_session BEGIN"
                        " UPDATE org_role SET role = 'admin'; END")
            self.checks.that(login(server, "clerk1") == 200, "login")
        finally:
            server.stop()
        said = self.verify(place, 1)
        self.checks.that("trigger t" in said and "role is not" not in said, "it did not run", said)

    def told(self, server):
        status, _, content = server.ask("GET", "/readyz", None, {})
        content = json.loads(content)
        return status, [one["code"] for one in content.get("wrong", []) or content.get("notes", [])]

    def is_told(self, server, status, codes):
        seen = None
        for _ in range(150):
            seen = self.told(server)
            if seen == (status, codes):
                break
            time.sleep(0.1)
        self.checks.that(seen == (status, codes), f"readyz is {status} {codes}", seen)

    def a_server_tells_until_somebody_knows(self):
        for sql in ("UPDATE org_role SET role = 'admin' WHERE role = 'clerk'",
                    "DELETE FROM kernel_audit_entry WHERE school_id = 0 AND seq > 2;"
                    "UPDATE kernel_audit_chain SET seq = 2, hash = (SELECT hash FROM kernel_audit_entry"
                    " WHERE school_id = 0 AND seq = 2) WHERE school_id = 0"):
            place = self.copy()
            self.change(place, sql)
            server = Server(self.program, place.arguments)
            try:
                self.is_told(server, 503, ["app.trail_broken"])
                self.checks.that(login(server, "principal1") == 200, "it goes on")
                if self.postgres:
                    server.stop()
                self.run("audit", "accept", at=place)
                if self.postgres:
                    server = Server(self.program, place.arguments)
                self.is_told(server, 200, ["app.trail_accepted"])
            finally:
                server.stop()
            self.verify(place, 1)
            # It is known, also by the next start; what comes later is not.
            server = Server(self.program, place.arguments)
            try:
                self.is_told(server, 200, ["app.trail_accepted"])
            finally:
                server.stop()
            self.change(place, "CREATE TABLE later (area_id BIGINT PRIMARY KEY)")
            server = Server(self.program, place.arguments)
            try:
                self.is_told(server, 503, ["app.trail_broken"])
            finally:
                server.stop()
            self.forget(place)

    def heads_do_not_go_in_silence(self):
        def empty(file):
            file.write_text("")

        def cut(file):
            file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))

        for change in (empty, Path.unlink, cut):
            place = self.copy()
            change(self.heads(place))
            said = self.verify(place, 1)
            self.checks.that(re.search(r"the head of area \d+ of \S+ was written to .*heads and is not"
                                       " there", said), f"heads: {change.__name__}", said)
            self.run("audit", "accept", at=place)
            self.verify(place, 0)
            self.checks.that("desk.trail.accepted" in self.text(place).decode(), "the trail says so")
            self.forget(place)

    def heads(self, place):
        return place.key.parent / "heads"

    def a_key_knows_that_it_has_sealed(self):
        """What the store says of itself makes it none of before."""
        place = self.copy()
        self.change(place, OF_BEFORE)
        self.heads(place).unlink()
        self.verify(place, 1)
        server = Server(self.program, place.arguments)
        try:
            self.is_told(server, 503, ["app.trail_broken"])
        finally:
            server.stop()
        said = self.verify(place, 1)
        self.checks.that("taken over as it was" not in said, "nothing was taken over", said)
        self.run("audit", "accept", at=place)
        said = self.run("audit", "verify", at=place).stdout
        self.checks.that("taken over as it was: org_role" in said, "taken over knowingly", said)
        self.forget(place)

    def text(self, place):
        return subprocess.run([self.program, "dump", *place.arguments], capture_output=True,
                              check=False).stdout

    def forget(self, place):
        place.remove()
        self.places.remove(place)
        shutil.rmtree(place.folder, ignore_errors=True)

    def writing_on_does_not_wash(self):
        """The program writes to a changed row, or behind a changed chain: both stay visible."""
        for sql, named in (
                ("UPDATE org_account SET password_hash = (SELECT password_hash FROM org_account WHERE"
                 " username = 'teacher1') WHERE username = 'clerk1'",
                 r"org_account .*password_hash is not"),
                ("DELETE FROM kernel_audit_entry WHERE school_id = 0 AND seq > 2;"
                 "UPDATE kernel_audit_chain SET seq = 2, hash = (SELECT hash FROM kernel_audit_entry"
                 " WHERE school_id = 0 AND seq = 2) WHERE school_id = 0",
                 r"school 0 number 3: what stood before it was not the end")):
            place = self.copy()
            self.change(place, sql)
            server = Server(self.program, place.arguments)
            try:
                # The office logs in into the district's own chain, the clerk into his school's.
                for user, password in (("clerk1", "wrong"), ("clerk1", PASSWORD), ("admin", PASSWORD)):
                    login(server, user, password)
            finally:
                server.stop()
            said = self.verify(place, 1)
            self.checks.that(re.search(named, said), "it stays visible", said)
            self.forget(place)

    def heads_outside_tell(self):
        said = self.verify(self.first, 0)
        head = re.search(r"published head of area \d+: (\S+)", said)
        if not self.checks.that(head, "a head to publish", said):
            return
        self.verify(self.first, 0, "--head", head.group(1))
        day, hashed = head.group(1).split(":")
        other = f"{day}:{hashed[::-1]}"
        said = self.verify(self.first, 1, "--head", other)
        self.checks.that("was published, and is not in the trail" in said, "another head", said)
        self.verify(self.first, 2, "--head", "nonsense")

    def without_the_key(self):
        place = self.copy()
        place.key.unlink()
        said = self.verify(place, 0)
        self.checks.that("sealed values were not looked at" in said and
                         "no row could be compared" in said, "without the key it says so", said)

    def a_store_of_before(self):
        """As one that was made before anything was watched: taken over at the first start, and said."""
        place = self.copy()
        self.change(place, OF_BEFORE)
        place.key.write_text(place.key.read_text().split()[0] + "\n")
        (place.key.parent / "heads").unlink(missing_ok=True)
        said = self.verify(place, 0)
        self.checks.that("explained from the next start on: org_role" in said, "not yet", said)
        Server(self.program, place.arguments).stop()
        said = self.verify(place, 0)
        self.checks.that("taken over as it was: org_role" in said, "taken over", said)
        self.change(place, "UPDATE org_role SET role = 'admin' WHERE role = 'clerk'")
        said = self.verify(place, 1)
        self.checks.that(re.search(r"org_role \d+ .*: role is not", said), "watched since", said)
        # Who pretends that the store is of before has nothing taken over a second time.
        self.change(place, "DELETE FROM kernel_setting WHERE name LIKE 'watched:%'")
        Server(self.program, place.arguments).stop()
        said = self.verify(place, 1)
        self.checks.that("is not sealed by this program" in said and
                         "it was explained already" not in said, "a second time", said)

    def a_restored_store(self):
        file = self.root / "trail.gz"
        self.run("backup", str(file), at=self.first)
        target = self.place()
        said = self.run("restore", str(file), at=target).stdout
        self.checks.that("BROKEN" not in said, "restored", said)
        shutil.copy(self.first.key, target.key)
        said = self.verify(target, 0)
        self.checks.that("1 heads kept outside" in said, "its heads begin with the backup's", said)

    def a_backup_restored_without_its_key(self):
        """What could not be compared then is compared before the first start serves."""
        place = self.copy()
        self.change(place, "UPDATE org_role SET role = 'admin' WHERE role = 'clerk'")
        changed = self.root / "changed.gz"
        self.run("backup", str(changed), at=place)
        whole = self.root / "whole.gz"
        self.run("backup", str(whole), at=self.first)
        for file, more, status in ((whole, (), 0), (changed, (), 1), (changed, ("--anyway",), 0)):
            target = self.place()
            target.key.unlink(missing_ok=True)
            self.run("restore", str(file), *more, at=target)
            shutil.copy(self.first.key, target.key)
            if status:
                for _ in range(2):
                    # A command that writes is a start as well, and ends by itself.
                    said = self.run("clock", "confirm", at=target, status=1).stderr
                    self.checks.that("app.restored_changed" in said and "role is not" in said,
                                     "no start over a change", said)
            else:
                server = Server(self.program, target.arguments)
                try:
                    self.is_told(server, *((503, ["app.trail_broken"]) if more else (200, [])))
                finally:
                    server.stop()
            self.forget(target)
        self.forget(place)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pg", action="store_true")
    parser.add_argument("--program", default=str(ROOT / "build/release/shuangjian"))
    options = parser.parse_args()
    postgres = os.environ.get("SJ_TEST_PG") if options.pg else None
    if options.pg and not postgres:
        sys.exit("--pg needs SJ_TEST_PG: run it by tools/pg.sh with")
    root = Path(tempfile.mkdtemp(prefix="sj-trail-"))
    story = Trail(options.program, root, postgres)
    try:
        story.live()
        for part in (story.each_change_is_named, story.the_schema_is_compared,
                     story.files_that_were_moved, story.a_lock_of_somebody_else,
                     story.code_does_not_run, story.a_server_tells_until_somebody_knows,
                     story.heads_do_not_go_in_silence, story.a_key_knows_that_it_has_sealed,
                     story.writing_on_does_not_wash,
                     story.heads_outside_tell, story.without_the_key, story.a_store_of_before,
                     story.a_restored_store, story.a_backup_restored_without_its_key):
            try:
                part()
            except Exception as fault:  # noqa: BLE001: one broken part must not hide the others
                story.checks.that(False, part.__name__, repr(fault))
    finally:
        for place in story.places:
            place.remove()
        shutil.rmtree(root, ignore_errors=True)
    print(f"{story.checks.passed} passed, {story.checks.failed} failed")
    return 1 if story.checks.failed or not story.checks.passed else 0


if __name__ == "__main__":
    sys.exit(main())
