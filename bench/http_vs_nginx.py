#!/usr/bin/env python3
"""The server beside nginx: a health check, a list of 60 rows and a small write, with and without TLS.

    bench/http_vs_nginx.py [PROGRAM] [--rounds N] [--seconds S] [--connections N] [--only NAME]

nginx (one process, access log off, open files cached) serves a static file with as many bytes as our
reply has. Servers run on core 0, wrk with one thread on core 1; certificates are ECDSA P-256. The
rounds are interleaved: ours, nginx, ours with TLS, nginx with TLS. A write changes a pupil's number
in the class: row, audit entry, event and history in one unit, answered after the disk has it; nginx
beside it only reads. Ratios of requests a second and of CPU a request are within each round, medians
over the rounds. Needs nginx and wrk.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, os.path.dirname(__file__))
from served import (PROGRAM, Served, cpu_of, free_port, make_demo, median, need,  # noqa: E402
                    run, spread)

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
WRITES = """
local count = %d
request = function()
  count = count + 1
  return wrk.format("PATCH", nil, nil, string.format('{"local_no":"%%d"}', count))
end
local bad = 0
response = function(status) if status ~= 200 then bad = bad + 1 end end
"""


class Nginx:
    def __init__(self, folder, tls, core=0):
        self.port, self.tls_port = free_port(), free_port()
        self.files = folder / "files"
        self.files.mkdir()
        os.chmod(folder, 0o755)  # its process is another user's
        config = folder / "nginx.conf"
        config.write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000;
  open_file_cache max=100 inactive=1h; open_file_cache_valid 1h; etag on;
  default_type application/json; root {self.files};
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]}; ssl_protocols TLSv1.3;
  server {{ listen 127.0.0.1:{self.port} backlog=4096; }}
  server {{ listen 127.0.0.1:{self.tls_port} ssl backlog=4096; }}
}}
""", encoding="ascii")
        self.process = subprocess.Popen(["taskset", "-c", str(core), "nginx", "-c", config, "-p", folder],
                                        env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
            if children.strip() and (folder / "nginx.pid").exists():
                break
            if self.process.poll() is not None:
                sys.exit("nginx did not start")
            time.sleep(0.01)
        self.pid = int(children.split()[0])

    def put(self, name, size):
        (self.files / name).write_bytes(b"x" * size)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def wrk(url, given, headers=(), script=None):
    """Requests a second, p50 and p99 in seconds, requests."""
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{given.connections}", f"-d{given.seconds}s",
               "--latency", *[part for header in headers for part in ("-H", header)]]
    if script:
        command += ["-s", script]
    _, _, text = run([*command, url])
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{url}: {text}")

    def latency(part):
        found = re.search(rf"^\s+{part}%\s+([\d.]+)(us|ms|s|m)$", text, re.M)
        if not found:
            sys.exit(f"{url}: {text}")
        number, unit = found.groups()
        return float(number) * UNITS[unit]

    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), "p50": latency(50),
            "p99": latency(99), "count": int(re.search(r"(\d+) requests in", text)[1])}


def measured(pid, *arguments, **options):
    for _ in range(5):  # on a machine that is busy elsewhere a second may pass without a reply
        before = cpu_of(pid)
        result = wrk(*arguments, **options)
        if result["count"]:
            break
    result["cpu"] = (cpu_of(pid) - before) / result["count"]
    return result


def micro(values):
    return f"{median(values) * 1e6:.1f}"


def milli(values):
    return f"{median(values) * 1e3:.2f}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program", nargs="?", type=Path, default=PROGRAM)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=1)
    arguments.add_argument("--connections", type=int, default=64)
    arguments.add_argument("--only", default="", help="cases with this in their name")
    given = arguments.parse_args()
    need("nginx", "wrk", "taskset", "openssl")
    with tempfile.TemporaryDirectory(prefix="sj-bench-") as name:
        folder = Path(name)
        tls = [folder / "cert.pem", folder / "key.pem"]
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", "/CN=localhost", "-days", "2", "-keyout", tls[1], "-out", tls[0]])
        servers = []
        try:
            (folder / "nginx").mkdir()
            nginx = Nginx(folder / "nginx", tls)
            servers.append(nginx)
            compare(given, folder, nginx, tls, servers)
        finally:
            for server in servers:
                server.stop()


