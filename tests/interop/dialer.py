"""What an acceptor that is not hansa sees when hansa dials it."""

import base64
import datetime
import json
import queue
import threading
import time
import uuid
from concurrent import futures

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import acceptor
import catalog
import wire
from wire import Message, peering
from world import Conversation, eventually, holds, same

Code = grpc.StatusCode
ADDRESS = "127.106.0.1"
DAY = datetime.timedelta(days=1)
SUBSCRIPTIONS = [wire.SERVICE_URL, wire.LIST_URL, wire.BUNDLE_URL, wire.ADDRESSES_URL]


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


class Authority:
    """A root as Consul makes one: EC P-256, its trust domain as a URI."""

    def __init__(self, trust_domain):
        self.trust_domain = trust_domain
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "py root")])
        self.root = self._sign(
            self.name, self.key, [x509.UniformResourceIdentifier(f"spiffe://{trust_domain}")], True
        )

    def _sign(self, subject, key, names, is_ca):
        now = datetime.datetime.now(datetime.timezone.utc)
        usage = dict.fromkeys(
            ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "encipher_only", "decipher_only"], False)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - DAY).not_valid_after(now + DAY)
        extensions = [
            (x509.BasicConstraints(ca=is_ca, path_length=None), True),
            (x509.KeyUsage(digital_signature=True, key_cert_sign=is_ca, crl_sign=is_ca, **usage),
             True),
            # as Go does: critical where there is no subject
            (x509.SubjectAlternativeName(names), not is_ca),
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False),
        ]
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def credentials(self, server_name):
        """A server's: URI and DNS name as in Consul's server certificates."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [
            x509.UniformResourceIdentifier(f"spiffe://{self.trust_domain}/agent/server/dc/py"),
            x509.DNSName(server_name),
        ]
        leaf = self._sign(x509.Name([]), key, names, False)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return grpc.ssl_server_credentials([(private, (pem(leaf) + pem(self.root)).encode())])


class Datacenter:
    """Acceptor of one peering, at one address."""

    def __init__(self, server, peer, certified_name=None):
        self.server, self.peer = server, peer
        self.trust_domain = f"{uuid.uuid4()}.consul"
        self.authority = Authority(self.trust_domain)
        self.server_name = f"server.py.peering.{self.trust_domain}"
        self.peer_id, self.secret, self.stream_secret = (str(uuid.uuid4()) for _ in range(3))
        self.streams = queue.Queue()
        self.exchanges = []
        self.refusals = []  # for the next streams: what each is refused with
        self.credentials = self.authority.credentials(certified_name or self.server_name)
        self.address = self.listen()

    def listen(self):
        served = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        handlers = {
            "ExchangeSecret": grpc.unary_unary_rpc_method_handler(
                self._exchange, wire.stream.ExchangeSecretRequest.FromString, wire.encoded
            ),
            "StreamResources": grpc.stream_stream_rpc_method_handler(
                self._stream, Message.FromString, wire.encoded
            ),
        }
        name = wire.RPC.strip("/")
        served.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
        port = served.add_secure_port(f"{ADDRESS}:0", self.credentials)
        served.start()
        self.served = served
        return f"{ADDRESS}:{port}"

    def _exchange(self, request, context):
        self.exchanges.append(request)
        if (request.PeerID, request.EstablishmentSecret) != (self.peer_id, self.secret):
            context.abort(Code.PERMISSION_DENIED, acceptor.SECRET_REFUSED)
        return wire.stream.ExchangeSecretResponse(StreamSecret=self.stream_secret)

    def _stream(self, messages, context):
        if self.refusals:
            code, words, details = self.refusals.pop(0)
            if details:
                context.set_trailing_metadata((("grpc-status-details-bin", details),))
            context.abort(code, words)
        conversation = Conversation()
        conversation.context = context
        threading.Thread(target=conversation.listen, args=(messages,), daemon=True).start()
        self.streams.put(conversation)
        yield from conversation.sent()

    def token(self, **changed):
        fields = {
            "CA": [pem(self.authority.root)],
            "ManualServerAddresses": None,
            "ServerAddresses": [self.address],
            "ServerName": self.server_name,
            "PeerID": self.peer_id,
            "EstablishmentSecret": self.secret,
            "Remote": {"Partition": "", "Datacenter": "py", "Locality": None},
        } | changed
        return base64.b64encode(json.dumps(fields).encode()).decode()

    def establish(self, **changed):
        body = {"PeerName": self.peer, "PeeringToken": self.token(**changed)}
        return self.server.call("POST", "/v1/peering/establish", body)

    def accept(self, what="a stream"):
        """The next stream, its Open read and judged, its subscriptions too."""
        try:
            stream = self.streams.get(timeout=10)
        except queue.Empty:
            raise AssertionError(f"expected {what} within 10 s; found none") from None
        opened = stream.next(f"the Open of {what}")
        same("first message", opened.WhichOneof("Payload"), "open")
        opened = opened.open
        same("PeerID", opened.PeerID, self.peer_id)
        same("StreamSecretID", opened.StreamSecretID, self.stream_secret)
        same("Remote", (opened.Remote.Datacenter, opened.Remote.Partition), ("java", ""))
        stream.subscriptions(SUBSCRIPTIONS, self.peer_id)
        return stream

    def ask(self, stream):
        for url in (wire.SERVICE_URL, wire.LIST_URL, wire.BUNDLE_URL):
            stream.say(wire.subscription(url))

    def bundle(self, *roots):
        return peering.PeeringTrustBundle(
            TrustDomain=self.trust_domain, RootPEMs=[pem(root) for root in roots]
        )

    def close(self):
        if self.server.call("GET", f"/v1/peering/{self.peer}")[0] == 200:
            self.server.do("DELETE", f"/v1/peering/{self.peer}")
        self.served.stop(0)


def established(server, peer):
    far = Datacenter(server, peer)
    status, text = far.establish()
    same(f"status of establish ({text})", status, 200)
    return far, far.accept()


def check_token_of_consul_is_taken_and_a_stream_opened(server):
    """1, 2.1, 3.7: exchange with PeerID and secret, Open, four subscriptions in order, ACTIVE."""
    far, stream = established(server, "py-open")
    same("exchanges", [(one.PeerID, one.EstablishmentSecret) for one in far.exchanges],
         [(far.peer_id, far.secret)])
    far.ask(stream)
    eventually("ACTIVE", lambda: server.state("py-open") == "ACTIVE")
    record = server.get("/v1/peering/py-open")
    same("PeerID", record["PeerID"], far.peer_id)
    same("PeerServerName", record["PeerServerName"], far.server_name)
    same("Datacenter", record["Remote"]["Datacenter"], "py")
    far.close()


def check_denied_secret_ends_establishing_at_once(server):
    """11.3 Establish_ThroughMeshGateway, fail fast on PermissionDenied; a token is not reusable."""
    far = Datacenter(server, "py-denied")
    began = time.monotonic()
    status, text = far.establish(EstablishmentSecret=str(uuid.uuid4()))
    same("status", status, 403)
    holds(f"a new token asked for; found {text!r}", "a new peering token must be generated" in text)
    same("exchanges", len(far.exchanges), 1)
    holds("an answer before the budget of 3 s is used", time.monotonic() - began < 3)
    far.close()


def check_bad_tokens_are_refused_before_anybody_is_dialled(server):
    """1.4: addresses, names and CA are checked first."""
    far = Datacenter(server, "py-bad")
    cases = [
        {"ServerAddresses": None},
        {"ServerAddresses": ["no-port"]},
        {"ServerAddresses": ["host:70000"]},
        {"ServerName": ""},
        {"PeerID": ""},
        {"CA": ["not a certificate"]},
        {"CA": None},
    ]
    for changed in cases:
        status, text = far.establish(**changed)
        holds(f"{changed} refused; found {status}: {text}", status in (400, 500))
    same("exchanges", far.exchanges, [])
    same("record", server.call("GET", "/v1/peering/py-bad")[0], 404)
    far.close()


def check_peer_with_another_root_or_name_is_not_believed(server):
    """11.3 FailsForTLSError: wrong roots, wrong ServerName; no secret is sent."""
    far = Datacenter(server, "py-roots")
    stranger = Authority(far.trust_domain)
    status, _ = far.establish(CA=[pem(stranger.root)])
    holds(f"a refusal for the roots; found {status}", status >= 500)
    same("exchanges", far.exchanges, [])
    far.close()
    far = Datacenter(server, "py-name", certified_name="server.other.peering.x.consul")
    status, _ = far.establish()
    holds(f"a refusal for the name; found {status}", status >= 500)
    same("exchanges", far.exchanges, [])
    far.close()


def check_catalog_that_we_send_is_in_its(server):
    """3.6, 3.11: services, companions, list; replaced, un-exported, withdrawn when empty."""
    far, stream = established(server, "py-catalog")
    stream.taken(wire.BUNDLE_URL, "roots", far.bundle(far.authority.root))
    for name in ("web", "api"):
        catalog.give(stream, name, catalog.instances(name, f"{name}-1", f"{name}-2"))
        companion = catalog.proxy(name, far.trust_domain, "java")
        catalog.give(stream, f"{name}-sidecar-proxy", companion)
    catalog.give_list(stream, "api", "web")
    found = lambda name: server.imported("py-catalog", name)
    same("web", found("web"), {"web-1": "passing", "web-2": "passing"})
    proxy = server.get("/v1/health/connect/web?peer=py-catalog")[0]["Service"]
    same("proxy", (proxy["Kind"], proxy["Proxy"]["DestinationServiceName"]),
         ("connect-proxy", "web"))
    catalog.give(stream, "web", catalog.instances("web", "web-2", status="critical"))
    same("web after a change", found("web"), {"web-2": "critical"})
    catalog.give_list(stream, "api")
    same("web after its un-export", found("web"), {})
    same("api", found("api"), {"api-1": "passing", "api-2": "passing"})
    far.close()


def check_gateway_answers_where_it_ends_tls(server):
    """6.2, 6.4: our gateway's identity counts for HTTP, which it reads, and not for what it relays."""
    far, stream = established(server, "py-gateway")
    stream.taken(wire.BUNDLE_URL, "roots", far.bundle(far.authority.root))
    own = f"spiffe://{far.trust_domain}/ns/default/dc/py/svc/web"
    gateway = f"spiffe://{far.trust_domain}/gateway/mesh/dc/py"
    both = {"http": [own, gateway], "http2": [own, gateway], "grpc": [own, gateway]}
    for protocol in ("tcp", "http", "http2", "grpc", "mongo", ""):
        companion = catalog.proxy("web", far.trust_domain, "java", protocol=protocol)
        catalog.give(stream, "web-sidecar-proxy", companion)
        found = server.get("/v1/health/connect/web?peer=py-gateway")[0]["Service"]
        same(f"identities of {protocol!r}", found["Connect"]["PeerMeta"]["SpiffeID"],
             both.get(protocol, [own]))
    alone = catalog.proxy("web", far.trust_domain, "java", identity=gateway)
    answer = stream.offer(wire.SERVICE_URL, "web-sidecar-proxy", alone)
    same("code of nobody who answers", answer.Error.code, 13)
    far.close()


