#!/usr/bin/env python3
"""Kills the server in the middle of its work and looks at what is left.

    python3 tests/fault/run.py [--moments N] [--points N] [--pg] [--seed N] [--program PATH]

1. Mixed work: several clerks write at once (streets, roles, codes), each with an Idempotency-Key; at a
   random moment the process is killed (SIGKILL) and started again. Then: everything acknowledged is
   there, nothing is there twice, what was not acknowledged can be sent again with its key and
   happens once, and `audit verify` finds every chain and invariant whole. N moments.
2. An import: the same roster is imported again and again, the process killed at its 1st, 2nd, ... n-th
   write point (SJ_KILL_AT). Then: either nothing of it is there or all of it, the trail is whole,
   and importing once more ends in the same organisation as an import that nobody disturbed.
3. An import by the page: the server is killed at some write points between upload and last row. Then:
   what was uploaded says that it was interrupted, and is applied once more without another upload.

Ends with "N passed, N failed"; prints the seed it used.
"""
import argparse
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "http"))
from run import PASSWORD, ROOT, Failed, Server, Store, make_template  # noqa: E402

CLERKS = 4


class Clerk(threading.Thread):
    """Writes one thing after the other and remembers what was acknowledged."""

    def __init__(self, server, number, seed):
        super().__init__(daemon=True)
        self.server, self.number = server, number
        self.random = random.Random(f"{seed}/{number}")
        self.acknowledged, self.open = {}, {}  # key -> (body, id or None)
        self.cookie = self.csrf = None
        self.stopped = False

    def log_in(self):
        status, headers, reply = self.server.ask(
            "POST", "/api/session", json.dumps({"username": "office", "password": PASSWORD}),
            {"Content-Type": "application/json"})
        if status != 200:
            raise RuntimeError(f"log in: {status} {reply[:300]}")
        self.csrf = json.loads(reply)["csrf"]
        self.cookie = next(v for k, v in headers if k.lower() == "set-cookie").split(";")[0]

    def post(self, key, body):
        return self.server.ask("POST", "/api/org/streets", body, {
            "Content-Type": "application/json", "Cookie": self.cookie, "X-CSRF-Token": self.csrf,
            "Idempotency-Key": key})

    def run(self):
        count = 0
        while not self.stopped:
            count += 1
            key = f"fault-{self.number}-{self.random.getrandbits(64):x}"
            body = json.dumps({"code": key[-8:], "name": f"街道{self.number}-{count}-{key[-6:]}"},
                              ensure_ascii=False).encode()
            self.open[key] = body
            try:
                status, _, reply = self.post(key, body)
            except OSError:
                return  # killed
            except Exception:  # noqa: BLE001: a reply cut short is no reply
                return
            if status == 201:
                self.acknowledged[key] = (body, json.loads(reply)["id"])
                del self.open[key]
            elif status != 503:
                raise RuntimeError(f"{status} {reply[:300]}")


