#!/usr/bin/env python3
"""Load on a service of its own: 50 clients that read while interviews are uploaded and evaluated. Standard library only.

    tests/load.py [--binary target/release/earmark] [--clients 50] [--uploads 100] [--workers 1] [--waiting 0]

Prints, as JSON: reads' p50 and p99 while evaluations run, uploads' p50 and p99 until they are accepted, evaluations in a
minute with and without the readers, the bare command's for the same interviews, and memory. `--waiting N` has N more
small interviews evaluated, and prints memory along the way.
"""

import argparse
import http.client
import json
import os
import random
import re
import subprocess
import tempfile
import threading
import time

INTERVIEW = "examples/backend-interview.vtt"
RUBRIC = "rubrics/backend-developer.toml"


class Client:
    def __init__(self, address, token=None):
        self.connection = http.client.HTTPConnection(address, timeout=120)
        self.headers = {"authorization": f"Bearer {token}"} if token else {}

    def send(self, method, path, body=None, headers=()):
        began = time.perf_counter()
        self.connection.request(method, path, body, {**self.headers, **dict(headers)})
        answer = self.connection.getresponse()
        content = answer.read()
        return answer, content, (time.perf_counter() - began) * 1e3

    def json(self, method, path, value=None, headers=()):
        body = None if value is None else json.dumps(value)
        answer, content, _ = self.send(method, path, body, {"content-type": "application/json", **dict(headers)})
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {content.decode()}")
        return answer, json.loads(content) if content else None


class Service:
    def __init__(self, binary, database, workers):
        environment = {**os.environ, "EARMARK_LONGEST_QUEUE": "1000000", "EARMARK_WORKERS": str(workers),
                       "EARMARK_LOG": "json"}
        command = [binary, "serve", "--listen", "127.0.0.1:0", "--database", database]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        secret = None
        for line in self.process.stderr:
            if found := re.match(r"Earmark listens on http://(\S+)", line):
                self.address = found[1]
            if found := re.search(r"/setup#(\S+)", line):
                secret = found[1]
                break
        threading.Thread(target=lambda: [None for _ in self.process.stderr], daemon=True).start()
        nobody = Client(self.address)
        who = {"email": "admin@example.org", "password": "correct horse battery"}
        nobody.json("POST", "/api/v1/setup", {"secret": secret, "name": "Admin", **who})
        answer, session = nobody.json("POST", "/api/v1/session", who)
        headers = {"cookie": answer.getheader("set-cookie").split(";")[0], "x-csrf-token": session["csrf_token"]}
        scopes = {"name": "load", "scopes": ["read", "write", "people", "audit"], "days": 1}
        self.token = nobody.json("POST", "/api/v1/tokens", scopes, headers)[1]["secret"]

    def client(self):
        return Client(self.address, self.token)

    def memory(self):
        """Resident memory in MiB, without what the files of the database put into the page cache."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024


def quantile(values, share):
    values = sorted(values)
    return round(values[min(len(values) - 1, int(share * len(values)))], 2) if values else None


def upload(client, number, transcript, rubric="backend-developer"):
    path = f"/api/v1/interviews?rubric={rubric}&title=Interview%20{number}"
    answer, content, took = client.send("POST", path, transcript, {"content-type": "application/octet-stream"})
    if answer.status != 202:
        raise SystemExit(f"upload: {answer.status} {content.decode()}")
    return json.loads(content)["id"], took


def until_done(client):
    while True:
        waiting = [client.json("GET", f"/api/v1/jobs?state={state}")[1] for state in ("queued", "running")]
        if not any(waiting):
            return
        time.sleep(0.2)


def readers(service, ids, count, over):
    """Clients that read something at random, then wait for a tenth of a second on average, as people do not but pages may."""
    times, failures = [], []

    def read(seed):
        chance, client = random.Random(seed), service.client()
        while not over.is_set():
            one = chance.choice(ids)
            path = chance.choice([
                "/api/v1/interviews?size=50", f"/api/v1/interviews/{one}", f"/api/v1/interviews/{one}/evaluations",
                f"/api/v1/interviews/{one}/transcript", "/api/v1/rubrics", "/api/v1/interviews?status=evaluated&size=50",
            ])
            answer, _, took = client.send("GET", path)
            (times if answer.status == 200 else failures).append(took)
            over.wait(chance.expovariate(10))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(count)]
    for thread in threads:
        thread.start()
    return threads, times, failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default="target/release/earmark")
    parser.add_argument("--database")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--uploads", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--waiting", type=int, default=0)
    arguments = parser.parse_args()
    folder = tempfile.TemporaryDirectory()
    service = Service(arguments.binary, arguments.database or f"sqlite:{folder.name}/earmark.db", arguments.workers)
    client, out = service.client(), {}
    with open(RUBRIC, "rb") as rubric:
        client.send("POST", "/api/v1/rubrics", rubric.read(), {"content-type": "application/toml"})
    with open(INTERVIEW, "rb") as file:
        transcript = file.read()

    upload(client, 0, transcript)
    until_done(client)
    # Every other interview differs, so that nothing could be taken from the one before.
    began = time.perf_counter()
    for number in range(arguments.uploads):
        upload(client, number, transcript)
    until_done(client)
    alone = time.perf_counter() - began
    out["evaluations a minute, nobody reads"] = round(arguments.uploads / alone * 60, 1)

    bare = [arguments.binary, "evaluate", INTERVIEW, "--rubric", RUBRIC, "--format", "json"]
    began = time.perf_counter()
    for _ in range(10):
        subprocess.run(bare, check=True, capture_output=True)
    out["evaluations a minute, the bare command"] = round(10 / (time.perf_counter() - began) * 60, 1)

    ids = [one["id"] for one in client.json("GET", "/api/v1/interviews?size=100")[1]["items"]]
    over = threading.Event()
    threads, times, failures = readers(service, ids, arguments.clients, over)
    uploads, began = [], time.perf_counter()
    for number in range(arguments.uploads):
        uploads.append(upload(client, number, transcript)[1])
    until_done(client)
    busy = time.perf_counter() - began
    over.set()
    for thread in threads:
        thread.join()
    out["evaluations a minute, while clients read"] = round(arguments.uploads / busy * 60, 1)
    out["reads"], out["reads a second"], out["reads refused"] = len(times), round(len(times) / busy), len(failures)
    out["reads p50 ms"], out["reads p99 ms"] = quantile(times, 0.5), quantile(times, 0.99)
    out["upload p50 ms"], out["upload p99 ms"] = quantile(uploads, 0.5), quantile(uploads, 0.99)
    out["memory MiB"] = [(2 * arguments.uploads + 1, service.memory())]
    for number in range(arguments.waiting):
        # A rubric of one question: as many interviews as fit, evaluated as quickly as can be.
        if number == 0:
            client.send("POST", "/api/v1/rubrics", SMALL.encode(), {"content-type": "application/toml"})
        upload(client, number, SAID.encode(), "one")
        if number % 500 == 499:
            until_done(client)
            out["memory MiB"].append((2 * arguments.uploads + 2 + number, service.memory()))
    service.process.terminate()
    service.process.wait()
    print(json.dumps(out, indent=1))


SMALL = """id = "one"
title = "One"
version = "1.0.0"
language = "en"
[[questions]]
id = "tests"
kind = "technical"
ask = "How do you test your code?"
ideal_answers = ["I write unit tests for every change."]
  [[questions.listen_for]]
  id = "writes-tests"
  text = "Writes automated tests"
"""
SAID = """Ines: How do you test your code?
Dana: I write unit tests for every change before I commit. The tests run on every push.
"""

if __name__ == "__main__":
    main()
