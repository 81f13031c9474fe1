#!/usr/bin/env python3
"""Many at once, and those who want to shut the others out: the whole server, as they meet it.

    python3 tests/http/crowds.py [--program PATH] [--only WORD]

Everything stays on this machine's own addresses and is bounded in number. Ends with "N passed, N failed".
"""
import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, os.path.dirname(__file__))
from contracts import Checks, Place  # noqa: E402
from run import PASSWORD, ROOT, Server  # noqa: E402

DEMO = ["--schools", "3", "--pupils", "150", "--on", "2026-10-12"]
JSON = {"Content-Type": "application/json"}
STAFF = ["admin", "office", "auditor", "data", "principal1", "clerk1", "teacher1", "clerk2", "teacher2"]


def login_body(username, password=PASSWORD):
    return json.dumps({"username": username, "password": password}).encode()


def resident_mb(server):
    text = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf8")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def connect_from(address, port):
    """A connection from one of this machine's addresses (127.0.0.2 and so on)."""
    made = socket.socket()
    made.settimeout(60)
    made.bind((address, 0))
    made.connect(("127.0.0.1", port))
    return made


def status_of(connection):
    """The status of the next reply; 0 when there is none."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(connection.recv(4096).split()[1])
    return 0


class Crowds:
    def __init__(self, program, root):
        self.program, self.root, self.checks = program, root, Checks()
        self.place = Place(root, None)
        subprocess.run([program, "demo", *DEMO, *self.place.arguments], check=True,
                       capture_output=True)

    @contextlib.contextmanager
    def server(self, *more):
        server = Server(self.program, [*self.place.arguments, *more])
        try:
            yield server
        finally:
            server.stop()

    def refused(self, *arguments):
        done = subprocess.run([self.program, "serve", *self.place.arguments, *arguments],
                              capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stderr

    def says_how_it_is_reached(self):
        for arguments, code in [
                (["--listen", "0.0.0.0:0"], "app.base_url_needed"),
                (["--listen", "127.0.0.1:0", "--proxy", "127.0.0.1"], "app.base_url_needed"),
                (["--listen", "127.0.0.1:0", "--base-url", "sj.example.cn"], "app.bad_base_url"),
                (["--listen", "127.0.0.1:0", "--base-url", "https://sj.example.cn/x"],
                 "app.bad_base_url"),
                (["--listen", "127.0.0.1:0", "--base-url", "https://a", "--proxy", "a proxy"],
                 "http.bad_network")]:
            status, said = self.refused(*arguments)
            self.checks.that(status == 2 and code in said, " ".join(arguments), (status, said))

    def knows_who_stands_behind_a_proxy(self):
        token = Path(self.root) / "token"
        token.write_text("0123456789abcdef\n", encoding="utf8")
        with self.server("--base-url", "https://sj.example.cn", "--proxy", "127.0.0.0/8",
                         "--metrics-token", str(token)) as server:
            status, headers, _ = server.ask("POST", "/api/session", login_body("clerk1"), JSON)
            cookie = next((v for k, v in headers if k == "Set-Cookie" and "-known" not in v), "")
            self.checks.that(status == 200 and cookie.startswith("__Host-sj=")
                             and cookie.endswith("; Secure"), "an https site has a Secure cookie",
                             cookie)
            self.checks.that(server.ask("GET", "/metrics", None, {})[0] == 403, "figures are kept")
            bearer = {"Authorization": "Bearer 0123456789abcdef"}
            self.checks.that(server.ask("GET", "/metrics", None, bearer)[0] == 200,
                             "figures for the token")
            # One address guesses until it is told to wait; others are not.
            def guess(sender):
                return server.ask("POST", "/api/session", login_body("nobody", "wrong-wrong"),
                                  {**JSON, "X-Forwarded-For": f"8.8.8.8, {sender}"})[0]
            for _ in range(60):
                if guess("9.9.9.9") == 429:
                    break
            self.checks.that(guess("9.9.9.9") == 429, "an address that guesses has to wait")
            status, _, _ = server.ask("POST", "/api/session", login_body("clerk1"),
                                      {**JSON, "X-Forwarded-For": "7.7.7.7"})
            self.checks.that(status == 200, "and nobody else", status)

    def reads_no_large_body_of_nobody(self):
        with self.server() as server:
            before = resident_mb(server)
            senders = []
            for _ in range(9):
                sender = connect_from("127.0.0.1", server.port)
                sender.sendall(b"POST /api/org/imports?format=roster HTTP/1.1\r\nHost: a\r\n"
                               b"Content-Length: 90000000\r\n\r\n" + b"x" * 200_000)
                senders.append(sender)
            statuses = [status_of(sender) for sender in senders]
            self.checks.that(statuses == [401] * 9, "nobody's body is not read", statuses)
            more = resident_mb(server) - before
            self.checks.that(more < 40, "nor held", f"{more:.0f} MB more")
            status, _, _ = server.ask("POST", "/api/session", login_body("clerk1"), JSON)
            self.checks.that(status == 200, "and logins go on", status)
            for sender in senders:
                sender.close()

    def lets_in_who_comes_through_a_silent_crowd(self):
        with self.server() as server:
            silent = [connect_from("127.0.0.2", server.port) for _ in range(4_200)]
            for address in ("127.0.0.2", "127.0.0.3"):
                visitor = connect_from(address, server.port)
                visitor.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                self.checks.that(status_of(visitor) == 200, f"{address} is answered")
                visitor.close()
            silent[0].settimeout(5)
            self.checks.that(silent[0].recv(1) == b"", "whoever waited longest has gone")
            for one in silent:
                one.close()

    def lets_in_who_comes_through_half_sent_bodies(self):
        """Few files, and one address that sends one byte of each body and then the rest of its life."""
        few = Path(self.root) / "few.sh"
        few.write_text(f'#!/bin/sh\nulimit -n 1200\nexec {self.program} "$@"\n', encoding="utf8")
        few.chmod(0o755)
        server = Server(str(few), self.place.arguments)
        try:
            held, slowest, statuses = [], 0.0, []
            for number in range(1_100):
                one = connect_from("127.0.0.2", server.port)
                one.sendall(b"POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                            b"Content-Length: 60000\r\n\r\n{")
                held.append(one)
                if number % 50:
                    continue
                began = time.monotonic()
                visitor = connect_from("127.0.0.3", server.port)
                visitor.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                statuses.append(status_of(visitor))
                visitor.close()
                slowest = max(slowest, time.monotonic() - began)
            self.checks.that(set(statuses) == {200} and slowest < 2, "others are answered at once",
                             (statuses, slowest))
            print(f"through 1,100 half-sent bodies of one address: answered within {slowest:.2f} s")
            opened = int(next(line for line in server.ask("GET", "/metrics", None, {})[2].decode().splitlines()
                              if line.startswith("shuangjian_http_connections ")).split()[1])
            self.checks.that(opened < 200, "one address holds a quarter at most", opened)
            for one in held:
                one.close()
        finally:
            server.stop()

    def lets_in_whoever_knows_through_a_flood_of_guesses(self):
        """2,000 wrong codes and logins in a minute, from forty addresses: the district goes on."""
        with self.server("--base-url", "https://sj.example.cn", "--proxy", "127.0.0.0/8") as server:
            now = {**JSON, "X-Test-Now": "2026-10-12T09:00:00+08:00"}

            def ask(path, body, sender, more=None):
                status, headers, content = server.ask(
                    "POST", path, json.dumps(body).encode(),
                    {**now, "X-Forwarded-For": sender, **(more or {})})
                return status, headers, json.loads(content or b"{}")

            def signed_in(status, headers, content):
                cookie = next(v.split(";")[0] for k, v in headers
                              if k == "Set-Cookie" and v.startswith("__Host-sj="))
                return {"Cookie": cookie, "X-CSRF-Token": content["csrf"]}
            clerk = signed_in(*ask("/api/session", {"username": "clerk1", "password": PASSWORD},
                                   "1.1.1.1"))

            def get(path):
                return json.loads(server.ask("GET", path, None, {**now, **clerk})[2])
            school = get("/api/org/schools")["rows"][0]["id"]
            group = get(f"/api/org/schools/{school}/classes")["rows"][0]["id"]
            cards = ask(f"/api/org/classes/{group}/invitations", {}, "1.1.1.1", clerk)[2]["rows"]
            born = {row["id"]: row["birth_day"]
                    for row in get(f"/api/org/classes/{group}/pupils")["rows"]}
            seen = set()
            for number in range(2_000):
                sender = f"9.9.9.{number % 40}"
                if number % 2:
                    seen.add(ask("/api/join/look", {"code": "ABCDEFGH"}, sender)[0])
                else:
                    seen.add(ask("/api/session", {"username": f"ghost{number % 50}",
                                                  "password": "wrong"}, sender)[0])
            self.checks.that(seen == {401, 404, 429}, "guesses are slowed down", seen)

            def join(card, sender, **other):
                return ask("/api/join", {"code": card["code"], "birth_day": born[card["pupil_id"]],
                                         "relation": "mother", "name": "王小明", **other}, sender)
            status, _, _ = join(cards[0], "2.2.2.2")
            self.checks.that(status == 201, "an honest family joins", status)
            flooded = [f"9.9.9.{number}" for number in (1, 2)]
            for _ in range(60):
                ask("/api/join/look", {"code": "ABCDEFGH"}, flooded[0])
            told = [ask("/api/join/look", {"code": cards[1]["code"]}, flooded[0]),
                    join(cards[1], flooded[0], birth_day="1999-01-01"),
                    join({**cards[1], "code": "ABCDEFGH"}, flooded[0])]
            self.checks.that({one[0] for one in told} == {429}
                             and len({one[2]["code"] for one in told}) == 1,
                             "who guesses too much learns nothing more", told)
            status, _, _ = join(cards[1], flooded[0])
            self.checks.that(status == 201, "and behind the same address a family joins", status)
            for _ in range(60):
                ask("/api/session", {"username": "ghost", "password": "wrong"}, flooded[1])
            for sender in ("2.2.2.2", flooded[1]):
                status, _, _ = ask("/api/session", {"username": "teacher1", "password": PASSWORD},
                                   sender)
                self.checks.that(status == 200, f"a teacher logs in on a new device at {sender}",
                                 status)

    def says_the_same_of_names_that_exist_and_of_others(self):
        """Status, code, Retry-After and about the time, whatever is tried and from wherever."""
        with self.server("--base-url", "https://sj.example.cn", "--proxy", "127.0.0.0/8") as server:
            def ask(method, path, body, sender, more=None):
                return server.ask(method, path, json.dumps(body).encode(), {
                    **JSON, "X-Test-Now": "2026-10-12T09:00:00+08:00", "X-Forwarded-For": sender,
                    **(more or {})})

            def tell(name, sender):
                began = time.monotonic()
                status, headers, content = ask("POST", "/api/session",
                                               {"username": name, "password": "wrong"}, sender)
                took.setdefault(name, []).append(time.monotonic() - began)
                problem = json.loads(content)
                problem.pop("request")
                return status, dict(headers).get("Retry-After"), problem
            took = {}
            _, headers, content = ask("POST", "/api/session",
                                      {"username": "admin", "password": PASSWORD}, "1.1.1.1")
            admin = {"Cookie": next(v.split(";")[0] for k, v in headers
                                    if k == "Set-Cookie" and v.startswith("__Host-sj=")),
                     "X-CSRF-Token": json.loads(content)["csrf"]}
            rows = json.loads(ask("GET", "/api/org/accounts", {}, "1.1.1.1", admin)[2])["rows"]
            disabled = next(row["id"] for row in rows if row["username"] == "principal2")
            done, _, _ = ask("POST", f"/api/org/accounts/{disabled}/disable", {},
                             "1.1.1.1", admin)
            self.checks.that(done == 204, "an account is disabled", done)
            names = ["clerk2", "nobody", "principal2"]
            # The owner was wrong once, elsewhere; then somebody tries from an address that guesses.
            tell("clerk2", "1.1.1.2")
            for number in range(60):
                tell(f"ghost{number}", "6.6.6.6")
            for sender in ("6.6.6.6", "6.6.6.7"):
                told = [[tell(name, sender) for _ in range(8)] for name in names]
                self.checks.that(told[0] == told[1] == told[2], f"names are told apart at {sender}",
                                 told)
            for name in names:
                took[name] = []
                for number in range(20):
                    tell(name, f"6.6.7.{number}")
            middle = [statistics.median(took[name]) for name in names]
            self.checks.that(max(middle) < 1.5 * min(middle), "names are told apart by time", middle)

    def lets_in_known_devices_through_a_flood_of_logins(self):
        """300 wrong logins at once, each for another name and from another address."""
        with self.server() as server:
            status, headers, _ = server.ask("POST", "/api/session", login_body("teacher1"), JSON)
            device = next(v.split(";")[0] for k, v in headers if "sj-known=" in v)
            self.checks.that(status == 200, "a device becomes known", status)

            def request(body, more=""):
                return (f"POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{more}"
                        f"Content-Length: {len(body)}\r\n\r\n").encode() + body
            flood = []
            for number in range(600):
                one = connect_from(f"127.0.{3 + number // 200}.{number % 200 + 1}", server.port)
                one.sendall(request(login_body(f"nobody{number}", "wrong-wrong")))
                flood.append(one)
            statuses, slowest = [], 0.0
            for number in range(10):
                began = time.monotonic()
                with connect_from("127.0.9.9", server.port) as line:
                    line.sendall(request(login_body("teacher1"), f"Cookie: {device}\r\n"))
                    statuses.append(status_of(line))
                slowest = max(slowest, time.monotonic() - began)
            self.checks.that(set(statuses) == {200} and slowest < 5, "a known device gets in",
                             (statuses, slowest))
            with connect_from("127.0.9.8", server.port) as line:
                line.sendall(request(login_body("clerk1"), f"Cookie: {device}\r\n"))
                told = status_of(line)
            wrong = [status_of(one) for one in flood]
            print(f"through 600 wrong logins of as many addresses: a known device within {slowest:.2f} s; "
                  f"{wrong.count(429)} were told to wait")
            self.checks.that(set(wrong) <= {401, 429} and told in (200, 429),
                             "strangers are answered or told to wait", (sorted(set(wrong)), told))
            for one in flood:
                one.close()

    def passes_a_morning_at_eight(self):
        """150 right logins at once, of many schools and of one, while a file is being read."""
        with self.server() as server:
            took, statuses, lock = [], [], threading.Lock()

            def log_in(number):
                began = time.monotonic()
                with connect_from(f"127.0.1.{number % 5 + 1}", server.port) as line:
                    body = login_body(STAFF[number % len(STAFF)])
                    line.sendall(b"POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Type: "
                                 b"application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                                 + body)
                    status = status_of(line)
                with lock:
                    statuses.append(status)
                    took.append(time.monotonic() - began)
            threads = [threading.Thread(target=log_in, args=(number,)) for number in range(150)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            took.sort()
            print(f"150 logins at once: median {statistics.median(took):.2f} s, "
                  f"99 of 100 within {took[148]:.2f} s")
            self.checks.that(statuses == [200] * 150, "every one of them is let in",
                             sorted(set(statuses)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=str(ROOT / "build" / "release" / "shuangjian"))
    parser.add_argument("--only", default="", help="the parts whose name has this")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sj-crowds-") as root:
        crowds = Crowds(os.path.abspath(arguments.program), root)
        for name, check in list(vars(Crowds).items()):
            is_part = name.startswith(("says_", "knows_", "reads_", "lets_", "passes_"))
            if is_part and arguments.only in name:
                check(crowds)
    print(f"{crowds.checks.passed} passed, {crowds.checks.failed} failed")
    return 1 if crowds.checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
