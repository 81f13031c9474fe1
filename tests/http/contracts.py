#!/usr/bin/env python3
"""The commands that read or write a store, as an outsider would try them.

    python3 tests/http/contracts.py [--pg] [--program PATH] [--only PART]

With --pg every store is a PostgreSQL database of its own (SJ_TEST_PG). Ends with "N passed, N failed".
"""
import argparse
import contextlib
import gzip
import hashlib
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
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
                self.operator_leaves_an_administrator(Path(place.arguments[1]) / "control.sock")
        finally:
            server.stop()

    def operator_leaves_an_administrator(self, path):
        """Whoever may use the folder needs no second officer, and still leaves one who arranges rights."""
        def ask(method, target):
            line = http.client.HTTPConnection("localhost", timeout=60)
            line.sock = socket.socket(socket.AF_UNIX)
            line.sock.connect(str(path))
            line.request(method, target, b"{}" if method == "POST" else None,
                         {"Content-Type": "application/json"})
            reply = line.getresponse()
            status, content = reply.status, reply.read()
            line.close()
            return status, content
        accounts = {row["username"]: row["id"]
                    for row in json.loads(ask("GET", "/api/org/accounts")[1])["rows"]}
        status, content = ask("POST", f"/api/org/accounts/{accounts['second']}/disable")
        self.checks.that(status == 204, "the operator disables an officer", content)
        status, content = ask("POST", f"/api/org/accounts/{accounts['first']}/disable")
        self.checks.that(status == 409 and b"org.last_admin" in content,
                         "the operator does not disable the last administrator", content)

    def what_is_refused_makes_no_store(self):
        if self.postgres:
            return
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            bad_key = Path(self.root) / "bad.key"
            bad_key.write_text("none", encoding="utf8")
            for arguments, code, status in (
                    (["--listen", f"127.0.0.1:{port}"], "http.cannot_listen", 1),
                    (["--listen", "nowhere:80", "--base-url", "http://a"], "http.cannot_listen", 1),
                    (["--proxy", "a proxy", "--base-url", "http://a"], "http.bad_network", 2),
                    (["--proxy", "0.0.0.0/0", "--base-url", "http://a"], "http.bad_network", 2),
                    (["--tls-certificate", "none.pem", "--tls-key", "none.pem"], "http.bad_certificate", 2),
                    (["--metrics-token", "none"], "app.cannot_read", 2),
                    (["--base-url", "sj"], "app.bad_base_url", 2),
                    (["--packs", str(Path(self.root) / "none")], "app.cannot_read", 2),
                    (["--key", str(bad_key)], "app.bad_key_file", 2)):
                place = self.place()
                listen = [] if "--listen" in arguments else ["--listen", "127.0.0.1:0"]
                said = self.run("serve", *listen, *arguments, at=place, status=status).stderr
                self.checks.that(code in said and not place.folder.exists(),
                                 f"{arguments}: {code}, and no folder is made", said)

    def says_where_it_listens(self):
        place = self.place()
        listening = subprocess.Popen([self.program, "serve", "--listen", "::1:0", "--base-url", "https://a",
                                      *place.arguments], stderr=subprocess.PIPE, text=True)
        try:
            said = listening.stderr.readline()
            self.checks.that("http://[::1]:" in said, "an address of IPv6 stands in brackets", said)
            with urllib.request.urlopen(said.split()[-1] + "/healthz", timeout=10) as reply:
                told = reply.headers.get("Strict-Transport-Security")
                self.checks.that(told is not None, "an https site says so through a proxy", told)
        finally:
            listening.terminate()
            listening.wait()

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

    def store_that_is_gone(self):
        """Beside its key and its heads no new store is made in silence."""
        if self.postgres:
            return
        place = self.place()
        self.run("demo", *SMALL, at=place)
        (place.folder / "heads").touch()
        for end in ("", "-wal", "-shm"):
            (place.folder / f"store.db{end}").unlink(missing_ok=True)
        said = self.run("serve", "--listen", "127.0.0.1:0", at=place, status=1).stderr
        self.checks.that("app.store_gone" in said and not (place.folder / "store.db").exists(),
                         "a store that is gone", said)

    def wrong_key_is_a_mistake(self):
        place = self.place()
        self.run("demo", *SMALL, at=place)
        place.key.write_text("ab" * 32 + "\n", encoding="utf8")
        said = self.run("audit", "verify", at=place, status=1).stderr
        self.checks.that("app.wrong_key" in said, "verify with another key", said)

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

    def rosters_that_went_wrong(self):
        """A second file about the same children, and files that say two things at once."""
        cases = FIXTURES / "roster" / "later"
        tables = PEOPLE + ("org_class", "org_leaver")

        def bring(*names):
            place = self.place()
            self.run("admin", "create", "--area", "430111", "--area-name", "雨花区", at=place)
            self.run("import", "roster", str(cases / "00-base.csv"), at=place)
            for name, status in names:
                said = self.run("import", "roster", str(cases / name), at=place,
                                status=status).stdout
            rows = count_rows(self.dump(place), tables)
            self.run("audit", "verify", at=place)
            return place, said, rows

        for first, second, sealed in (("F01a-g-number.csv", "F01b-id-only.csv", 8),
                                      ("F01b-id-only.csv", "F01a-g-number.csv", 8),
                                      ("F02a-noid.csv", "F02b-withid.csv", 5),
                                      ("F02b-withid.csv", "F02a-noid.csv", 5)):
            place, said, rows = bring((first, 0), (second, 0))
            self.checks.that((rows["org_pupil"], rows["org_sealed"]) == (4, sealed),
                             f"{second} after {first}: the same children", (rows, said))
            again = self.dump(place)
            self.run("import", "roster", str(cases / second), at=place)
            self.checks.that(self.dump(place) == again, f"{second} again changes nothing")
        _, said, rows = bring(("F03a.csv", 2))
        self.checks.that(said.count("codes.lost_digits") == 2 and rows["org_pupil"] == 1,
                         "rounded numbers are lost ones", said)
        _, said, rows = bring(("F04.csv", 0))
        self.checks.that(rows["org_class"] == 2, "四一班 is the first class of grade 4", rows)
        _, said, rows = bring(("F05a.csv", 2))
        self.checks.that(said.count("org.import_grade_disagrees") == 2 and rows["org_class"] == 1,
                         "2024级 is not 四年级", said)
        place, said, rows = bring(("F08.csv", 0))
        self.checks.that(b"G430111201705010619" not in self.dump(place) and
                         rows["org_sealed"] == 3 and "org.import_moved_number" in said,
                         "a student number under 学号 is sealed", said)
        _, said, rows = bring(("F09a.csv", 0), ("F09b.csv", 0))
        self.checks.that((rows["org_pupil"], rows["org_membership"]) == (5, 6),
                         "a child without numbers moves", (rows, said))

    def nothing_hangs_on_what_was_refused(self):
        place = self.place()
        self.run("admin", "create", "--area", "430111", "--area-name", "雨花区", at=place)
        sets = FIXTURES / "oneroster"
        before = self.dump(place)
        shifted = self.run("import", "oneroster", str(sets / "one-cell-more"), at=place,
                           status=2).stdout
        self.checks.that("users.csv\trow 2\t" in shifted and "org.import_more_cells" in shifted,
                         "a row wider than its header is a fault", shifted)
        self.checks.that(self.dump(place) == before, "it leaves no trace")
        said = self.run("import", "oneroster", "--partial", str(sets / "refused-class"),
                        at=place).stdout
        for row in ("classes.csv\trow 2", "enrollments.csv\trow 2", "users.csv\trow 2",
                    "note\tusers.csv\trow 4"):
            self.checks.that(row + "\t" in said, f"{row} is listed", said)
        pupils = count_rows(self.dump(place), ("org_pupil", "org_membership"))
        self.checks.that(pupils == {"org_pupil": 1, "org_membership": 1},
                         "who is stored has a place", pupils)

    def two_imports_at_once(self):
        """Both are compared with what is there before either is stored."""
        place = self.place()
        self.run("demo", *SMALL, at=place)
        head = "学校,年级,班级,姓名,性别,出生日期,学籍号\n"
        dump = self.dump(place)
        school = next(json.loads(line)[3] for line in rows_of(dump, "org_school"))
        days = [f"2020{1 + n % 12:02}{1 + n // 12 % 27:02}" for n in range(1500)]
        rows = "".join(f"{school},一年级,{30 + n // 50},甲乙{chr(0x4e00 + n)},男,{day},"
                       f"G{id_number(f'430198{day}{2 * (n // 324) + 1:03}')}\n"
                       for n, day in enumerate(days))
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
            def end_of(one):
                while ask("GET", f"/api/org/imports/{one['id']}")[1]["state"] == "applying":
                    time.sleep(0.02)
                return ask("GET", f"/api/org/imports/{one['id']}")[1]["state"]

            first, second = made
            status, said = ask("POST", f"/api/org/imports/{first['id']}/apply", "{}")
            self.checks.that(status == 202, "the first is being applied", said)
            # Refused at once, or when its turn comes: what it would do was done by the first.
            status, said = ask("POST", f"/api/org/imports/{second['id']}/apply", "{}")
            self.checks.that(status == 202 or said.get("code") == "org.import_moved",
                             "the second waits or is refused", said)
            self.checks.that(end_of(first) == "applied", "the first was applied")
            self.checks.that(end_of(second) in ("preview", "failed"), "the second was not")
            status, said = ask("POST", f"/api/org/imports/{second['id']}/apply", "{}")
            self.checks.that((status, said.get("code")) == (409, "org.import_moved"),
                             "and is refused from then on", said)
            status, said = ask("POST", f"/api/org/imports/{second['id']}/review", "{}")
            self.checks.that(said["summary"]["new"] == 0, "looked at again it is empty", said)
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

    # Key, damage, room, clock, backup: what a store must survive.

    def sign_in(self, server, username="office"):
        """Headers of somebody who is logged in."""
        status, headers, content = server.ask(
            "POST", "/api/session", json.dumps({"username": username, "password": PASSWORD}),
            {"Content-Type": "application/json"})
        if status != 200:
            raise RuntimeError(f"log in: {status} {content[:300]}")
        cookie = next(v for k, v in headers if k.lower() == "set-cookie").split(";")[0]
        return {"Content-Type": "application/json", "Cookie": cookie,
                "X-CSRF-Token": json.loads(content)["csrf"]}

    def add_street(self, server, asker, name):
        code = hashlib.sha256(name.encode()).hexdigest()[:12]
        status, _, content = server.ask("POST", "/api/org/streets",
                                        json.dumps({"code": code, "name": name}), asker)
        return status, json.loads(content)

    def ready(self, server):
        status, content = self.get(server, "/readyz")
        said = json.loads(content)
        return status, [one["code"] for one in said["wrong"]], [one["code"] for one in said["notes"]]

    def until(self, holds, seconds=20):
        give_up = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > give_up:
                return False
            time.sleep(0.1)
        return True

    def sql(self, place, statement):
        if self.postgres:
            psql(with_database(self.postgres, place.name), statement)
        else:
            with contextlib.closing(sqlite3.connect(place.folder / "store.db")) as store, store:
                store.execute(statement)

    def key_is_needed(self):
        place = self.place()
        roster = str(FIXTURES / "roster" / "40-pupils.csv")
        self.run("admin", "create", "--area", "430198", "--area-name", "星河区", at=place)
        self.run("import", "roster", roster, at=place)
        key = place.key.read_text()
        aside = place.folder / "aside"
        file = Path(self.root) / f"keyless{Place.count}.gz"
        before = self.dump(place)

        def refused(code, what, status=1):
            for arguments in (["serve", "--listen", "127.0.0.1:0"],
                              ["admin", "create", "--username", "other"],
                              ["import", "roster", roster]):
                said = self.run(*arguments, at=place, status=status)
                self.checks.that(code in said.stderr and str(place.key) in said.stderr,
                                 f"{what}: {arguments[0]} says {code} and where it looked", said.stderr)
            if code != "app.no_key":
                # A key that does not fit is a mistake, and no reason to look at half of it.
                said = self.run("audit", "verify", at=place, status=status).stderr
                self.checks.that(code in said, f"{what}: audit verify says {code}", said)
            else:
                said = self.run("audit", "verify", at=place).stdout
                self.checks.that("not looked at" in said and "BROKEN" not in said,
                                 f"{what}: audit verify says what it could not look at", said)
            said = self.run("backup", str(file), at=place).stderr
            self.checks.that("key is not here" in said, f"{what}: so does backup", said)

        place.key.rename(aside)
        refused("app.no_key", "a missing key")
        self.checks.that(not place.key.exists(), "no other key was made")
        self.sql(place, "DELETE FROM kernel_setting WHERE name = 'key'")
        refused("app.no_key", "a missing key and no word of it in the store")
        self.checks.that(not place.key.exists(), "no other key was made without that word")
        for name, content in (("an empty key", ""), ("a short key", key[:20]),
                              ("a key of zeros", "0" * 64), ("a key that is none", "x" * 64)):
            place.key.write_text(content)
            refused("app.bad_key_file", name, status=2)
        place.key.unlink()
        place.key.mkdir()
        refused("app.bad_key_file", "a folder for a key", status=2)
        place.key.rmdir()
        place.key.write_text(hashlib.sha256(b"another").hexdigest())
        refused("app.wrong_key", "another store's key")
        place.key.unlink()
        aside.rename(place.key)
        self.run("audit", "verify", at=place)
        self.run("import", "roster", roster, at=place)
        same = [line for line in self.dump(place).splitlines()[:-1] if b'"key"' not in line]
        self.checks.that(same == [line for line in before.splitlines()[:-1] if b'"key"' not in line],
                         "none of them wrote anything")
        place.key.chmod(0o644)
        server = Server(self.program, place.arguments)
        try:
            self.checks.that("can read the key file" in server.output(),
                             "a key that others can read is told", server.output())
            place.key.rename(aside)
            self.checks.that(self.until(lambda: self.ready(server)[1] == ["app.key_gone"]),
                             "readyz tells that the next start would fail", self.ready(server))
            aside.rename(place.key)
            self.checks.that(self.until(lambda: self.ready(server)[0] == 200), "and that it is back",
                             self.ready(server))
        finally:
            server.stop()
        if not self.postgres:
            return
        # The usual place of the key is below HOME, which may be another one or none.
        place = self.place()
        home = Path(self.root) / f"home{Place.count}"
        home.mkdir()
        for at, status, code in ((str(home), 0, ""), (str(home / "other"), 1, "app.no_key"),
                                 ("", 1, "app.no_key"), (str(home), 0, "")):
            done = subprocess.run(
                [self.program, "admin", "create", "--area", "430198", "--area-name", "星河区",
                 "--username", f"a{len(at)}{time.monotonic_ns()}", *place.arguments[:2]],
                capture_output=True, text=True, env={**os.environ, "HOME": at}, check=False)
            self.checks.that(done.returncode == status and code in done.stderr,
                             f"HOME={at}: exit {done.returncode}", done.stdout + done.stderr)
        keys = [str(key) for key in home.rglob("*.key")]
        self.checks.that(len(keys) == 1, "there is one key", keys)

    def damage_stops_writing(self):
        if self.postgres:
            return
        place = self.place()
        self.run("demo", *SMALL, at=place)
        with contextlib.closing(sqlite3.connect(place.folder / "store.db")) as store:
            root = store.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'org_class'").fetchone()[0]
            size = store.execute("PRAGMA page_size").fetchone()[0]
        server = Server(self.program, place.arguments)
        try:
            asker = self.sign_in(server)
            status, content = self.add_street(server, asker, "before")
            self.checks.that(status == 201, "a street before", content)
            self.checks.that(self.ready(server)[0] == 200, "ready before", self.ready(server))
            school = json.loads(self.get(server, "/api/org/schools", asker)[1])["rows"][0]["id"]
            with open(place.folder / "store.db", "r+b") as file:
                file.seek((root - 1) * size)
                file.write(b"\x5a" * size)
            status, content = self.get(server, f"/api/org/schools/{school}/classes", asker)
            self.checks.that(status == 503 and json.loads(content)["code"] == "sql.corrupt",
                             "a list that meets the damage says so", content)
            status, content = self.add_street(server, asker, "after")
            self.checks.that(status == 503 and content["code"] == "sql.corrupt",
                             "nothing is written any more", content)
            self.checks.that("detail" not in content, "and no more is said to anybody", content)
            self.checks.that(self.until(lambda: self.ready(server)[:2] == (503, ["sql.corrupt"])),
                             "readyz says so", self.ready(server))
            status, content = self.get(server, "/healthz")
            self.checks.that(status == 200, "it lives", content)
            self.checks.that("sql.corrupt" in server.output(), "and the log", server.output())
        finally:
            server.stop()
        server = Server(self.program, place.arguments)
        try:
            asker = self.sign_in(server) if self.ready(server)[0] == 200 else {}
            status, content = self.add_street(server, asker, "later")
            self.checks.that(status != 201, "nor after a restart, before anybody met it", content)
            self.checks.that(self.ready(server)[:2] == (503, ["sql.corrupt"]),
                             "readyz knows at once", self.ready(server))
        finally:
            server.stop()

    def room_comes_back(self):
        """A limit on the size of files stands for a full disk: both fail a write."""
        if self.postgres:
            return
        place = self.place()
        self.run("demo", *SMALL, at=place)
        server = Server(self.program, place.arguments)
        try:
            asker = self.sign_in(server)
            most = (place.folder / "store.db").stat().st_size + (1 << 20)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
            written, refused = [], None
            for number in range(5000):
                status, content = self.add_street(server, asker, f"{number}-" + "长" * 3000)
                if status != 201:
                    refused = (status, content)
                    break
                written.append(content["id"])
            self.checks.that(refused and refused[0] == 503 and refused[1]["code"] == "sql.no_room",
                             "a write without room is refused", refused)
            self.checks.that(self.until(lambda: "sql.no_room" in self.ready(server)[1]),
                             "readyz says so", self.ready(server))
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                             (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            status, content = self.add_street(server, asker, "again")
            self.checks.that(status == 201, "with room it goes on", content)
            self.checks.that(self.until(lambda: self.ready(server)[0] == 200), "and is ready",
                             self.ready(server))
            rows = json.loads(self.get(server, "/api/org/streets", asker)[1])["rows"]
            missing = set(written) - {row["id"] for row in rows}
            self.checks.that(not missing, f"of {len(written)} acknowledged writes none is lost", missing)
        finally:
            server.stop()
        self.run("audit", "verify", at=place)

    def clock_that_jumped(self):
        place = self.place()
        self.run("demo", *SMALL, at=place)
        server = Server(self.program, place.arguments)
        server.stop()
        day = 86_400_000
        self.sql(place, f"UPDATE kernel_setting SET value = CAST(CAST(value AS BIGINT) + {400 * day} "
                 "AS TEXT) WHERE name = 'clock_start_ms'")
        self.sql(place, "DELETE FROM kernel_job")
        server = Server(self.program, place.arguments)
        try:
            # The other jobs of the night have run then.
            self.until(lambda: b"desk.checkpoint" in self.dump(place))
            jobs = [json.loads(line)[0] for line in rows_of(self.dump(place), "kernel_job")]
            self.checks.that("org_retention" not in jobs and "api.forget_replies" not in jobs,
                             "what deletes waits", jobs)
            status, _, notes = self.ready(server)
            self.checks.that(status == 200 and notes == ["desk.clock_doubtful"],
                             "readyz notes it", (status, notes))
            self.checks.that("desk.clock_doubtful" in server.output(), "so does the log",
                             server.output())
            if not self.postgres:
                self.run("clock", "confirm", at=place)
        finally:
            server.stop()
        if self.postgres:
            self.run("clock", "confirm", at=place)
        server = Server(self.program, place.arguments)
        try:
            self.checks.that(self.until(lambda: b"org_retention" in self.dump(place)),
                             "once it is confirmed, what deletes goes on")
            self.checks.that(self.until(lambda: self.ready(server)[2] == []), "without a note",
                             self.ready(server))
        finally:
            server.stop()

    def three_districts(self):
        place = self.place()
        for code, name in (("430198", "星河区"), ("430199", "银河区"), ("430197", "天河区")):
            made = self.run("admin", "create", "--area", code, "--area-name", name, at=place)
            self.checks.that("password" in made.stdout, f"district {code}", made.stdout)
        again = self.run("admin", "create", "--area", "430199", "--username", "second", at=place)
        self.checks.that("password" in again.stdout, "another administrator", again.stdout)
        for arguments, status, code in (
                ([], 2, "org.area_needed"), (["--area", "430196"], 2, "org.area_unknown"),
                (["--area", "43019"], 2, "org.bad_area_code"),
                (["--area", "43019x", "--area-name", "某区"], 2, "org.bad_area_code"),
                (["--area", "430000", "--area-name", "湖南"], 2, "org.bad_area_code"),
                (["--area", "430100", "--area-name", "长沙"], 2, "org.bad_area_code"),
                (["--area", "430196", "--area-name", "   "], 2, "text.free_length"),
                (["--area", "430196", "--area-name", "\u200b"], 2, "app.invisible_text"),
                (["--area", "430196", "--area-name", "区" * 31], 2, "text.free_length"),
                (["--area", "430196", "--area-name", "星\u202e区"], 2, "app.invisible_text"),
                (["--area", "430196", "--area-name", "<b>区"], 2, "text.free_markup"),
                (["--area", "430196", "--area-name", "=1"], 2, "text.free_formula"),
                (["--area", "430196", "--area-name", "某区", "--name", "  "], 2, "text.name_length"),
                (["--area", "430196", "--area-name", "某区", "--name", "名" * 51], 2, "text.name_length"),
                (["--area", "430199", "--area-name", "他区"], 1, "org.area_named")):
            said = self.run("admin", "create", *arguments, "--username", "third", at=place,
                            status=status).stderr
            self.checks.that(code in said, f"admin create {arguments}: {code}", said)
        areas = [json.loads(line)[1] for line in rows_of(self.dump(place), "org_area")]
        self.checks.that(sorted(areas) == ["430197", "430198", "430199"], "three there are", areas)
        self.run("admin", "create", "--area", "441900", "--area-name", "东莞市", at=place)
        said = self.run("policy", "recheck", at=place, status=2).stderr
        self.checks.that("policy.bad_area" in said, "other commands ask which one", said)

    def backups_are_whole_or_refused(self):
        place = self.place()
        self.run("demo", *SMALL, at=place)
        file = Path(self.root) / f"whole{Place.count}.gz"
        old_mask = os.umask(0)
        try:
            self.run("backup", str(file), at=place)
        finally:
            os.umask(old_mask)
        self.checks.that(stat.S_IMODE(file.stat().st_mode) == 0o600, "a backup is its owner's alone",
                         oct(file.stat().st_mode))
        content = gzip.decompress(file.read_bytes())
        lines = content.splitlines(keepends=True)
        cases = {"cut short": file.read_bytes()[:-200], "without its end": gzip.compress(content[:-100]),
                 "junk behind it": file.read_bytes() + b"junk", "zeros behind it": file.read_bytes() + b"\0" * 512,
                 "a second one behind it": file.read_bytes() * 2,
                 "a line behind its end": gzip.compress(content + b"[1]\n"),
                 "an open line behind its end": gzip.compress(content + b"x"),
                 "an empty file": b"", "not packed, cut short": content[:-1]}
        # One character of one row of each table, of a table's head, of the first and the last line.
        table, changed = None, set()
        for number, line in enumerate(lines):
            kind = table
            if line.startswith(b"{"):
                table = json.loads(line).get("table", "end" if number else "file")
                kind = f"head of {table}"
            if kind in changed:
                continue
            changed.add(kind)
            at = len(line) * 2 // 3
            while not chr(line[at]).isalnum():
                at -= 1
            other = b"1" if line[at:at + 1] != b"1" else b"2"
            cases[f"a character changed: {kind}"] = gzip.compress(
                b"".join(lines[:number]) + line[:at] + other + line[at + 1:] + b"".join(lines[number + 1:]), 1)
        bad = Path(self.root) / f"bad{Place.count}.gz"
        target = self.place()
        for name, bytes_of in cases.items():
            bad.write_bytes(bytes_of)
            done = subprocess.run([self.program, "restore", str(bad), *target.arguments],
                                  capture_output=True, text=True, check=False)
            # Which steps a program has taken stands in the first line: another step is a newer one's.
            right = ("app.bad_backup" in done.stderr and done.returncode == 2) or (
                "app.newer_backup" in done.stderr and "head of file" in name)
            self.checks.that(right, f"{name}: exit {done.returncode}", done.stdout + done.stderr)
        left = [path.name for path in target.folder.rglob("*") if path.name != "key"] \
            if target.folder.exists() else []
        self.checks.that(not left, "nothing is left of them", left)
        # The key of another store lies where the store is to be.
        target.folder.mkdir(exist_ok=True)
        target.key.write_text(hashlib.sha256(b"another").hexdigest())
        said = self.run("restore", str(file), at=target, status=1).stderr
        self.checks.that("app.wrong_key" in said, "another store's key is refused", said)
        self.checks.that(sorted(path.name for path in target.folder.iterdir()) in (["key"], ["key", "lock"]),
                         "and no half store is left", list(target.folder.iterdir()))
        shutil.copy(place.key, target.key)
        # Killed in the middle, it is no store, and is restored once more.
        # (PostgreSQL: behind a commit for each step, and that of the mark.)
        kill_at = str(len(json.loads(lines[0])["migrations"]) + 4) if self.postgres else "60"
        killed = subprocess.run([self.program, "restore", str(file), *target.arguments],
                                capture_output=True, env={**os.environ, "SJ_KILL_AT": kill_at}, check=False)
        self.checks.that(killed.returncode < 0, "the restore was killed", killed)
        said = self.run("serve", "--listen", "127.0.0.1:0", at=target, status=1).stderr
        self.checks.that("app.half_restored" in said, "a half store is not served", said)
        said = self.run("restore", str(file), at=target).stdout
        self.checks.that("BROKEN" not in said, "it is restored once more", said)
        if not self.postgres:
            modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in target.folder.iterdir()
                     if path.is_file() and path.name != "key"}
            self.checks.that(set(modes.values()) == {"0o600"}, "a restored store is its owner's", modes)

    def backup_replaces_backups_only(self):
        place = self.place()
        self.run("demo", *SMALL, at=place)
        room = Path(self.root) / f"room{Place.count}"
        room.mkdir()
        plain, gone = room / "plain", room / "gone"
        plain.write_text("mine")
        os.link(place.key, room / "hard")
        (room / "link").symlink_to(plain)
        (room / "nowhere").symlink_to(gone)
        os.mkfifo(room / "pipe")
        (room / "packed.gz").write_bytes(gzip.compress(b'{"format":"other"}'))
        own = [place.key, place.key.parent / ".." / place.key.parent.name / "key"]
        if not self.postgres:
            own += [place.folder / name for name in ("lock", "store.db", "store.db-wal", "store.db-shm",
                                                     "heads", "restoring", "control.sock")]
        refusals = [(file, "app.file_of_store") for file in own]
        refusals += [(room / name, "app.no_plain_file") for name in ("link", "nowhere", "pipe")]
        refusals += [(room, "app.no_plain_file"), (Path("/dev/null"), "app.no_plain_file")]
        refusals += [(room / name, "app.not_replaced") for name in ("plain", "hard", "packed.gz")]
        for file, code in refusals:
            before = os.lstat(file) if os.path.lexists(file) else None
            said = self.run("backup", str(file), at=place, status=2).stderr
            after = os.lstat(file) if os.path.lexists(file) else None
            same = (before and (before.st_ino, before.st_size, before.st_mtime)) == \
                (after and (after.st_ino, after.st_size, after.st_mtime))
            self.checks.that(code in said and (same or "store.db-" in file.name), f"backup {file}: {code}", said)
        # The key's place, while it is away.
        place.key.rename(room / "away")
        said = self.run("backup", str(place.key), at=place, status=2).stderr
        self.checks.that("app.file_of_store" in said and not place.key.exists(), "the key's place", said)
        (room / "away").rename(place.key)
        good = room / "good.gz"
        good.with_name("good.gz.part").symlink_to(plain)
        for _ in range(2):
            self.run("backup", str(good), at=place)
        self.checks.that(plain.read_text() == "mine" and not gone.exists(), "nothing else was written")
        good.chmod(0o444)
        said = self.run("backup", str(good), at=place, status=2).stderr
        self.checks.that("app.not_replaced" in said, "a protected backup stays", said)
        left = sorted(path.name for path in room.iterdir() if path.name.startswith("good"))
        self.checks.that(left == ["good.gz", "good.gz.part"], "nothing is left beside it", left)

    def sessions_end_with_a_restore(self):
        place, target = self.place(), self.place()
        self.run("demo", *SMALL, at=place)
        file = Path(self.root) / f"sessions{Place.count}.gz"
        server = Server(self.program, place.arguments)
        try:
            clerk = self.sign_in(server, "clerk1")
            classes = json.loads(self.get(server, "/api/org/schools", clerk)[1])["rows"]
            status, content = self.get(server, f"/api/org/schools/{classes[0]['id']}/classes", clerk)
            first = json.loads(content)["rows"][0]["id"]
            status, _, content = server.ask("POST", f"/api/org/classes/{first}/invitations", "{}", clerk)
            self.checks.that(status in (200, 201), "invitations", content[:300])
        finally:
            server.stop()
        self.run("backup", str(file), at=place)
        between = self.place()
        self.run("restore", str(file), at=between)
        # A backup of what was restored and never started is one like any other.
        file.unlink()
        self.run("backup", str(file), at=between)
        self.run("restore", str(file), at=target)
        shutil.copy(place.key, target.key)
        server = Server(self.program, target.arguments)
        try:
            status, content = self.get(server, "/api/org/schools", clerk)
            self.checks.that(status == 401, "a session of before has ended", content)
            self.sign_in(server, "clerk1")
        finally:
            server.stop()
        columns, open_codes = None, 0
        for line in self.dump(target).splitlines():
            value = json.loads(line)
            if isinstance(value, dict):
                columns = value.get("columns") if value.get("table") == "org_invitation" else None
            elif columns:
                row = dict(zip(columns, value))
                open_codes += row["revoked_ms"] is None and row["redeemed_ms"] is None
        self.checks.that(open_codes == 0, "no invitation of before opens", open_codes)
        self.run("audit", "verify", at=target)

    def old_store_is_taken_up(self):
        """A store of the version before: restored, served, whole."""
        for folder in sorted((FIXTURES / "stores").iterdir()):
            if not (folder / "backup.gz").exists():
                continue
            place = self.place()
            place.folder.mkdir(exist_ok=True)
            said = self.run("restore", str(folder / "backup.gz"), at=place).stdout
            self.checks.that("BROKEN" not in said, f"{folder.name} is restored", said)
            shutil.copy(folder / "key", place.key)
            server = Server(self.program, place.arguments)
            try:
                asker = self.sign_in(server)
                status, content = self.get(server, "/api/org/schools", asker)
                self.checks.that(status == 200 and len(json.loads(content)["rows"]) == 3,
                                 f"{folder.name} is served", content[:300])
            finally:
                server.stop()
            said = self.run("audit", "verify", at=place).stdout
            self.checks.that("BROKEN" not in said, f"{folder.name} is whole", said)

    def frozen_database(self):
        """Every process of the PostgreSQL server stands still, as in a paused machine."""
        if not self.postgres:
            return
        place = self.place()
        self.run("demo", *SMALL, at=place)
        data = subprocess.run(["psql", "-qtA", "-d", self.postgres, "-c", "SHOW data_directory"],
                              capture_output=True, text=True, check=True).stdout.strip()
        main = int((Path(data) / "postmaster.pid").read_text().split()[0])
        server = Server(self.program, place.arguments)
        stopped = []
        try:
            asker = self.sign_in(server)
            written = [self.add_street(server, asker, f"before{n}")[1]["id"] for n in range(5)]
            port = str(urllib.parse.urlsplit(self.postgres).port)
            children = subprocess.run(["ps", "--no-headers", "-o", "pid", "--ppid", str(main)],
                                      capture_output=True, text=True, check=True).stdout.split()
            stopped = [main, *map(int, children)]
            for process in stopped:
                os.kill(process, signal.SIGSTOP)
            began = time.monotonic()
            self.checks.that(self.until(lambda: self.ready(server)[0] == 503, 10), "it is not ready",
                             self.ready(server))
            took = time.monotonic() - began
            self.checks.that(took < 5.5, f"which is known soon, without any request: {took:.1f} s")
            print(f"frozen: not ready after {took:.1f} s")
            for what, ask in (("a read", lambda: server.ask("GET", "/api/org/streets", None, asker)),
                              ("a write", lambda: server.ask("POST", "/api/org/streets", json.dumps(
                                  {"code": "while", "name": "while"}), asker)),
                              ("another read", lambda: server.ask("GET", "/api/org/schools", None, asker))):
                began = time.monotonic()
                status, _, content = ask()
                took = time.monotonic() - began
                self.checks.that(status == 503 and took < 30, f"{what}: {status} in {took:.1f} s", content)
                self.checks.that(port.encode() not in content and b"127.0.0.1" not in content,
                                 f"{what} tells no host and no port", content)
                print(f"frozen: {what} was refused after {took:.1f} s")
                self.checks.that(self.ready(server)[0] == 503, f"{what}: and it is not ready then")
            self.checks.that(self.get(server, "/healthz")[0] == 200, "it lives")
            self.checks.that(self.until(lambda: self.ready(server)[0] == 503), "and is not ready",
                             self.ready(server))
            for process in stopped:
                os.kill(process, signal.SIGCONT)
            stopped = []
            self.checks.that(self.until(lambda: self.get(server, "/api/org/streets", asker)[0] == 200),
                             "it goes on when the database does")
            rows = json.loads(self.get(server, "/api/org/streets", asker)[1])["rows"]
            self.checks.that(not set(written) - {row["id"] for row in rows}, "nothing is lost", rows)
            self.checks.that(self.until(lambda: self.add_street(server, asker, f"after{time.monotonic_ns()}")[0] == 201),
                             "and takes writes")
            self.checks.that(self.until(lambda: self.ready(server)[0] == 200), "and is ready",
                             self.ready(server))
        finally:
            for process in stopped:
                os.kill(process, signal.SIGCONT)
            server.stop()

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
    parser.add_argument("--only", help="the parts whose name has this")
    parser.add_argument("--program", default=str(ROOT / "build/release/shuangjian"))
    options = parser.parse_args()
    postgres = os.environ.get("SJ_TEST_PG") if options.pg else None
    if options.pg and not postgres:
        sys.exit("--pg needs SJ_TEST_PG: run it by tools/pg.sh with")
    root = Path(tempfile.mkdtemp(prefix="sj-contracts-"))
    story = Story(options.program, root, postgres)
    try:
        for part in (story.wrong_arguments, story.server_answers, story.administrator_logs_in,
                     story.demo_is_deterministic, story.bad_packs_are_told,
                     story.what_is_refused_makes_no_store, story.says_where_it_listens, story.verdicts_are_made_again,
                     story.backup_comes_back, story.store_that_is_gone, story.wrong_key_is_a_mistake,
                     story.roster_comes_in_once, story.imports_name_what_they_find,
                     story.rosters_that_went_wrong, story.nothing_hangs_on_what_was_refused,
                     story.two_imports_at_once, story.oneroster_goes_round, story.key_is_needed,
                     story.damage_stops_writing, story.room_comes_back, story.clock_that_jumped,
                     story.three_districts, story.backups_are_whole_or_refused,
                     story.backup_replaces_backups_only, story.sessions_end_with_a_restore, story.old_store_is_taken_up,
                     story.frozen_database):
            if options.only and options.only not in part.__name__:
                continue
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
