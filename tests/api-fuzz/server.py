"""A real `hansa server` as a process, with data whose names are hostile."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.178.0.1"
BASE = f"http://{HOST}:8500"
TOKEN = "6f1d0c1e-2b7a-4f53-9d0e-0d5c1a2b3c4d"  # of the run's own server, which may do everything
ANONYMOUS = "00000000-0000-0000-0000-000000000002"
START_LIMIT = 120  # seconds; a busy machine starts slowly

SCRIPT = "\"><svg\u00a0onload=alert(1)>'{{7*7}}%00%n"

ENTRIES = [
    {"Kind": "mesh", "Peering": {"PeerThroughMeshGateways": True}, "Meta": {"a": SCRIPT}},
    {"Kind": "sameness-group", "Name": "all", "IncludeLocal": True, "Members": [{"Peer": "lke"}]},
    {"Kind": "cluster-ips", "Name": "eks", "Cluster": "eks/7b1e",
     "Services": [{"Name": "web", "KubernetesService": "shop/web", "Addresses": ["10.96.0.10"], "Ports": [80]}]},
    {"Kind": "exported-services", "Services": [{"Name": "*", "Consumers": [{"Peer": "lke"}]}]},
    {"Kind": "service-resolver", "Name": "db", "Failover": {"*": {"Targets": [{"Peer": "lke"}]}}},
    {"Kind": "service-intentions", "Name": "db", "Sources": [{"Name": "web", "Action": "allow", "Description": SCRIPT}]},
    {"Kind": "service-defaults", "Name": "web", "Protocol": "http"},
]

WRITES = [
    ("POST", "/v1/peering/token", {"PeerName": "lke", "Meta": {"who": SCRIPT}}),
    *[("PUT", "/v1/config", entry) for entry in ENTRIES],
    ("PUT", "/v1/agent/service/register", {
        "Name": "web", "ID": "web-1", "Port": 80, "Tags": [SCRIPT, "v1"], "Meta": {SCRIPT: SCRIPT},
        "Checks": [{"CheckID": "ttl", "Name": SCRIPT, "Notes": SCRIPT, "TTL": "1h"},
                   {"CheckID": "dead", "TCP": f"{HOST}:1", "Interval": "1h"}],
    }),
    ("PUT", "/v1/agent/check/update/ttl", {"Status": "warning", "Output": "\u202e\x1b[2J" + SCRIPT}),
    ("PUT", "/v1/catalog/register", {
        "Node": "\"><b>n&amp;1", "Address": "192.0.2.1", "NodeMeta": {"zone": SCRIPT},
        "Service": {"Service": "db", "ID": "db'1;--", "Tags": ["\u0001", "\ud83d\ude08"], "Port": 1},
        "Check": {"CheckID": "c", "Name": SCRIPT, "Status": "passing", "Output": SCRIPT * 20},
    }),
    ("PUT", "/v1/catalog/register", {"Node": "n1", "Address": "192.0.2.2"}),
    ("PUT", "/v1/acl/policy", {"Name": "readers", "Description": SCRIPT, "Rules": 'service_prefix "" { policy = "read" }'}),
    ("PUT", "/v1/acl/token", {"Description": SCRIPT, "Policies": [{"Name": "readers"}], "ServiceIdentities": [{"ServiceName": "web"}]}),
    ("POST", "/v1/hansa/failover/controls", {"Kind": "drain", "Peer": "lke", "Force": True, "By": SCRIPT, "Reason": SCRIPT}),
]

# What exists, for requests that shall find something.
KNOWN = {
    "service": ["web", "db", "all"],
    "node": ["n1", "\"><b>n&amp;1", "eks-server"],
    "peer": ["lke"],
    "id": ["web-1", "ttl", "dead", "c", "db'1;--", "1", "00000000-0000-0000-0000-000000000001"],
    "accessor": [ANONYMOUS],
    "kind": [entry["Kind"] for entry in ENTRIES] + ["proxy-defaults", "service-router", "service-splitter"],
    "name": ["lke", "web", "db", "mesh", "default", "all", "global", "readers", "global-management"],
    "source": ["web", "db", "*", "peer:lke/web"],
    "destination": ["web", "db", "*"],
    "from": ["web", "db"],
    "by": ["source", "destination"],
    "dc": ["eks"],
    "state": ["any", "passing", "critical"],
}


class Server:
    """One datacenter, `eks`; ended with SIGKILL, since nothing of it is wanted afterwards."""

    def __init__(self, folder, is_open):
        self.is_open = is_open
        self.log = Path(folder) / "server.log"
        command = [str(ROOT / "hansa"), "server", "--datacenter", "eks", "--data-dir", str(Path(folder) / "data")]
        for name, port in [("http", 8500), ("proxy", 8502), ("peer", 8503), ("admin", 19500), ("dns", 8600)]:
            command += [f"--{name}-address", f"{HOST}:{port}"]
        if not is_open:
            secret = Path(folder) / "token"
            secret.write_text(TOKEN)
            command += ["--acl-enabled", "true", "--acl-initial-management-token-file", str(secret)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=os.environ | {"HANSA_NO_BUILD": "1"},
            )
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if json.loads(self.call("GET", "/v1/status/leader")):
                    return
            except (OSError, ValueError):
                pass
            time.sleep(0.1)
        self.end()
        raise SystemExit(f"api-fuzz: hansa server: expected to lead within {START_LIMIT} s; found:\n{self.log.read_text()}")

    def call(self, method, path, body=None, base=BASE):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(base + path, data=data, method=method, headers={"X-Consul-Token": TOKEN})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def fill(self):
        for method, path, body in WRITES:
            if self.is_open and path.startswith("/v1/acl/"):
                continue
            try:
                self.call(method, path, body)
            except urllib.error.HTTPError as refused:
                raise SystemExit(f"api-fuzz: {method} {path} {body}: expected 200; found {refused.code}: {refused.read().decode()}")

    def is_well(self):
        return self.call("GET", "/health", base=f"http://{HOST}:19500")

    def end(self):
        self.process.kill()
        self.process.wait()
