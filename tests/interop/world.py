"""A real `hansa server` as a process, its HTTP API, and what a check may wait for."""

import base64
import json
import os
import queue
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import grpc

import wire

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.105.0.1"
PEER_ADDRESS = f"{HOST}:8503"
SIDECAR_HOST = "127.105.0.2"
WAIT = 10  # seconds until something that should be quick is called missing


class Server:
    """One datacenter, `java`; stopped with SIGKILL, since nothing of it is wanted afterwards."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.log = self.folder / "server.log"
        self.sidecars = []
        command = [str(ROOT / "hansa"), "server", "--datacenter", "java"]
        command += ["--data-dir", str(Path(folder) / "data"), "--peer-address", PEER_ADDRESS]
        command += ["--http-address", f"{HOST}:8500", "--proxy-address", f"{HOST}:8502"]
        command += ["--admin-address", f"{HOST}:19500"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"HANSA_NO_BUILD": "1"},
            )
        eventually("the server to answer", self._answers, 90)

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"hansa server: expected to run; found:\n{self.log.read_text()}")
        try:
            return self.get("/v1/catalog/services") is not None
        except OSError:
            return False

    def call(self, method, path, body=None):
        """Status and text."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{HOST}:8500{path}", data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def get(self, path):
        status, text = self.call("GET", path)
        same(f"status of GET {path}", status, 200)
        return json.loads(text)

    def do(self, method, path, body=None):
        status, text = self.call(method, path, body)
        if status != 200:
            raise AssertionError(f"{method} {path}: expected 200; found {status}: {text}")
        return text

    def token(self, peer):
        """A token in Consul's form, decoded."""
        body = {"PeerName": peer, "TokenForm": "consul"}
        text = json.loads(self.do("POST", "/v1/peering/token", body))["PeeringToken"]
        return json.loads(base64.b64decode(text, validate=True))

    def state(self, peer):
        return self.get(f"/v1/peering/{peer}")["State"]

    def register(self, service, node="node-1", instance=None, status="passing", **fields):
        name = instance or service
        definition = {"Service": service, "ID": name, "Port": 3306} | fields
        check = {"CheckID": f"{name}-alive", "Status": status, "Node": node, "ServiceID": name}
        body = {"Node": node, "Address": "192.0.2.1", "Service": definition, "Checks": [check]}
        self.do("PUT", "/v1/catalog/register", body)

    def sidecar(self, service):
        """A real sidecar of a service whose application is down: it is in the mesh all the same."""
        token = json.loads(self.do("POST", "/v1/hansa/join-token", {"Services": [service]}))
        token_file = self.folder / f"{service}.token"
        token_file.write_text(token["JoinToken"])
        settings = self.folder / f"{service}.properties"
        settings.write_text(
            f"join-token-file = {token_file}\n"
            f"admin.address = {SIDECAR_HOST}:19000\n"
            f"services = {service}\n"
            f"service.{service}.address = {SIDECAR_HOST}:9\n"
            f"service.{service}.listen = {SIDECAR_HOST}:20000\n"
        )
        with (self.folder / f"{service}.log").open("wb") as log:
            self.sidecars.append(
                subprocess.Popen(
                    [str(ROOT / "hansa"), "sidecar", "--config", str(settings)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=os.environ | {"HANSA_NO_BUILD": "1"},
                )
            )
        eventually("the sidecar to join", lambda: self.get(f"/v1/health/connect/{service}"), 90)

    def export(self, services):
        """`services`: for each service the peers that see it."""
        listed = [
            {"Name": name, "Consumers": [{"Peer": peer} for peer in peers]}
            for name, peers in services.items()
        ]
        entry = {"Kind": "exported-services", "Name": "default", "Services": listed}
        self.do("PUT", "/v1/config", entry)

    def imported(self, peer, service):
        """Instances that came from a peer: by id, the worst status of each."""
        order = ["passing", "warning", "critical"]
        found = {}
        for entry in self.get(f"/v1/health/service/{service}?peer={peer}"):
            states = [check["Status"] for check in entry["Checks"]]
            worst = max((order.index(state) for state in states), default=0)
            found[entry["Service"]["ID"]] = order[worst]
        return found

    def close(self):
        for process in [*self.sidecars, self.process]:
            process.kill()
            process.wait()


def same(what, found, expected):
    if found != expected:
        raise AssertionError(f"{what}: expected {expected!r}; found {found!r}")


def holds(what, condition):
    if not condition:
        raise AssertionError(f"expected {what}")


def eventually(what, condition, seconds=WAIT):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"expected {what} within {seconds} s")
        time.sleep(0.02)


def refused(what, call, code, words):
    """`call` fails with this status, and says so in these words."""
    try:
        call()
    except grpc.RpcError as error:
        same(f"status of {what}", error.code(), code)
        holds(f"{words!r} in the message of {what}; found {error.details()!r}",
              words in (error.details() or ""))
        return error
    raise AssertionError(f"{what}: expected {code}; found success")


