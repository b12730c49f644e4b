"""Requests that schemathesis makes of the server's own description, and what comes of them."""

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode

import hostile
import rules
import server

# Their answers have no end; the first of each is looked at by itself.
ENDLESS = "GET /v1/hansa/events"
MONITOR = "GET /v1/agent/monitor"

EACH = 4  # requests of one kind to one operation, before the next has its turn
MOST_SHOWN = 40
SHORT_WAIT = "20ms"
URL = re.compile(r"(?i)^\s*(https?)://")
PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)")
SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}


def at_home(value, name=""):
    """The targets of checks turned to this machine: the server really asks them."""
    if isinstance(value, dict):
        return {key: at_home(each, key.lower().replace("_", "")) for key, each in value.items()}
    if isinstance(value, list):
        return [at_home(each, name) for each in value]
    if isinstance(value, str) and name == "http" and URL.match(value):
        return f"{URL.match(value).group(1)}://{server.HOST}:1/"
    if isinstance(value, str) and name in ("tcp", "grpc") and ":" in value:
        return f"{server.HOST}:1"
    return value


IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@schemathesis.serializer("application/hcl")
def as_text(_context, value):
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


def hcl(entry):
    """An entry as Consul's users write it; values of JSON are values of HCL."""
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in entry.items())


# What a request may show: mostly what may do everything, so that it comes further than to the door.
SHOWN = [
    ({"X-Consul-Token": server.TOKEN}, 75),
    ({"Authorization": f"bearer {server.TOKEN}"}, 5),
    ({}, 12),
    ({"X-Consul-Token": "6f1d0c1e-2b7a-4f53-9d0e-0d5c1a2b3c4e"}, 2),
    ({"X-Consul-Token": "\"><svg onload=alert(1)>%n%00'" + "x" * 3000}, 2),
    ({"Authorization": "Bearer"}, 2),
    ({"Authorization": "Basic " + "=" * 300}, 2),
]


def is_long(wait):
    """Without a time, or with none, a reader waits for minutes."""
    return not 0 < sum(float(number) * SECONDS[unit] for number, unit in PART.findall(wait)) <= 0.1


class Run:
    def __init__(self, document, options):
        self.document = document
        self.options = options
        self.rules = rules.Rules(document)
        self.chance = random.Random(options.seed)
        self.session = requests.Session()
        self.session.trust_env = False
        self.sent = 0
        self.slowest = 0.0
        self.statuses = Counter()
        self.each = Counter()
        self.operations = []
        self.faults = {}
        self.deadline = time.monotonic() + options.seconds

    def is_over(self):
        return self.sent >= self.options.requests or time.monotonic() > self.deadline

    def go(self):
        schema = schemathesis.openapi.from_dict(self.document)
        operations = [one.ok() for one in schema.get_all_operations()]
        operations = [one for one in operations if f"{one.method.upper()} {one.path}" not in (ENDLESS, MONITOR)]
        if self.options.only:
            operations = [one for one in operations if f"{one.method.upper()} {one.path}" == self.options.only]
        self.operations = [f"{one.method.upper()} {one.path}" for one in operations]
        turn = 0
        while not self.is_over():
            for operation in operations:
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    if not self.is_over():
                        self.some(operation, mode, self.options.seed + turn)
            turn += 1

    def some(self, operation, mode, seed):
        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=EACH, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            if not self.is_over():
                self.ask(operation, case)

        try:
            ask()
        except (hypothesis.errors.Unsatisfiable, hypothesis.errors.InvalidArgument):
            pass  # some operations have no request that is not as they say
        except schemathesis.errors.SchemathesisError:
            pass

    def prepare(self, operation, case):
        for part in (case.path_parameters, case.query):
            for name in list(part or {}):
                known = server.KNOWN.get(name)
                # another datacenter is refused before anything is looked at
                if known and self.chance.random() < (0.95 if name == "dc" else 0.5):
                    part[name] = self.chance.choice(known)
        names = {parameter.name for parameter in operation.query}
        if "wait" in names:
            query = dict(case.query or {})
            given = query.get("wait")
            first = given[0] if isinstance(given, list) and given else given
            if first is None or not isinstance(first, str) or is_long(first):
                query["wait"] = SHORT_WAIT
            case.query = query
        if isinstance(case.body, (dict, list)):
            case.body = at_home(case.body)
        if operation.path == "/v1/config" and isinstance(case.body, dict) and self.chance.random() < 0.3:
            if all(IDENTIFIER.fullmatch(name) for name in case.body):
                case.media_type = "application/hcl"
                case.body = hcl(case.body)

    def shown(self):
        if self.options.open:
            return {}
        return self.chance.choices([headers for headers, _ in SHOWN], [weight for _, weight in SHOWN])[0]

    def ask(self, operation, case):
        self.prepare(operation, case)
        name = f"{operation.method.upper()} {operation.path}"
        started = time.monotonic()
        try:
            response = case.call(base_url=server.BASE, session=self.session, headers=self.shown(), timeout=rules.LONGEST + 5)
        except (requests.Timeout, TimeoutError):
            self.note(name, case, f"an answer within {rules.LONGEST} s; found none", "")
            return
        except (requests.exceptions.InvalidHeader, UnicodeError, requests.exceptions.InvalidURL):
            return  # no request at all
        seconds = time.monotonic() - started
        self.sent += 1
        self.each[name] += 1
        self.slowest = max(self.slowest, seconds)
        self.statuses[str(response.status_code)] += 1
        text = response.content.decode("utf-8", "replace")
        type_ = (response.headers.get("content-type") or [""])[0]
        # what the generator put into a path may make another path of it, or none
        asked = response.request.url.split("?")[0]
        if not self.leads(operation.path, asked):
            return
        for fault in self.rules.faults(name, response.status_code, type_, text, seconds):
            self.note(name, case, f"{response.status_code}: expected {fault}", text)

    def leads(self, path, url):
        """Whether a URL is one of this path, and of no other with fewer variable parts."""
        found = url[len(server.BASE):] if url.startswith(server.BASE) else url
        return all(
            re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", other), found) is None
            or other.count("{") >= path.count("{")
            for other in self.document["paths"]
        ) and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", path), found) is not None

    def note(self, name, case, fault, text):
        key = (name, re.sub(r"'[^']*'|\"[^\"]*\"|[0-9]+", "#", fault)[:160])
        if key not in self.faults:
            try:
                how = case.as_curl_command()
            except Exception as e:  # only for show
                how = f"{case!r} ({e})"
            self.faults[key] = f"{name}: {fault}\n    {how[:1500]}\n    answered: {text[:300]!r}"

    def odd(self):
        """What no client sends."""
        for data in hostile.REQUESTS:
            status, body, seconds = hostile.answer(data)
            self.sent += 1
            self.statuses[status] += 1
            shown = f"{data[:120]!r} answered {status} {body[:200]!r}"
            if seconds > rules.LONGEST:
                self.faults[(data, 0)] = f"{shown}: expected an answer within {rules.LONGEST} s; found {seconds:.1f} s"
            if status.startswith("5"):
                self.faults[(data, 1)] = f"{shown}: expected no 5xx; found {status}"
            if rules.INNARDS.search(body):
                self.faults[(data, 2)] = f"{shown}: expected no class or stack trace in the body"

    def events(self):
        with self.session.get(server.BASE + ENDLESS.split(" ")[1], headers=SHOWN[0][0], stream=True, timeout=10) as response:
            first = next(response.iter_lines())
            if response.headers["content-type"] != "text/event-stream" or not first.startswith(b"retry:"):
                self.faults[(ENDLESS, 0)] = f"{ENDLESS}: expected server-sent events; found {first!r}"
        with self.session.get(server.BASE + MONITOR.split(" ")[1], headers=SHOWN[0][0], stream=True, timeout=10) as response:
            first = next(response.iter_lines())
            if b"monitor: what server" not in first:
                self.faults[(MONITOR, 0)] = f"{MONITOR}: expected the first line of a log; found {first!r}"