def verify(program, store):
    done = subprocess.run([program, "audit", "verify", *store.arguments], capture_output=True,
                          text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def mixed_work(program, template, options):
    """(passed, failed) over all moments; one store lives through all of them."""
    chance = random.Random(options.seed)
    store = Store(template, options.pg)
    passed = failed = written = retried = 0
    try:
        server = Server(program, store.arguments)
        known = {}
        for moment in range(options.moments):
            clerks = [Clerk(server, number, f"{options.seed}/{moment}") for number in range(CLERKS)]
            for clerk in clerks:
                clerk.log_in()
            for clerk in clerks:
                clerk.start()
            time.sleep(chance.uniform(0.005, 0.25))
            server.process.kill()
            server.process.wait()
            for clerk in clerks:
                clerk.stopped = True
                clerk.join(20)
            if options.verify_every and moment % options.verify_every == 0:
                whole, said = verify(program, store)
                if not whole:
                    print(f"FAILED moment {moment}: audit verify\n{said}")
                    failed += 1
            server.start()
            faults = []
            someone = clerks[0]
            someone.log_in()
            for clerk in clerks:
                clerk.cookie, clerk.csrf = someone.cookie, someone.csrf
                for key, (body, made) in clerk.acknowledged.items():
                    known[json.loads(body)["name"]] = made
                    written += 1
                for key, body in clerk.open.items():
                    status, _, reply = clerk.post(key, body)
                    if status != 201:
                        faults.append(f"sent again: {status} {reply[:200]}")
                        continue
                    known[json.loads(body)["name"]] = json.loads(reply)["id"]
                    retried += 1
            _, _, reply = server.ask("GET", "/api/org/streets", None, {"Cookie": someone.cookie})
            names = [row["name"] for row in json.loads(reply)["rows"]]
            by_name = {row["name"]: row["id"] for row in json.loads(reply)["rows"]}
            if len(names) != len(set(names)):
                faults.append("something is there twice")
            for name, made in known.items():
                if by_name.get(name) != made:
                    faults.append(f"acknowledged and gone: {name}")
            for fault in faults[:5]:
                print(f"FAILED moment {moment}: {fault}")
            passed += not faults
            failed += bool(faults)
        server.stop()
        whole, said = verify(program, store)
        if not whole:
            print(f"FAILED at the end: audit verify\n{said}")
        passed += whole
        failed += not whole
        print(f"mixed work: {options.moments} moments, {written} acknowledged writes, "
              f"{retried} sent again, seed {options.seed}")
    finally:
        store.remove()
    return passed, failed


def people(program, store):
    """The organisation without ids and times: what two imports have to agree on."""
    dump = subprocess.run([program, "dump", *store.arguments], capture_output=True, text=True,
                          check=True).stdout
    tables, name = {}, None
    for line in dump.splitlines():
        value = json.loads(line)
        if isinstance(value, dict):
            name = value.get("table")
        elif name in ("org_person", "org_class", "org_membership", "org_guardianship", "org_pupil"):
            tables.setdefault(name, []).append(value)
    names = sorted(row[2] for row in tables.get("org_person", []))
    return {name: len(rows) for name, rows in tables.items()}, names


def killed_imports(program, template, options, roster):
    passed = failed = 0

    def fresh():
        return Store(template, options.pg)

    def run_import(store, kill_at=None):
        environment = dict(os.environ)
        if kill_at:
            environment["SJ_KILL_AT"] = str(kill_at)
        return subprocess.run([program, "import", "roster", *store.arguments, str(roster)],
                              capture_output=True, text=True, env=environment, check=False)

    store = fresh()
    before = people(program, store)
    done = run_import(store)
    if done.returncode != 0:
        print(f"FAILED the undisturbed import: {done.stdout}{done.stderr}")
        store.remove()
        return 0, 1, None
    after = people(program, store)
    store.remove()
    point = 0
    while point < options.points:
        point += 1
        store = fresh()
        try:
            done = run_import(store, point)
            left = people(program, store)
            faults = []
            if left not in (before, after):
                faults.append(f"half an import is left: {left[0]}")
            whole, said = verify(program, store)
            if not whole:
                faults.append("audit verify: " + said)
            again = run_import(store)
            if again.returncode != 0 or people(program, store) != after:
                faults.append(f"importing again: {again.returncode} {again.stdout}{again.stderr}")
            for fault in faults:
                print(f"FAILED killed at write point {point}: {fault}")
            passed += not faults
            failed += bool(faults)
            if done.returncode == 0:
                break  # the import has fewer write points than that
        finally:
            store.remove()
    print(f"imports: killed at {point} write points")
    return passed, failed, after


class Office:
    """A page of the district office."""

    def __init__(self, server):
        self.server = server
        _, headers, reply = server.ask(
            "POST", "/api/session", json.dumps({"username": "office", "password": PASSWORD}),
            {"Content-Type": "application/json"})
        cookie = next(v for k, v in headers if k.lower() == "set-cookie").split(";")[0]
        self.headers = {"Cookie": cookie, "X-CSRF-Token": json.loads(reply)["csrf"]}

    def ask(self, method, path, body=None, kind="application/json"):
        status, _, reply = self.server.ask(method, path, body,
                                           {**self.headers, "Content-Type": kind})
        return status, json.loads(reply) if reply else {}

    def upload(self, path):
        return self.ask("POST", f"/api/org/imports?format=roster&name={path.name}",
                        path.read_bytes(), "application/octet-stream")

    def apply(self, made):
        """Until it has ended, whichever way; what the server says of it then."""
        status, said = self.ask("POST", f"/api/org/imports/{made}/apply", "{}")
        while status < 300 and said["state"] == "applying":
            time.sleep(0.01)
            status, said = self.ask("GET", f"/api/org/imports/{made}")
        return said


def interrupted_imports(program, template, options, roster, after):
    passed = failed = interrupted = 0
    for point in options.server_points:
        store = Store(template, options.pg)
        faults = []
        server = Server.unstarted(program, store.arguments)
        try:
            made = None
            try:
                server.start({"SJ_KILL_AT": str(point)})
                office = Office(server)
                status, said = office.upload(roster)
                made = said["id"] if status == 201 else None
                office.apply(made)
            except (OSError, http.client.HTTPException, Failed):
                pass  # killed, perhaps while it started
            server.process.kill()
            server.process.wait()
            server.start()
            office = Office(server)
            _, listed = office.ask("GET", "/api/org/imports")
            known = {row["id"]: row for row in listed["rows"]}
            if made and made not in known:
                faults.append("an acknowledged upload is gone")
            for made, row in known.items():
                if row["state"] == "failed":
                    interrupted += 1
                    if row["error"] != "org.import_interrupted":
                        faults.append(f"an interrupted import says {row['error']}")
                if row["state"] != "applied":
                    said = office.apply(made)
                    if said.get("state") != "applied":
                        faults.append(f"applied again: {said}")
            if not known and office.apply(office.upload(roster)[1]["id"])["state"] != "applied":
                faults.append("uploaded again: not applied")
            server.stop()
            if people(program, store) != after:
                faults.append("not the organisation of an undisturbed import")
            whole, said = verify(program, store)
            if not whole:
                faults.append("audit verify: " + said)
        finally:
            server.process.kill()
            store.remove()
        for fault in faults:
            print(f"FAILED server killed at write point {point}: {fault}")
        passed += not faults
        failed += bool(faults)
    if not interrupted:
        print("FAILED no import was interrupted in the middle: other points are wanted")
        failed += 1
    print(f"imports by the page: {len(options.server_points)} kills, {interrupted} in the middle")
    return passed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--server-points", type=lambda text: [int(n) for n in text.split(",")],
                        default=[8, 15, 20, 40, 80, 160])
    parser.add_argument("--verify-every", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--pg", action="store_true")
    parser.add_argument("--program", default=str(ROOT / "build/release/shuangjian"))
    options = parser.parse_args()
    options.pg = os.environ.get("SJ_TEST_PG") if options.pg else None
    folder = tempfile.mkdtemp(prefix="sj-fault-")
    try:
        template = make_template(options.program, options.pg, folder)
        passed, failed = mixed_work(options.program, template, options)
        roster = ROOT / "tests/fixtures/roster/40-pupils.csv"
        *counts, after = killed_imports(options.program, template, options, roster)
        passed, failed = passed + counts[0], failed + counts[1]
        counts = interrupted_imports(options.program, template, options, roster, after)
        passed, failed = passed + counts[0], failed + counts[1]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