def check_bundle_counts_for_its_own_trust_domain_only(server):
    """3.6, 6.4: the trust domain of the token is pinned; a new root of it is taken."""
    far, stream = established(server, "py-bundle")
    second = Authority(far.trust_domain)
    stream.taken(wire.BUNDLE_URL, "roots", far.bundle(far.authority.root, second.root))
    same("roots", len(server.get("/v1/peering/py-bundle")["PeerCAPems"]), 2)
    foreign = far.bundle(second.root)
    foreign.TrustDomain = f"{uuid.uuid4()}.consul"
    same("code of a foreign bundle", stream.offer(wire.BUNDLE_URL, "roots", foreign).Error.code, 13)
    empty = far.bundle()
    same("code of no roots", stream.offer(wire.BUNDLE_URL, "roots", empty).Error.code, 13)
    wrong = catalog.proxy("web", foreign.TrustDomain, "java")
    answer = stream.offer(wire.SERVICE_URL, "web-sidecar-proxy", wrong)
    same("code of foreign names", answer.Error.code, 13)
    same("roots", len(server.get("/v1/peering/py-bundle")["PeerCAPems"]), 2)
    far.close()


def check_it_exports_to_whom_it_dialled(server):
    """Both ends export, whoever dialled; nonces are the stream's own."""
    server.register("cart")
    server.export({"cart": ["py-both"]})
    far, stream = established(server, "py-both")
    far.ask(stream)
    found = stream.resources("its exports", 3)
    same("resources", set(found),
         {("ExportedService", "cart"), ("ExportedServiceList", "exported-service-list"),
          ("PeeringTrustBundle", "roots")})
    server.register("cart", status="critical")
    _, changed = stream.resource("a change", wire.stream.ExportedService)
    same("status", changed.Nodes[0].Checks[0].Status, "critical")
    same("nonce", stream.last_nonce, "00000004")
    far.close()