def compare(given, folder, nginx, tls, servers):
    ours = {}
    # A school's clerk writes; the district's office, which sees everybody, asks for the list.
    for kind in ("plain", "TLS"):
        store = ["--data", folder / kind]
        make_demo(given.program, store, "--pupils", "2000")
        ours[kind] = Served(given.program, store, core=0, tls=tls if kind == "TLS" else None)
        servers.append(ours[kind])
    cases = {"health check": ("GET", "/healthz"),
             "list of 60 people": ("GET", "/api/org/people?kind=pupil&limit=60&q=%E5%BC%A0"),
             "write": ("PATCH", None)}
    print(f"{given.connections} connections, {given.rounds} rounds of {given.seconds} s\n\n"
          "| request, bytes of the reply | | ours /s | nginx /s | ours / nginx (rounds) "
          "| p50 ms, ours : nginx | p99 ms, ours : nginx | CPU us a request, ours : nginx | ratio "
          "|\n|---|---|---|---|---|---|---|---|---|")
    for title, (method, target) in cases.items():
        if given.only not in title:
            continue
        where, scripts, size = {}, {}, 0
        for kind, server in ours.items():
            server.log_in("clerk1" if target is None else "office")
            where[kind] = target
            if target is None:
                people = server.json("GET", cases["list of 60 people"][1])["rows"]
                where[kind] = f"/api/org/people/{people[0]['id']}"
                scripts[kind] = folder / f"{kind}.lua"
            status, _, body = server.ask(method, where[kind],
                                         None if method == "GET" else json.dumps({"local_no": "1"}))
            if status != 200:
                sys.exit(f"{method} {where[kind]}: {status} {body[:300]!r}")
            size = len(body)
        if "60" in title and body.count(b'"kind":"pupil"') != 60:
            sys.exit("the list has not 60 rows")
        nginx.put("reply", size)
        rounds = {(who, kind): [] for kind in ours for who in ("ours", "nginx")}
        groups = {}
        for number in range(given.rounds + 1):  # the first is to warm up
            for kind, server in ours.items():
                headers = [f"Cookie: {server.cookie}", f"X-CSRF-Token: {server.csrf}",
                           "Content-Type: application/json"]
                if kind in scripts:
                    scripts[kind].write_text(WRITES % (number * 10_000_000 + 1), encoding="ascii")
                before = [server.metric(f"shuangjian_desk_{what}_total") for what in
                          ("units", "groups", "commit_microseconds")]
                one = measured(server.pid, server.url + where[kind], given,
                               headers if target != "/healthz" else [], scripts.get(kind))
                after = [server.metric(f"shuangjian_desk_{what}_total") for what in
                         ("units", "groups", "commit_microseconds")]
                scheme, port = ("http", nginx.port) if kind == "plain" else ("https", nginx.tls_port)
                peer = measured(nginx.pid, f"{scheme}://127.0.0.1:{port}/reply", given)
                if number == 0:
                    continue
                rounds["ours", kind].append(one)
                rounds["nginx", kind].append(peer)
                groups.setdefault(kind, []).append([b - a for a, b in zip(before, after)])
        for kind in ours:
            one, peer = rounds["ours", kind], rounds["nginx", kind]

            def of(rows, field):
                return [row[field] for row in rows]

            def ratios(field):
                return [a[field] / b[field] for a, b in zip(one, peer)]

            print(f"| {title}, {size:,} | {kind} | {median(of(one, 'rate')):,.0f} "
                  f"| {median(of(peer, 'rate')):,.0f} | **{median(ratios('rate')):.2f}** "
                  f"({min(ratios('rate')):.2f} to {max(ratios('rate')):.2f}) "
                  f"| {milli(of(one, 'p50'))} : {milli(of(peer, 'p50'))} "
                  f"| {milli(of(one, 'p99'))} : {milli(of(peer, 'p99'))} "
                  f"| {micro(of(one, 'cpu'))} : {micro(of(peer, 'cpu'))} "
                  f"| {spread(ratios('cpu'), '{:.1f}')} |", flush=True)
        if target is None:
            for kind, rows in groups.items():
                units, commits, spent = (sum(column) for column in zip(*rows))
                print(f"\n{kind}: {units / commits:.0f} writes in a commit, "
                      f"{spent / commits / 1000:.2f} ms a commit, commits take "
                      f"{spent / 1e4 / given.rounds / given.seconds:.0f} % of the time")


if __name__ == "__main__":
    main()