def main():
    parser = argparse.ArgumentParser(prog="tests/api-fuzz/run", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=1200, help="for all of them, at most")
    parser.add_argument("--enough", type=int, help="fewer than so many are a failure; all of them unless given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--open", action="store_true", help="access control off, and no tokens")
    parser.add_argument("--only", default="", help="one operation, such as 'PUT /v1/config'")
    options = parser.parse_args()
    enough = options.requests if options.enough is None else options.enough
    access = "open to everybody" if options.open else "with access control"
    print(f"api-fuzz: seed {options.seed}, {options.requests} requests, at most {options.seconds} s, {access}", flush=True)
    with tempfile.TemporaryDirectory(prefix="hansa-api-fuzz-") as folder:
        one = server.Server(folder, options.open)
        try:
            sys.exit(judge(one, options, enough))
        finally:
            one.end()


def judge(one, options, enough):
    one.fill()
    run = Run(json.loads(one.call("GET", "/v1/openapi.json")), options)
    for missed in rules.unseen(run.rules):
        run.faults[("rules", missed)] = f"the rules of this run: expected them to see {missed}"
    started = time.monotonic()
    run.events()
    run.odd()
    run.go()
    took = time.monotonic() - started
    try:
        one.is_well()
    except OSError as e:
        run.faults[("health", 0)] = f"/health: expected the server to be well; found {e}"
    log = one.log.read_text(errors="replace")
    for line in rules.told(log)[:MOST_SHOWN]:
        run.faults[("log", line)] = f"server.log: expected no defect; found: {line}"
    if server.TOKEN in log:
        run.faults[("log", 0)] = "server.log: expected no secret; found the token"
    if run.sent < enough and not options.only:
        run.faults[("time", 0)] = f"expected {enough} requests within {options.seconds} s; found {run.sent}"
    for fault in list(run.faults.values())[:MOST_SHOWN]:
        print(f"api-fuzz: {fault}", file=sys.stderr)
    for name in run.operations:
        if not run.each[name]:
            print(f"api-fuzz: {name}: no request could be made", file=sys.stderr)
    print(f"api-fuzz: {run.sent} requests to {len(run.each)} of {len(run.operations)} operations in {took:.0f} s, the slowest answered in {run.slowest:.2f} s")
    print("api-fuzz: " + ", ".join(f"{status}: {count}" for status, count in sorted(run.statuses.items())))
    print(f"api-fuzz: {run.sent} passed, {len(run.faults)} failed" if not run.faults else f"api-fuzz: seed {options.seed}: {len(run.faults)} faults; run with --seed {options.seed}")
    return 1 if run.faults else 0


if __name__ == "__main__":
    main()