def check_bad_resources_are_nacked_and_the_stream_lives(server):
    """11.2 Test_processResponse_Validation, on the side that dials."""
    far, stream = established(server, "py-nack")
    good = catalog.instances("web", "web-1")
    answer = stream.offer("moon", "web", good)
    same("code", answer.Error.code, 3)
    same("words", answer.Error.message, 'received response for unknown resource type "moon"')
    message = wire.response("0000000f", wire.SERVICE_URL, "web", good)
    message.response.Resource.type_url = wire.LIST_URL
    stream.say(message)
    answer = stream.next_request("a NACK")
    same("code", (answer.Error.code, answer.ResponseNonce), (13, "0000000f"))
    catalog.give(stream, "web", good)
    same("web", server.imported("py-nack", "web"), {"web-1": "passing"})
    far.close()


def check_follower_is_left_for_the_next_try_soon(server):
    """11.2 ..._Server_Follower, 12.6: FailedPrecondition with LeaderAddress, again within a second."""
    far = Datacenter(server, "py-follower")
    words = "cannot establish a peering stream on a follower node"
    leader = wire.stream.LeaderAddress(address="198.51.100.5:8503")
    details = wire.rpc.Status(code=9, message=words)
    details.details.add(type_url=wire.LEADER_URL, value=wire.encoded(leader))
    refusal = (Code.FAILED_PRECONDITION, words, wire.encoded(details))
    far.refusals = [refusal, refusal, refusal]
    began = time.monotonic()
    same("status of establish", far.establish()[0], 200)
    stream = far.accept("a stream with the leader")
    holds("a stream within 2 s", time.monotonic() - began < 2)
    catalog.give(stream, "web", catalog.instances("web", "web-1"))
    far.close()


