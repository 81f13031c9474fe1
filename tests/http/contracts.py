#!/usr/bin/env python3
"""The commands that read or write a store, as an outsider would try them.

    python3 tests/http/contracts.py [--pg] [--program PATH]

With --pg every store is a PostgreSQL database of its own (SJ_TEST_PG). Ends with "N passed, N failed".
"""
import argparse
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.path.insert(0, os.path.dirname(__file__))
from run import PASSWORD, ROOT, Server, psql, with_database  # noqa: E402

SMALL = ["--schools", "3", "--pupils", "150", "--on", "2026-10-12"]
PEOPLE = ("org_person", "org_pupil", "org_membership", "org_guardianship", "org_sealed")
FIXTURES = ROOT / "tests" / "fixtures"


def write_workbook(path, name, rows):
    """The least that is a workbook: one sheet of text."""
    cells = "".join("<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row)
                    + "</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/'
                      'package/2006/content-types"/>')
        book.writestr("_rels/.rels", f'<Relationships xmlns="{package}"><Relationship Id="r1" '
                      f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
                      f'<sheet name="{name}" sheetId="1" r:id="r1"/></sheets></workbook>')
        book.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">'
                      f'<Relationship Id="r1" Type="{office}/worksheet" '
                      'Target="worksheets/sheet1.xml"/></Relationships>')
        book.writestr("xl/worksheets/sheet1.xml",
                      f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>')


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def that(self, holds, what, seen=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}: {str(seen)[:1500]}")
        return holds


class Place:
    """Somewhere a store can be: a folder, or a database of its own with a key file."""
    count = 0

    def __init__(self, root, postgres):
        Place.count += 1
        self.postgres = postgres
        self.folder = Path(root) / f"place{Place.count}"
        if postgres:
            self.folder.mkdir()
            self.name = f"contracts_{os.getpid()}_{Place.count}"
            psql(postgres, f"CREATE DATABASE {self.name} TEMPLATE template0 ENCODING 'UTF8'")
            self.key = self.folder / "key"
            self.arguments = ["--database", with_database(postgres, self.name),
                              "--key", str(self.key)]
        else:
            self.key = self.folder / "key"
            self.arguments = ["--data", str(self.folder)]

    def remove(self):
        if self.postgres:
            psql(self.postgres, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


class Story:
    def __init__(self, program, root, postgres):
        self.program, self.root, self.postgres = program, root, postgres
        self.checks = Checks()
        self.places = []

    def place(self):
        self.places.append(Place(self.root, self.postgres))
        return self.places[-1]

    def run(self, *arguments, at=None, status=0):
        done = subprocess.run([self.program, *arguments, *(at.arguments if at else [])],
                              capture_output=True, text=True, check=False)
        self.checks.that(done.returncode == status,
                         f"{' '.join(map(str, arguments))}: exit {done.returncode}, not {status}",
                         done.stdout + done.stderr)
        return done

    def dump(self, place):
        done = subprocess.run([self.program, "dump", *place.arguments], capture_output=True,
                              check=False)
        self.checks.that(done.returncode == 0, "dump", done.stderr)
        return done.stdout

    def get(self, server, path, headers=None):
        status, _, content = server.ask("GET", path, None, headers or {})
        return status, content

    # Each of these is one thing that the contracts promise.

    def demo_is_deterministic(self):
        first, second, other = self.place(), self.place(), self.place()
        said = self.run("demo", *SMALL, at=first).stdout
        self.checks.that("clerk1" in said and "password" in said, "demo prints logins", said)
        self.run("demo", *SMALL, at=second)
        self.run("demo", *SMALL, "--seed", "2", at=other)
        one, two, three = self.dump(first), self.dump(second), self.dump(other)
        self.checks.that(hashlib.sha256(one).digest() == hashlib.sha256(two).digest(),
                         "the same demo has the same dump")
        self.checks.that(one != three, "another seed has another dump")
        again = self.run("demo", *SMALL, at=first, status=1)
        self.checks.that("app.store_not_empty" in again.stderr, "demo refuses a full store",
                         again.stderr)
        self.checks.that(self.dump(first) == one, "a refused demo changes nothing")
        verified = self.run("audit", "verify", at=first).stdout
        self.checks.that(len(verified.splitlines()) > 10 and "BROKEN" not in verified,
                         "audit verify prints a line each", verified)

    def server_answers(self):
        place = self.place()
        server = Server(self.program, place.arguments)
        try:
            status, content = self.get(server, "/healthz")
            self.checks.that(status == 200 and json.loads(content) == {"status": "ok"}, "healthz",
                             content)
            status, content = self.get(server, "/metrics")
            self.checks.that(status == 200 and b"# TYPE" in content, "metrics", content)
            status, content = self.get(server, "/api/openapi.json")
            openapi = json.loads(content)
            self.checks.that(openapi["openapi"].startswith("3.1"), "openapi is 3.1")
            self.checks.that(all(path.startswith("/api/") for path in openapi["paths"]),
                             "every endpoint under /api")
            status, headers, content = server.ask("GET", "/api/org/schools", None, {})
            types = [value for name, value in headers if name.lower() == "content-type"]
            problem = json.loads(content)
            self.checks.that(status == 401 and types and "problem+json" in types[0]
                             and problem["code"] and problem["title"] and problem["status"] == 401,
                             "refusals are problem+json", content)
            status, content = self.get(server, "/api/nothing")
            self.checks.that(status == 404, "no such endpoint", content)
        finally:
            server.stop()
        # What it made is a store that a second start takes up again.
        server = Server(self.program, place.arguments)
        server.process.send_signal(signal.SIGINT)
        self.checks.that(server.process.wait(30) == 0, "serve ends with 0 when told to stop")

    def administrator_logs_in(self):
        place = self.place()
        made = self.run("admin", "create", "--area", "430198", "--area-name", "星河区",
                        "--username", "first", at=place).stdout
        password = made.split("password")[1].split()[0]
        twice = self.run("admin", "create", "--area", "430198", "--username", "first", at=place,
                         status=1)
        self.checks.that("org.username_taken" in twice.stderr, "a name is taken once", twice.stderr)
        server = Server(self.program, place.arguments)
        try:
            body = json.dumps({"username": "first", "password": password}).encode()
            status, headers, content = server.ask("POST", "/api/session", body,
                                                  {"Content-Type": "application/json"})
            self.checks.that(status == 200 and json.loads(content)["must_change"] is True,
                             "the first password opens and must be changed", content)
            cookie = next((v for k, v in headers if k.lower() == "set-cookie"), "")
            self.checks.that("httponly" in cookie.lower() and "samesite" in cookie.lower(),
                             "the cookie is HttpOnly and SameSite", cookie)
            status, _, _ = server.ask("POST", "/api/session", body.replace(b"first", b"nobody"),
                                      {"Content-Type": "application/json"})
            self.checks.that(status == 401, "an unknown user is refused", status)
            if not self.postgres:
                # On a live folder the command goes through the server.
                live = self.run("admin", "create", "--username", "second", at=place).stdout
                self.checks.that("password" in live, "admin create on a live folder", live)
        finally:
            server.stop()

    def bad_packs_are_told(self):
        place = self.place()
        packs = Path(self.root) / f"packs{Place.count}"
        shutil.copytree(ROOT / "policy", packs)
        file = packs / "national" / "after_school" / "AS-2H.json"
        text = file.read_text(encoding="utf8")
        bad = text.replace('"value": 120', '"value": 121')
        file.write_text(bad, encoding="utf8")
        refused = self.run("serve", "--packs", str(packs), "--listen", "127.0.0.1:0", at=place,
                           status=2)
        self.checks.that("AS-2H.json:" in refused.stderr and "cases[" in refused.stderr,
                         "a server does not start with a bad pack", refused.stderr)
        file.write_text(text, encoding="utf8")
        server = Server(self.program, [*place.arguments, "--packs", str(packs)])
        try:
            # The packs are read again with the first pass after a commit.
            file.write_text(bad, encoding="utf8")
            self.run("admin", "create", "--area", "430198", "--area-name", "星河区", at=place)
            server.ask("POST", "/api/session", b'{"username": "nobody", "password": "guess"}',
                       {"Content-Type": "application/json"})
            until = time.monotonic() + 10
            while "AS-2H.json:" not in server.output() and time.monotonic() < until:
                time.sleep(0.05)
            said = server.output()
            self.checks.that("desk.job_failed" in said and "AS-2H.json:" in said,
                             "the log names file and line of a bad pack", said)
            status, content = self.get(server, "/api/policy/rules?q=AS-2H")
            self.checks.that(status == 200 and json.loads(content)["rows"][0]["limits"][0]["limit"]
                             == 120, "the good pack stays in force", content)
        finally:
            server.stop()

    def verdicts_are_made_again(self):
        place = self.place()
        self.run("demo", *SMALL, at=place)
        server = Server(self.program, place.arguments)
        try:
            kind = {"Content-Type": "application/json"}
            _, headers, content = server.ask(
                "POST", "/api/session", json.dumps({"username": "office", "password": PASSWORD}), kind)
            cookie = next(v for k, v in headers if k.lower() == "set-cookie").split(";")[0]
            asker = {**kind, "Cookie": cookie, "X-CSRF-Token": json.loads(content)["csrf"]}
            ids = []
            for minutes in (119, 120):
                status, _, content = server.ask("POST", "/api/policy/verdicts", json.dumps(
                    {"rule": "AS-2H", "on": "2026-10-12", "facts": {"service_minutes": minutes}}), asker)
                self.checks.that(status == 201, "a verdict is kept", content)
                ids.append(json.loads(content)["id"])
        finally:
            server.stop()
        found = json.loads(self.run("policy", "recheck", at=place).stdout)
        self.checks.that(found == {"checked": 2, "same": 2, "differs": []}, "recheck agrees", found)
        if self.postgres:
            return
        # One verdict that its facts do not give, and one whose rule is not what its version says.
        with sqlite3.connect(place.folder / "store.db") as store:
            store.execute("UPDATE policy_verdict SET verdict = 'pass' WHERE verdict = 'fail'")
        found = json.loads(self.run("policy", "recheck", at=place, status=1).stdout)
        self.checks.that(found == {"checked": 2, "same": 1, "differs": [ids[0]]},
                         "recheck finds a changed verdict", found)
        with sqlite3.connect(place.folder / "store.db") as store:
            store.execute("UPDATE policy_rule_version SET archive = replace(archive, '120', '119')")
        found = json.loads(self.run("policy", "recheck", at=place, status=1).stdout)
        self.checks.that(found["same"] == 0, "recheck finds a changed rule", found)

    def backup_comes_back(self):
        place, target = self.place(), self.place()
        self.run("demo", *SMALL, at=place)
        file = Path(self.root) / f"backup{Place.count}.gz"
        server = Server(self.program, place.arguments)
        try:
            said = self.run("backup", str(file), at=place).stdout
            self.checks.that("key" in said, "a backup says that the key is not in it", said)
        finally:
            server.stop()
        whole = self.dump(place)
        # The server wrote nothing but its own book-keeping meanwhile.
        restored = self.run("restore", str(file), at=target).stdout
        self.checks.that("BROKEN" not in restored and "ok" in restored,
                         "restore proves itself", restored)
        rows = [line for line in whole.splitlines() if b"kernel_job" not in line]
        back = [line for line in self.dump(target).splitlines() if b"kernel_job" not in line]
        self.checks.that(len(rows) - len(back) in range(-8, 9), "restore has the same rows",
                         f"{len(rows)} {len(back)}")
        again = self.run("restore", str(file), at=target, status=1)
        self.checks.that("app.store_not_empty" in again.stderr, "restore only into nothing",
                         again.stderr)
        damaged = bytearray(file.read_bytes())
        damaged[len(damaged) // 2] ^= 0x40
        broken = Path(self.root) / "broken.gz"
        broken.write_bytes(damaged)
        nowhere = self.place()
        refused = self.run("restore", str(broken), at=nowhere, status=2)
        self.checks.that("app.bad_backup" in refused.stderr, "a damaged backup is refused",
                         refused.stderr)
        if not self.postgres:
            self.checks.that(not (nowhere.folder / "store.db").exists(),
                             "a refused restore leaves nothing")
        # With its key the restored store opens what is sealed.
        shutil.copy(place.key, target.key)
        self.run("audit", "verify", at=target)

    def roster_comes_in_once(self):
        place = self.place()
        self.run("demo", *SMALL, at=place)
        roster = FIXTURES / "roster" / "40-pupils.csv"
        first = self.run("import", "roster", str(roster), at=place).stdout
        self.checks.that("imported" in first, "a roster is imported", first)
        once = count_rows(self.dump(place), PEOPLE)
        whole = self.dump(place)
        second = self.run("import", "roster", str(roster), at=place).stdout
        counts = {line.split()[0]: int(line.split()[1]) for line in second.splitlines()
                  if len(line.split()) == 2 and line.split()[1].isdigit()}
        self.checks.that(counts.get("new") == 0 and counts.get("changed") == 0,
                         "again changes nothing", second)
        self.checks.that(count_rows(whole, PEOPLE) == once, "it wrote people")
        self.checks.that(self.dump(place) == whole, "again leaves no trace in the store")
        faulty = FIXTURES / "roster" / "14-faults.csv"
        refused = self.run("import", "roster", str(faulty), at=place, status=2).stdout
        self.checks.that(refused.count("row ") >= 14, "every bad row is listed", refused)
        self.checks.that(self.dump(place) == whole, "all or nothing: not even a trace is there")
        self.run("import", "roster", "--partial", str(faulty), at=place)
        partly = self.dump(place)
        self.run("import", "roster", "--partial", str(faulty), at=place)
        self.checks.that(self.dump(place) == partly, "the good rows again leave no trace")
        missing = self.run("import", "roster", str(Path(self.root) / "none.xlsx"), at=place,
                           status=2)
        self.checks.that("none.xlsx" in missing.stderr, "a missing file is named", missing.stderr)

    def imports_name_what_they_find(self):
        place = self.place()
        self.run("admin", "create", "--area", "430198", "--area-name", "星河区", at=place)
        before = self.dump(place)
        empty = Path(self.root) / f"empty{Place.count}"
        empty.mkdir()
        refused = self.run("import", "oneroster", str(empty), at=place, status=2)
        self.checks.that("manifest.csv" in refused.stdout and
                         len(refused.stderr.splitlines()) == 1,
                         "an empty folder lacks its manifest", refused.stdout + refused.stderr)
        book = Path(self.root) / f"book{Place.count}.xlsx"
        write_workbook(book, "名册", [["年级", "班级", "姓名", "出生日期", "学校", "标识码"],
                                    ["二年级", "1班", "王一", "2018-13-01", "星河小学",
                                     "2143000001"]])
        refused = self.run("import", "roster", str(book), at=place, status=2).stdout
        self.checks.that(f"[{book.name}]名册\trow 2\t出生日期\t2018-13-01\t" in refused,
                         "a fault of a workbook names file, sheet, row, column and value", refused)
        self.checks.that(self.dump(place) == before, "neither leaves a trace")
        sheet = Path(self.root) / f"notes{Place.count}.csv"
        sheet.write_text("学校,标识码,年级,班级,姓名,出生日期,爱好\n"
                         "星河小学,2143000001,二年级,1班,王一,2018-03-01,象棋\n")
        said = self.run("import", "roster", str(sheet), at=place).stdout
        self.checks.that(f"note\t{sheet.name}\trow 1\t" in said and "爱好" in said,
                         "what was left out is said", said)

    def two_imports_at_once(self):
        """Both are compared with what is there before either is stored."""
        place = self.place()
        self.run("demo", *SMALL, at=place)
        head = "学校,年级,班级,姓名,性别,出生日期,学籍号\n"
        dump = self.dump(place)
        school = next(json.loads(line)[3] for line in rows_of(dump, "org_school"))
        rows = "".join(f"{school},一年级,{30 + n // 50},甲乙{chr(0x4e00 + n)},男,2020-03-0{1 + n // 500},"
                       f"G{id_number(f'4301982020030{1 + n // 500}{2 * (n % 500) + 1:03}')}\n"
                       for n in range(1500))
        server = Server(self.program, place.arguments)
        try:
            body = json.dumps({"username": "office", "password": "shuangjian-demo"}).encode()
            _, headers, reply = server.ask("POST", "/api/session", body,
                                           {"Content-Type": "application/json"})
            signed_in = {"Cookie": next(v for k, v in headers if k.lower() == "set-cookie")
                         .split(";")[0], "X-CSRF-Token": json.loads(reply)["csrf"]}

            def ask(method, path, content=None):
                status, _, said = server.ask(method, path, content, {
                    **signed_in, "Content-Type": "application/json"})
                return status, json.loads(said)

            made = [ask("POST", "/api/org/imports?format=roster&name=a.csv",
                        (head + rows).encode())[1] for _ in range(2)]
            self.checks.that([one["summary"]["new"] for one in made] == [1500, 1500],
                             "both would be new", made)
            for one in made:
                status, said = ask("POST", f"/api/org/imports/{one['id']}/apply", "{}")
                self.checks.that(status == 202, "is being applied", said)
            for one in made:
                while ask("GET", f"/api/org/imports/{one['id']}")[1]["state"] == "applying":
                    time.sleep(0.02)
                said = ask("GET", f"/api/org/imports/{one['id']}")[1]
                self.checks.that(said["state"] == "applied", "was applied", said)
        finally:
            server.stop()
        self.checks.that(count_rows(self.dump(place), ("org_pupil",))["org_pupil"]
                         == count_rows(dump, ("org_pupil",))["org_pupil"] + 1500,
                         "nobody came in twice")

    def oneroster_goes_round(self):
        place, copy = self.place(), self.place()
        self.run("demo", *SMALL, at=place)
        server = Server(self.program, place.arguments)
        file = Path(self.root) / f"export{Place.count}.zip"
        try:
            body = json.dumps({"username": "office", "password": "shuangjian-demo"}).encode()
            _, headers, reply = server.ask("POST", "/api/session", body,
                                           {"Content-Type": "application/json"})
            cookie = next(v for k, v in headers if k.lower() == "set-cookie").split(";")[0]
            status, _, content = server.ask(
                "POST", "/api/org/export/oneroster.zip", None,
                {"Cookie": cookie, "X-CSRF-Token": json.loads(reply)["csrf"]})
            self.checks.that(status == 200, "export", content[:300])
            file.write_bytes(content)
        finally:
            server.stop()
        self.run("admin", "create", "--area", "430198", "--area-name", "星河区", at=copy)
        self.run("import", "oneroster", str(file), at=copy)
        again = self.run("import", "oneroster", str(file), at=copy).stdout
        counts = {line.split()[0]: int(line.split()[1]) for line in again.splitlines()
                  if len(line.split()) == 2 and line.split()[1].isdigit()}
        self.checks.that(counts.get("new") == 0 and counts.get("changed") == 0,
                         "the second import changes nothing", again)
        tables = ("org_school", "org_class", "org_membership", "org_guardianship", "org_staff",
                  "org_teaching", "org_pupil")
        here, there = count_rows(self.dump(place), tables), count_rows(self.dump(copy), tables)
        here["org_staff"] += 1  # the copy's own administrator
        self.checks.that(here == there, "the copy is the same organisation", (here, there))
        self.run("audit", "verify", at=copy)

    def wrong_arguments(self):
        for arguments in (["serve", "--listen", "nonsense", "--data", str(self.root / "x")],
                          ["serve", "--no-such-option"], ["import"], ["nonsense"],
                          ["backup", str(self.root / "b.gz"), "--data", str(self.root / "none")]):
            done = subprocess.run([self.program, *arguments], capture_output=True, text=True,
                                  check=False)
            self.checks.that(done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1,
                             f"{arguments}: exit {done.returncode}, one line", done.stderr)
        for arguments in (["--help"], ["serve", "--help"], ["import", "roster", "--help"]):
            self.run(*arguments)


def id_number(first17):
    """With the check digit of GB 11643."""
    weighed = sum(int(digit) * 2 ** (17 - at) for at, digit in enumerate(first17))
    return first17 + "10X98765432"[weighed % 11]


def rows_of(dump, table):
    name = None
    for line in dump.splitlines():
        if line.startswith(b"{"):
            name = json.loads(line).get("table")
        elif name == table:
            yield line


def count_rows(dump, tables):
    counts, name = {}, None
    for line in dump.splitlines():
        if line.startswith(b"{"):
            name = json.loads(line).get("table")
        elif name in tables:
            counts[name] = counts.get(name, 0) + 1
    return counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pg", action="store_true")
    parser.add_argument("--program", default=str(ROOT / "build/release/shuangjian"))
    options = parser.parse_args()
    postgres = os.environ.get("SJ_TEST_PG") if options.pg else None
    if options.pg and not postgres:
        sys.exit("--pg needs SJ_TEST_PG: run it by tools/pg.sh with")
    root = Path(tempfile.mkdtemp(prefix="sj-contracts-"))
    story = Story(options.program, root, postgres)
    try:
        for part in (story.wrong_arguments, story.server_answers, story.administrator_logs_in,
                     story.demo_is_deterministic, story.bad_packs_are_told, story.verdicts_are_made_again,
                     story.backup_comes_back,
                     story.roster_comes_in_once, story.imports_name_what_they_find,
                     story.two_imports_at_once, story.oneroster_goes_round):
            began = time.monotonic()
            try:
                part()
            except Exception as fault:  # noqa: BLE001: one broken part must not hide the others
                story.checks.that(False, part.__name__, repr(fault))
            print(f"{part.__name__}: {time.monotonic() - began:.1f} s")
    finally:
        for place in story.places:
            place.remove()
        shutil.rmtree(root, ignore_errors=True)
    print(f"{story.checks.passed} passed, {story.checks.failed} failed")
    return 1 if story.checks.failed or not story.checks.passed else 0


if __name__ == "__main__":
    sys.exit(main())
