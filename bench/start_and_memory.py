#!/usr/bin/env python3
"""Cold start until /healthz answers 200, and memory, with a district of 20,000 pupils.

    bench/start_and_memory.py [PROGRAM] [--rounds N] [--pupils N] [--sockets N]

Cold: the files of store and program are put out of the page cache before (POSIX_FADV_DONTNEED). The
peer is nginx with an empty configuration until it answers. Memory: idle after the start; after 10 s
of 64 connections that search, list and write; and for each of 10,000 sockets that sent one request
and are kept open. Limit of the start: 1 s.
"""
import argparse
import asyncio
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, os.path.dirname(__file__))
from served import (PROGRAM, Served, cpu_of, free_port, make_demo, median, ms, private_kib, spread,  # noqa: E402
                    status_of)


def forget(path):
    """Puts a file out of the page cache."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(file)


def start_nginx(folder):
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(f"daemon off; worker_processes 1; pid {folder}/pid; error_log /dev/null;\n"
                      f"events {{}}\nhttp {{ access_log off; client_body_temp_path {folder};\n"
                      f"proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};"
                      f"scgi_temp_path {folder};\n"
                      f"server {{ listen 127.0.0.1:{port}; return 200 ok; }} }}\n", encoding="ascii")
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    forget(os.path.realpath(program))
    began = time.monotonic()
    process = subprocess.Popen([program, "-c", config, "-p", folder], stderr=subprocess.DEVNULL)
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as line:
                line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                if line.recv(100).startswith(b"HTTP/1.1 200"):
                    break
        except OSError:
            time.sleep(0.002)
    spent = time.monotonic() - began
    process.terminate()
    process.wait()
    return spent


async def load(server, seconds):
    """So many clients that each ask one thing after another; gives the number of requests."""
    end = time.monotonic() + seconds
    people = server.json("GET", "/api/org/people?kind=pupil&limit=64&q=l")["rows"]
    count = 0

    async def client(number):
        nonlocal count
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        turn = 0
        while time.monotonic() < end:
            turn += 1
            person = people[number % len(people)]["id"]
            method, target, body = [
                ("GET", "/api/org/people?limit=50&q=%E7%8E%8B", ""),
                ("GET", f"/api/org/people/{person}", ""),
                ("PATCH", f"/api/org/people/{person}", f'{{"local_no":"{turn}"}}'),
                ("GET", "/api/org/schools", "")][turn % 4]
            writer.write(f"{method} {target} HTTP/1.1\r\nHost: x\r\nCookie: {server.cookie}\r\n"
                         f"X-CSRF-Token: {server.csrf}\r\nContent-Type: application/json\r\n"
                         f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                sys.exit(f"{method} {target}: {head[:200]!r}")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            count += 1
        writer.close()

    await asyncio.gather(*(client(number) for number in range(64)))
    return count


def open_sockets(server, count):
    lines = []
    for _ in range(count):
        # From many addresses: one alone has its share of the connections.
        line = socket.create_connection(("127.0.0.1", server.port),
                                        source_address=(f"127.0.1.{len(lines) % 20 + 1}", 0))
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        if not line.recv(1000).startswith(b"HTTP/1.1 200"):
            sys.exit("a socket was turned away")
        lines.append(line)
    return lines


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program", nargs="?", type=Path, default=PROGRAM)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--pupils", type=int, default=20_000)
    arguments.add_argument("--sockets", type=int, default=10_000)
    given = arguments.parse_args()
    has_nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") is not None
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory(prefix="sj-bench-") as name:
        folder = Path(name)
        store = ["--data", folder / "data"]
        make_demo(given.program, store, "--pupils", given.pupils)
        cold, warm, peer, cpu = [], [], [], []
        for _ in range(given.rounds):
            for file in [given.program, *(folder / "data").iterdir()]:
                if Path(file).is_file():
                    forget(file)
            for times in (cold, warm):
                server = Served(given.program, store)
                times.append(server.start_s)
                cpu.append(cpu_of(server.pid))
                server.stop()
            if has_nginx:
                peer.append(start_nginx(folder))
        print(f"{given.pupils:,} pupils, {given.rounds} rounds\n\n| until /healthz answers | ms |\n|---|---|\n"
              f"| cold, limit 1,000 | {spread([t * 1e3 for t in cold], '{:.0f}')} |\n"
              f"| files in the page cache | {spread([t * 1e3 for t in warm], '{:.0f}')} |\n"
              f"| CPU of either | {spread([t * 1e3 for t in cpu], '{:.0f}')} |")
        if peer:
            print(f"| nginx, cold | {spread([t * 1e3 for t in peer], '{:.0f}')} |\n"
                  f"| cold / nginx | {spread([a / b for a, b in zip(cold, peer)])} |")
        memory(given, store)
    return 0 if median(cold) <= 1 else 1


def memory(given, store):
    server = Served(given.program, store)
    try:
        server.log_in("clerk1")
        time.sleep(1)
        rows = [("idle", status_of(server.pid, "VmRSS"), private_kib(server.pid))]
        asked = asyncio.run(load(server, 10))
        rows.append((f"after {asked:,} requests of 64 clients", status_of(server.pid, "VmRSS"),
                     private_kib(server.pid)))
        lines = open_sockets(server, given.sockets)
        rows.append((f"with {given.sockets:,} idle sockets", status_of(server.pid, "VmRSS"),
                     private_kib(server.pid)))
        for line in lines:
            line.close()
        time.sleep(1)
        rows.append(("after they closed", status_of(server.pid, "VmRSS"), private_kib(server.pid)))
        print("\n| memory | resident MiB | of it private |\n|---|---|---|")
        for title, resident, private in rows:
            print(f"| {title} | {resident / 1024:.0f} | {private / 1024:.0f} |")
        each = (rows[2][2] - rows[1][2]) * 1024 / given.sockets
        print(f"\n{each:,.0f} bytes a socket in the process; 10,000 take {each * 10_000 / 2**20:.0f} MiB "
              f"beside what the kernel keeps for them")
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