def check_broken_stream_is_dialled_again_and_reconciled(server):
    """11.3 DialerReestablishesConnectionOnError, Lifecycle_UnexportWhileDown."""
    far, stream = established(server, "py-again")
    for name in ("web", "api"):
        catalog.give(stream, name, catalog.instances(name, f"{name}-1"))
    stream.context.cancel()
    stream.half_close()
    stream = far.accept("a second stream")
    same("web meanwhile", server.imported("py-again", "web"), {"web-1": "passing"})
    catalog.give_list(stream, "api")
    same("web", server.imported("py-again", "web"), {})
    far.close()


def check_new_addresses_are_dialled_next(server):
    """11.3 ServerAddressUpdates: addresses that came over the stream lead to the next one."""
    far, stream = established(server, "py-moved")
    old, former = far.served, far.address
    far.address = far.listen()
    moved = peering.PeeringServerAddresses(Addresses=[far.address])
    stream.taken(wire.ADDRESSES_URL, "server-addrs", moved)
    same("addresses", server.get("/v1/peering/py-moved")["PeerServerAddresses"], [far.address])
    holds("another address", far.address != former)
    stream.half_close()
    old.stop(0)
    far.accept("a stream at the new address")
    far.close()


def check_peer_id_of_another_in_a_subscription_ends_the_stream(server):
    """3.7: only the dialer checks, and only what is not empty."""
    far, stream = established(server, "py-other")
    stream.say(wire.subscription(wire.BUNDLE_URL, str(uuid.uuid4())))
    stream.ended("a stream with an inconsistent PeerID")
    stream.half_close()
    stream = far.accept("the next stream")
    stream.say(wire.subscription(wire.BUNDLE_URL, far.peer_id))
    stream.resource("the bundle", peering.PeeringTrustBundle)
    far.close()


def check_terminated_by_the_acceptor_removes_what_it_sent(server):
    """11.3 Lifecycle_ServerDeletion: TERMINATED, half-closed, imports gone, not dialled again."""
    far, stream = established(server, "py-ended")
    catalog.give(stream, "web", catalog.instances("web", "web-1"))
    stream.say(wire.terminated())
    same("end", stream.ended("the dialer's half"), None)
    stream.half_close()
    eventually("TERMINATED", lambda: server.state("py-ended") == "TERMINATED")
    eventually("no web", lambda: server.imported("py-ended", "web") == {})
    holds("no new stream", far.streams.empty())
    far.close()


def check_deleting_at_the_dialer_says_terminated(server):
    """11.3 Lifecycle_ClientDeletion; 2.4: Terminated, then its half is closed."""
    far, stream = established(server, "py-deleted")
    server.do("DELETE", "/v1/peering/py-deleted")
    same("last word", stream.next("the last word").WhichOneof("Payload"), "terminated")
    same("end", stream.ended("the dialer's half"), None)
    stream.half_close()
    eventually("no record", lambda: server.call("GET", "/v1/peering/py-deleted")[0] == 404)
    far.close()


def check_fresh_token_renews_a_peering_under_its_name(server):
    """2.2: rotation is a new token, established again under the same name."""
    far, stream = established(server, "py-renew")
    before = server.get("/v1/peering/py-renew")["ID"]
    far.secret, far.stream_secret = str(uuid.uuid4()), str(uuid.uuid4())
    same("status", far.establish()[0], 200)
    stream.context.cancel()
    stream.half_close()
    far.accept("a stream with the new secret")
    same("ID", server.get("/v1/peering/py-renew")["ID"], before)
    far.close()