class Conversation:
    """One stream, from either end: what came waits in order, what is said goes at once."""

    END = object()

    def __init__(self):
        self.outgoing = queue.Queue()
        self.incoming = queue.Queue()
        self.heartbeats = 0
        self.nonce = 0
        self.error = None

    def sent(self):
        """What the wire reads from."""
        while (message := self.outgoing.get()) is not self.END:
            yield message

    def listen(self, messages):
        """Takes what comes until nothing more does."""
        try:
            for message in messages:
                if message.WhichOneof("Payload") == "heartbeat":
                    self.heartbeats += 1
                else:
                    self.incoming.put(message)
        except grpc.RpcError as error:
            self.error = error
        except Exception as error:  # a call that was cancelled at the serving end
            self.error = error
        self.incoming.put(self.END)

    def say(self, *messages):
        for message in messages:
            self.outgoing.put(message)

    def half_close(self):
        self.outgoing.put(self.END)

    def next(self, what, seconds=WAIT):
        try:
            message = self.incoming.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"expected {what} within {seconds} s; found nothing") from None
        if message is self.END:
            raise AssertionError(f"expected {what}; found the end of the stream: {self.error}")
        return message

    def next_request(self, what):
        message = self.next(what)
        same(f"kind of {what}", message.WhichOneof("Payload"), "request")
        return message.request

    def ended(self, what, seconds=WAIT):
        """Waits for the end, dropping what comes before it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.incoming.get(timeout=seconds) is self.END:
                    return self.error
            except queue.Empty:
                break
        raise AssertionError(f"{what}: expected the stream to end within {seconds} s")

    def silent(self, what, seconds=0.5):
        """Nothing comes for this long."""
        try:
            message = self.incoming.get(timeout=seconds)
        except queue.Empty:
            return
        raise AssertionError(f"{what}: expected nothing; found {message}")

    def subscriptions(self, expected, peer_id=""):
        found = [self.next_request("a subscription") for _ in expected]
        same("subscriptions", [one.ResourceURL for one in found], expected)
        for one in found:
            same("PeerID of a subscription", one.PeerID, peer_id)
            same("nonce of a subscription", one.ResponseNonce, "")
            same("error of a subscription", one.HasField("Error"), False)

    def resource(self, what, kind, acknowledge=True):
        """The next resource, acknowledged; its id and its content."""
        message = self.next(what)
        same(f"kind of {what}", message.WhichOneof("Payload"), "response")
        response = message.response
        self.last_nonce = response.Nonce
        same(f"operation of {what}", response.operation, 1)
        same(f"type of {what}", response.Resource.type_url, response.ResourceURL)
        if acknowledge:
            self.say(wire.ack(response.ResourceURL, response.Nonce))
        holds(f"{what} to be a {kind.__name__}; found {response.ResourceURL}",
              response.ResourceURL.endswith("." + kind.__name__))
        return response.ResourceID, kind.FromString(response.Resource.value)

    def resources(self, what, count):
        """The next so many resources: by type and id, in whatever order."""
        kinds = {
            wire.SERVICE_URL: wire.stream.ExportedService,
            wire.LIST_URL: wire.stream.ExportedServiceList,
            wire.BUNDLE_URL: wire.peering.PeeringTrustBundle,
            wire.ADDRESSES_URL: wire.peering.PeeringServerAddresses,
        }
        found = {}
        for _ in range(count):
            response = self.next(what).response
            self.say(wire.ack(response.ResourceURL, response.Nonce))
            key = (response.ResourceURL.rpartition(".")[2], response.ResourceID)
            found[key] = kinds[response.ResourceURL].FromString(response.Resource.value)
        return found

    def offer(self, url, resource_id, resource):
        """Sends a resource and gives back what was answered to it: ACK or NACK."""
        self.nonce += 1
        nonce = f"{self.nonce:08x}"
        self.say(wire.response(nonce, url, resource_id, resource))
        answer = self.next_request("an answer to a resource")
        same("nonce of an answer", answer.ResponseNonce, nonce)
        same("type of an answer", answer.ResourceURL, url)
        same("PeerID of an answer", answer.PeerID, "")
        return answer

    def taken(self, url, resource_id, resource):
        answer = self.offer(url, resource_id, resource)
        holds(f"an ACK; found {answer.Error.message!r}", not answer.HasField("Error"))


class Caller:
    """A dialer: TLS by what the token says and nothing else."""

    def __init__(self, token, address=PEER_ADDRESS):
        self.token = token
        credentials = grpc.ssl_channel_credentials("".join(token["CA"]).encode())
        options = [
            ("grpc.ssl_target_name_override", token["ServerName"]),
            ("grpc.max_send_message_length", 64 << 20),
            ("grpc.use_local_subchannel_pool", 1),
        ]
        self.channel = grpc.secure_channel(address, credentials, options)

    def exchange(self, peer_id=None, secret=None):
        method = self.channel.unary_unary(
            wire.RPC + "ExchangeSecret",
            request_serializer=wire.encoded,
            response_deserializer=wire.stream.ExchangeSecretResponse.FromString,
        )
        request = wire.stream.ExchangeSecretRequest(
            PeerID=self.token["PeerID"] if peer_id is None else peer_id,
            EstablishmentSecret=self.token["EstablishmentSecret"] if secret is None else secret,
        )
        return method(request, timeout=WAIT).StreamSecret

    def converse(self, *first):
        conversation = Conversation()
        method = self.channel.stream_stream(
            wire.RPC + "StreamResources",
            request_serializer=wire.encoded,
            response_deserializer=wire.Message.FromString,
        )
        conversation.call = method(conversation.sent())
        conversation.say(*first)
        threading.Thread(
            target=conversation.listen, args=(conversation.call,), daemon=True
        ).start()
        return conversation

    def open(self, secret):
        """A stream that is open: the acceptor has subscribed."""
        conversation = self.converse(wire.open_stream(self.token["PeerID"], secret))
        conversation.subscriptions([wire.SERVICE_URL, wire.LIST_URL, wire.BUNDLE_URL])
        return conversation

    def close(self):
        self.channel.close()
