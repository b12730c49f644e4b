"""What a dialer that is not hansa meets at hansa's door."""

import time

import grpc

import catalog
import wire
from wire import Message, peering
from world import Caller, eventually, holds, refused, same

Code = grpc.StatusCode
SECRET_REFUSED = "invalid peering establishment secret"


def established(server, peer):
    """A caller that has exchanged its secret, and the stream secret."""
    caller = Caller(server.token(peer))
    return caller, caller.exchange()


def connected(server, peer):
    """A caller and its open stream."""
    caller, secret = established(server, peer)
    return caller, caller.open(secret)


def ask(caller, stream):
    """Wants services and their list, in Consul's order."""
    for url in (wire.SERVICE_URL, wire.LIST_URL):
        stream.say(wire.subscription(url, caller.token["PeerID"]))


def check_token_is_as_consul_writes_it(server):
    """11.3 service_test GenerateToken: content; a second token has another secret."""
    token = server.token("token")
    expected = ["CA", "ManualServerAddresses", "ServerAddresses", "ServerName", "PeerID"]
    same("keys", list(token), expected + ["EstablishmentSecret", "Remote"])
    same("Remote", token["Remote"], {"Partition": "", "Datacenter": "java", "Locality": None})
    same("ManualServerAddresses", token["ManualServerAddresses"], None)
    holds("a certificate", token["CA"][0].startswith("-----BEGIN CERTIFICATE-----\n"))
    holds("the servers' name", token["ServerName"].startswith("server.java.peering."))
    again = server.token("token")
    same("PeerID of a second token", again["PeerID"], token["PeerID"])
    holds("a new secret", again["EstablishmentSecret"] != token["EstablishmentSecret"])


def check_secret_works_once(server):
    """11.2 TestServer_ExchangeSecret: unknown refused, known accepted, used refused."""
    caller = Caller(server.token("secret"))
    unknown = "00000000-0000-4000-8000-000000000000"
    denied = Code.PERMISSION_DENIED
    refused("a wrong secret", lambda: caller.exchange(secret=unknown), denied, SECRET_REFUSED)
    refused("an empty secret", lambda: caller.exchange(secret=""), denied, SECRET_REFUSED)
    refused("an unknown peer", lambda: caller.exchange(peer_id=unknown), denied, SECRET_REFUSED)
    holds("a stream secret", caller.exchange() != "")
    refused("a used secret", caller.exchange, denied, SECRET_REFUSED)


def check_new_token_supersedes_an_unused_one(server):
    """11.3 GenerateToken: re-generate changes the secret."""
    old = Caller(server.token("supersede"))
    new = Caller(server.token("supersede"))
    refused("a superseded secret", old.exchange, Code.PERMISSION_DENIED, SECRET_REFUSED)
    holds("a stream secret", new.exchange() != "")


def check_first_message_is_judged_in_order(server):
    """11.2 TestStreamResources_Server_FirstRequest."""
    caller, secret = established(server, "first")
    unknown = "00000000-0000-4000-8000-000000000000"
    peer_id = caller.token["PeerID"]
    cases = [
        (wire.subscription(wire.SERVICE_URL, peer_id), "must be: Open"),
        (wire.heartbeat(), "must be: Open"),
        (Message(), "must be: Open"),
        (wire.open_stream("", secret), "initial subscription request must specify a PeerID"),
        (wire.open_stream(unknown, secret), f"for unknown PeerID: {unknown}"),
    ]
    for message, words in cases:
        stream = caller.converse(message)
        error = stream.ended(words)
        same(f"status of {words!r}", error.code(), Code.INVALID_ARGUMENT)
        holds(f"{words!r}; found {error.details()!r}", words in error.details())


def check_stream_secret_is_pending_then_active(server):
    """11.2 ..._ActiveSecretValidation and ..._PendingSecretPromotion."""
    caller, secret = established(server, "promote")
    peer_id = caller.token["PeerID"]
    for wrong in ("", "00000000-0000-4000-8000-000000000000"):
        error = caller.converse(wire.open_stream(peer_id, wrong)).ended("a wrong stream secret")
        same("status", error.code(), Code.PERMISSION_DENIED)
        same("message", error.details(), "invalid peering stream secret")
    same("Datacenter before", server.get("/v1/peering/promote")["Remote"]["Datacenter"], "")
    for _ in ("pending", "active"):
        stream = caller.open(secret)
        eventually("ACTIVE", lambda: server.state("promote") == "ACTIVE")
        stream.half_close()
        same("end", stream.ended("a stream that was closed in good order"), None)
    same("Datacenter", server.get("/v1/peering/promote")["Remote"]["Datacenter"], "py")
    renewed = Caller(server.token("promote"))
    fresh = renewed.exchange()
    stream = caller.open(secret)  # still, until the new one was used
    stream.half_close()
    stream.ended("the old secret's last stream")
    stream = renewed.open(fresh)
    stream.half_close()
    stream.ended("the new secret's stream")
    error = caller.converse(wire.open_stream(peer_id, secret)).ended("the secret before")
    same("status of the secret before", error.code(), Code.PERMISSION_DENIED)


def check_second_stream_is_refused_while_the_first_lives(server):
    """12.14, 2.3: a stream for this peering is already connected."""
    caller, secret = established(server, "twice")
    first = caller.open(secret)
    second = Caller(caller.token).converse(wire.open_stream(caller.token["PeerID"], secret))
    error = second.ended("a second stream")
    same("status", error.code(), Code.UNKNOWN)
    words = "failed to register stream: there is an active stream for the given PeerID"
    holds(f"{words!r}; found {error.details()!r}", words in error.details())
    first.taken(wire.LIST_URL, "exported-service-list", catalog.listed())
    first.half_close()
    first.ended("the first stream")
    eventually("not ACTIVE", lambda: server.state("twice") != "ACTIVE")
    caller.open(secret).half_close()


def check_subscriptions_come_at_once_and_ours_are_judged(server):
    """3.7: order and PeerID are read by every `open`; nonce, error and URL of a first request."""
    caller, secret = established(server, "subscribe")
    peer_id = caller.token["PeerID"]
    url = wire.SERVICE_URL
    cases = [
        (wire.ack(url, "00000001"), "must not contain a nonce"),
        (
            Message(request=Message.Request(ResourceURL=url, Error=wire.status.Status(code=3))),
            "must not contain an error",
        ),
        (wire.subscription("moon", peer_id), "subscription request to unknown resource URL: moon"),
    ]
    for message, words in cases:
        stream = caller.open(secret)
        stream.say(message)
        error = stream.ended(words)
        same(f"status of {words!r}", error.code(), Code.INVALID_ARGUMENT)
        holds(f"{words!r}; found {error.details()!r}", words in error.details())


def check_nothing_is_sent_before_it_is_asked_for(server):
    """3.6: services and their list are gated by one subscription, roots by their own."""
    server.register("gated")
    server.export({"gated": ["gate"]})
    caller, stream = connected(server, "gate")
    stream.silent("before any subscription", 0.3)
    peer_id = caller.token["PeerID"]
    stream.say(wire.subscription(wire.BUNDLE_URL, peer_id))
    same("id", stream.resource("the bundle", peering.PeeringTrustBundle)[0], "roots")
    stream.silent("before services are asked for", 0.3)
    ask(caller, stream)
    found = stream.resources("services", 2)
    names = {("ExportedServiceList", "exported-service-list"), ("ExportedService", "gated")}
    same("resources", set(found), names)


def check_exports_follow_registrations_and_policy(server):
    """11.2 ..._ServiceUpdates; TestFlattenChecks: initial, change, un-export, nothing said twice."""
    server.register("mysql", instance="mysql-1", Weights={"Passing": 7, "Warning": 2})
    server.register("mysql", instance="mysql-2", status="warning", Tags=["standby"])
    server.register("hidden")
    server.export({"mysql": ["follow"], "hidden": ["someone-else"]})
    caller, stream = connected(server, "follow")
    ask(caller, stream)
    found = stream.resources("the first resources", 2)
    listed = found["ExportedServiceList", "exported-service-list"]
    same("list", list(listed.Services), ["mysql"])
    nodes = {one.Service.ID: one for one in found["ExportedService", "mysql"].Nodes}
    same("instances", set(nodes), {"mysql-1", "mysql-2"})
    one = nodes["mysql-1"]
    same("node", (one.Node.Node, one.Node.Address, one.Node.Datacenter),
         ("node-1", "192.0.2.1", "java"))
    same("weights", (one.Service.Weights.Passing, one.Service.Weights.Warning), (7, 2))
    same("port", one.Service.Port, 3306)
    same("kind and peer", (one.Service.Kind, one.Service.PeerName, one.Node.PeerName), ("", "", ""))
    same("checks", [(c.CheckID, c.Name, c.Status, c.ServiceID, c.Node) for c in one.Checks],
         [("mysql-1:overall-check", "overall-check", "passing", "mysql-1", "node-1")])
    same("tags", list(nodes["mysql-2"].Service.Tags), ["standby"])
    same("status", nodes["mysql-2"].Checks[0].Status, "warning")

    server.register("mysql", instance="mysql-2", status="critical", Tags=["standby"])
    name, changed = stream.resource("the change", wire.stream.ExportedService)
    same("what changed", name, "mysql")
    same("statuses", sorted(one.Checks[0].Status for one in changed.Nodes), ["critical", "passing"])
    server.register("hidden", status="critical")
    stream.silent("a change of what is not exported to this peer")
    server.export({"hidden": ["someone-else"]})
    _, listed = stream.resource("the list", wire.stream.ExportedServiceList)
    same("list", list(listed.Services), [])
    stream.silent("after the list")


def check_companions_stand_for_the_gateways(server):
    """3.6, 6.2: `<service>-sidecar-proxy`, one for each of our gateways, by its WAN address."""
    server.sidecar("wallet")

    def gateway(number, **fields):
        wan = {"wan": {"Address": f"198.51.100.{number}", "Port": 443}}
        server.register("mesh-gateway", node=f"gate-{number}", instance=f"gate-{number}",
                        Kind="mesh-gateway", Address=f"192.0.2.{number}", Port=8443,
                        TaggedAddresses=wan, **fields)

    gateway(1)
    gateway(2)
    server.export({"wallet": ["companions"]})
    caller, stream = connected(server, "companions")
    ask(caller, stream)
    found = stream.resources("everything", 3)
    same("resources", set(found), {("ExportedServiceList", "exported-service-list"),
                                   ("ExportedService", "wallet"),
                                   ("ExportedService", "wallet-sidecar-proxy")})
    same("list", list(found["ExportedServiceList", "exported-service-list"].Services), ["wallet"])
    companions = found["ExportedService", "wallet-sidecar-proxy"].Nodes
    same("ids", [one.Service.ID for one in companions],
         [f"wallet-sidecar-proxy-instance-{i}" for i in range(2)])
    trust_domain = caller.token["ServerName"].rpartition(".peering.")[2]
    for one, number in zip(companions, (1, 2)):
        same("node", one.Node.Node, f"gate-{number}")
        same("kind", (one.Service.Kind, one.Service.Service),
             ("connect-proxy", "wallet-sidecar-proxy"))
        wan = one.Service.TaggedAddresses["wan"]
        same("where", (one.Service.Address, one.Service.Port, wan.Address, wan.Port),
             (f"192.0.2.{number}", 8443, f"198.51.100.{number}", 443))
        same("destination", one.Service.Proxy.DestinationServiceName, "wallet")
        meta = one.Service.Connect.PeerMeta
        same("SNI", list(meta.SNI), [f"wallet.default.default.companions.external.{trust_domain}"])
        same("identities", list(meta.SpiffeID),
             [f"spiffe://{trust_domain}/ns/default/dc/java/svc/wallet",
              f"spiffe://{trust_domain}/gateway/mesh/dc/java"])
        same("protocol", meta.Protocol, "tcp")
        same("checks", [check.Status for check in one.Checks], ["passing"])

    gateway(2, status="critical")
    name, changed = stream.resource("a gateway's change", wire.stream.ExportedService)
    same("what changed", name, "wallet-sidecar-proxy")
    same("statuses", [one.Checks[0].Status for one in changed.Nodes], ["passing", "critical"])
    for number, left in ((2, ["gate-1"]), (1, [])):
        gone = {"Node": f"gate-{number}", "ServiceID": f"gate-{number}"}
        server.do("PUT", "/v1/catalog/deregister", gone)
        name, changed = stream.resource("a gateway's end", wire.stream.ExportedService)
        same("what changed", (name, [one.Node.Node for one in changed.Nodes]),
             ("wallet-sidecar-proxy", left))


def check_every_stream_begins_with_everything(server):
    """3.6: duplicates are suppressed for the life of a stream, and no longer."""
    server.register("again")
    server.export({"again": ["anew"]})
    caller, secret = established(server, "anew")
    for _ in range(2):
        stream = caller.open(secret)
        ask(caller, stream)
        found = stream.resources("everything", 2)
        same("instances", len(found["ExportedService", "again"].Nodes), 1)
        stream.half_close()
        stream.ended("a stream")


def check_roots_are_those_of_the_certificate_authority(server):
    """11.2 ..._CARootUpdates (first half; a rotation is another test's)."""
    caller, stream = connected(server, "roots")
    stream.say(wire.subscription(wire.BUNDLE_URL, caller.token["PeerID"]))
    name, bundle = stream.resource("the bundle", peering.PeeringTrustBundle)
    roots = server.get("/v1/connect/ca/roots")
    same("id", name, "roots")
    same("TrustDomain", bundle.TrustDomain, roots["TrustDomain"])
    same("roots", [pem.strip() for pem in bundle.RootPEMs],
         [root["RootCert"].strip() for root in roots["Roots"]])
    same("what stays with the sender", (bundle.PeerName, bundle.Partition, bundle.ModifyIndex),
         ("", "", 0))


def check_nonces_count_and_a_nack_ends_nothing(server):
    """11.2 ..._AckNackNonce; 3.7: `%08x` from 1, a NACK is recorded and causes no resend."""
    server.register("nonce")
    server.export({"nonce": ["nack"]})
    caller, stream = connected(server, "nack")
    ask(caller, stream)
    nonces = []
    for _ in range(2):
        response = stream.next("a resource").response
        nonces.append(response.Nonce)
        stream.say(wire.nack(response.ResourceURL, response.Nonce, 13, "no room"))
    same("nonces", nonces, ["00000001", "00000002"])
    stream.silent("after a NACK")
    server.register("nonce", status="critical")
    stream.resource("a change after a NACK", wire.stream.ExportedService)
    same("nonce", stream.last_nonce, "00000003")


def check_what_cannot_be_taken_is_nacked_by_name(server):
    """11.2 Test_processResponse_Validation: each with its code, words and nonce; the stream lives."""
    _, stream = connected(server, "validate")
    good = catalog.instances("kept", "kept-1")
    catalog.give(stream, "kept", good)
    url = wire.SERVICE_URL
    good_any = wire.response("n", url, "kept", good).response.Resource
    other_any = wire.response("n", wire.LIST_URL, "kept", catalog.listed()).response.Resource
    Response = Message.Response
    cases = [
        (Response(Nonce="1", ResourceURL="moon", ResourceID="x", Resource=good_any, operation=1),
         3, 'received response for unknown resource type "moon"'),
        (Response(ResourceURL=url, ResourceID="kept", Resource=good_any, operation=1),
         3, f"received response without a nonce for: {url}:kept"),
        (Response(Nonce="2", ResourceURL=url, ResourceID="kept", operation=1),
         3, "received upsert response with no content"),
        (Response(Nonce="3", ResourceURL=url, ResourceID="kept", Resource=good_any),
         3, 'unsupported operation: "OPERATION_UNSPECIFIED"'),
        (Response(Nonce="4", ResourceURL=url, ResourceID="kept", Resource=good_any, operation=99),
         3, 'unsupported operation: "99"'),
        (Response(Nonce="5", ResourceURL=url, ResourceID="kept", Resource=other_any, operation=1),
         13, f'upsert error, ResourceURL: "{url}", ResourceID: "kept": '),
        (Response(Nonce="6", ResourceURL=wire.ADDRESSES_URL, ResourceID="server-addrs", operation=1,
                  Resource=wire.response("n", wire.ADDRESSES_URL, "x",
                                         peering.PeeringServerAddresses(Addresses=["h:1"])
                                         ).response.Resource),
         13, "server addresses are for the side that dials"),
    ]
    for response, code, words in cases:
        stream.say(Message(response=response))
        answer = stream.next_request(words)
        same(f"nonce of {words!r}", answer.ResponseNonce, response.Nonce)
        same(f"type of {words!r}", answer.ResourceURL, response.ResourceURL)
        same(f"code of {words!r}", answer.Error.code, code)
        holds(f"{words!r}; found {answer.Error.message!r}", words in answer.Error.message)
    same("what was there", server.imported("validate", "kept"), {"kept-1": "passing"})


def check_empty_names_and_foreign_content_are_refused(server):
    """12.4 and 11.2 Test_processResponse_ExportedServiceUpdates: nothing of a bad message is used."""
    _, stream = connected(server, "empty")
    catalog.give(stream, "kept", catalog.instances("kept", "kept-1"))
    no_node = catalog.instances("kept", "kept-1", node="")
    no_id = catalog.instances("kept", "")
    no_check = catalog.instances("kept", "kept-1")
    no_check.Nodes[0].Checks[0].CheckID = ""
    other = catalog.instances("other", "other-1")
    mixed = catalog.instances("kept", "kept-1", "kept-2")
    mixed.Nodes[1].Service.Port = -1
    for bad in (no_node, no_id, no_check, other, mixed):
        answer = stream.offer(wire.SERVICE_URL, "kept", bad)
        same("code", answer.Error.code, 13)
    same("what was there", server.imported("empty", "kept"), {"kept-1": "passing"})


def check_imports_are_replaced_whole_and_by_name(server):
    """11.2 Test_processResponse_ExportedServiceUpdates, row by row."""
    _, stream = connected(server, "replace")
    give, found = catalog.give, lambda name: server.imported("replace", name)
    give(stream, "web", catalog.instances("web", "web-1", "web-2"))
    give(stream, "api", catalog.instances("api", "api-1"))  # same node, another service
    same("web", found("web"), {"web-1": "passing", "web-2": "passing"})
    same("api", found("api"), {"api-1": "passing"})
    give(stream, "web", catalog.instances("web", "web-2", "web-3", status="critical"))
    same("web after a replacement", found("web"), {"web-2": "critical", "web-3": "critical"})
    same("api beside it", found("api"), {"api-1": "passing"})
    moved = catalog.instances("web", "web-2", node="another-node")
    moved.Nodes[0].ClearField("Checks")
    give(stream, "web", moved)
    same("web after its move", found("web"), {"web-2": "passing"})
    entry = server.get("/v1/health/service/web?peer=replace")[0]
    same("node", (entry["Node"]["Node"], entry["Node"]["Datacenter"]), ("another-node", "py"))
    same("checks", entry["Checks"], [])
    give(stream, "web", wire.stream.ExportedService())
    same("web after an empty message", found("web"), {})
    same("api beside it", found("api"), {"api-1": "passing"})
    same("not of another peer", server.imported("token", "api"), {})
    holds("not ours", "api" not in server.get("/v1/catalog/services"))


def check_names_that_are_not_listed_any_more_are_withdrawn(server):
    """11.2 Test_processResponse_ExportedServiceUpdates, un-export; 3.6: companions stay."""
    _, stream = connected(server, "withdraw")
    domain = "22222222-2222-4222-8222-222222222222.consul"
    for name in ("web", "api"):
        catalog.give(stream, name, catalog.instances(name, f"{name}-1"))
        catalog.give(stream, f"{name}-sidecar-proxy", catalog.proxy(name, domain, "withdraw"))
    catalog.give_list(stream, "api")
    same("web", server.imported("withdraw", "web"), {})
    same("web's proxy", server.get("/v1/health/connect/web?peer=withdraw"), [])
    same("api", server.imported("withdraw", "api"), {"api-1": "passing"})
    same("api's proxy", len(server.get("/v1/health/connect/api?peer=withdraw")), 1)
    status = server.get("/v1/peering/withdraw")["StreamStatus"]
    same("ImportedServices", status["ImportedServices"], ["api"])


def check_lost_stream_takes_nothing_and_the_next_reconciles(server):
    """11.3 Lifecycle_UnexportWhileDown."""
    caller, secret = established(server, "down")
    stream = caller.open(secret)
    for name in ("web", "api"):
        catalog.give(stream, name, catalog.instances(name, f"{name}-1"))
    stream.call.cancel()
    eventually("not ACTIVE", lambda: server.state("down") != "ACTIVE")
    same("web while down", server.imported("down", "web"), {"web-1": "passing"})
    stream = caller.open(secret)
    catalog.give_list(stream, "api")
    same("web", server.imported("down", "web"), {})
    same("api", server.imported("down", "api"), {"api-1": "passing"})


def check_our_bundle_speaks_for_nobody_else(server):
    """3.6, 6.4: pinned at the first bundle; another's, the server's own and names of another refused."""
    own = server.get("/v1/connect/ca/roots")
    root = own["Roots"][0]["RootCert"]
    _, stream = connected(server, "pin")
    answer = stream.offer(
        wire.BUNDLE_URL,
        "roots",
        peering.PeeringTrustBundle(TrustDomain=own["TrustDomain"], RootPEMs=[root]),
    )
    same("code of the server's own trust domain", answer.Error.code, 13)
    stolen = catalog.proxy("web", own["TrustDomain"], "pin")
    answer = stream.offer(wire.SERVICE_URL, "web-sidecar-proxy", stolen)
    same("code of the server's own names", answer.Error.code, 13)
    same("proxies", server.get("/v1/health/connect/web?peer=pin"), [])


def check_what_a_later_version_adds_harms_nothing(server):
    """3.9: unknown fields at every level, an unknown payload, an Open in mid-stream."""
    caller, secret = established(server, "later")
    more = b"\xa2\x06\x03New"  # field 100
    first = wire.open_stream(caller.token["PeerID"], secret)
    first.open.Remote.Locality.Region = "eu"
    first.MergeFromString(more)
    stream = caller.converse(first)
    stream.subscriptions([wire.SERVICE_URL, wire.LIST_URL, wire.BUNDLE_URL])
    stream.say(Message.FromString(more), first)
    message = catalog.instances("web", "web-1")
    message.Nodes[0].Service.Ports.add(Port=1, Name="x")
    message.Nodes[0].Service.AI.Of = "?"
    message.Nodes[0].Service.EnterpriseMeta.SetInParent()
    message.MergeFromString(more)
    catalog.give(stream, "web", message)
    same("web", server.imported("later", "web"), {"web-1": "passing"})


def check_message_over_the_limit_ends_the_stream_alone(server):
    """12.13: 8 MiB; the server, and the next stream, live."""
    caller, secret = established(server, "large")
    stream = caller.open(secret)
    large = catalog.instances("web", "web-1")
    large.Nodes[0].Checks[0].Output = "x" * (9 << 20)
    stream.say(wire.response("00000001", wire.SERVICE_URL, "web", large))
    holds("an error", stream.ended("a message of 9 MiB") is not None)
    eventually("not ACTIVE", lambda: server.state("large") != "ACTIVE")
    stream = caller.open(secret)
    catalog.give(stream, "web", catalog.instances("web", "web-1"))


def check_status_tells_of_the_stream(server):
    """11.2 ..._StreamTracker: connected, received, sent, imported, exported, disconnected."""
    server.register("told")
    server.export({"told": ["status"]})
    caller, stream = connected(server, "status")
    eventually("ACTIVE", lambda: server.state("status") == "ACTIVE")
    ask(caller, stream)
    stream.say(wire.heartbeat())
    stream.resources("services", 2)
    catalog.give(stream, "web", catalog.instances("web", "web-1"))

    def told():
        status = server.get("/v1/peering/status")["StreamStatus"]
        moments = [status[name] for name in ("LastHeartbeat", "LastReceive", "LastSend")]
        lists = (status["ImportedServices"], status["ExportedServices"])
        return all(moments) and lists == (["web"], ["told"])

    eventually("a whole status", told)
    stream.call.cancel()
    eventually("FAILING", lambda: server.state("status") == "FAILING")


def check_deleting_says_terminated_and_closes_in_good_order(server):
    """11.2 ..._Terminate; 11.3 Lifecycle_ServerDeletion; 12.8: what is still sent is read."""
    caller, secret = established(server, "ended")
    stream = caller.open(secret)
    catalog.give(stream, "web", catalog.instances("web", "web-1"))
    server.do("DELETE", "/v1/peering/ended")
    same("last word", stream.next("the last word").WhichOneof("Payload"), "terminated")
    stream.say(wire.heartbeat())
    stream.half_close()
    same("end", stream.ended("a terminated stream"), None)
    eventually("no record", lambda: server.call("GET", "/v1/peering/ended")[0] == 404)
    again = caller.converse(wire.open_stream(caller.token["PeerID"], secret))
    error = again.ended("a stream of a peering that is gone")
    same("status", error.code(), Code.INVALID_ARGUMENT)
    refused("its secret", caller.exchange, Code.PERMISSION_DENIED, SECRET_REFUSED)


def check_terminated_by_the_dialer_removes_what_it_sent(server):
    """11.3 Lifecycle_ClientDeletion: TERMINATED, imports gone, the record stays."""
    caller, secret = established(server, "goodbye")
    stream = caller.open(secret)
    catalog.give(stream, "web", catalog.instances("web", "web-1"))
    stream.say(wire.terminated())
    stream.half_close()
    same("end", stream.ended("a stream that said goodbye"), None)
    eventually("TERMINATED", lambda: server.state("goodbye") == "TERMINATED")
    eventually("no web", lambda: server.imported("goodbye", "web") == {})
    again = caller.converse(wire.open_stream(caller.token["PeerID"], secret))
    error = again.ended("a stream of a terminated peering")
    same("status", error.code(), Code.ABORTED)
    same("message", error.details(), f"peering is marked as deleted: {caller.token['PeerID']}")


def check_other_calls_find_no_door(server):
    """4: on the peers' name only the two calls are served."""
    caller = Caller(server.token("door"))
    method = caller.channel.unary_unary("/hansa.proxy.v1.ProxyControl/Join")
    try:
        method(b"", timeout=5)
    except grpc.RpcError as error:
        allowed = (Code.PERMISSION_DENIED, Code.UNIMPLEMENTED)
        holds(f"one of {allowed}; found {error.code()}", error.code() in allowed)
        return
    raise AssertionError("another call: expected a refusal; found success")


class HeartbeatWatch:
    """A stream that stays open while the other checks run."""

    def __init__(self, server):
        self.server = server
        self.caller, self.stream = connected(server, "heart")
        self.began = time.monotonic()

    def finish(self, server):
        """11.2 ..._SendsHeartbeats: one every 15 s, the first after 15 s."""
        holds("no heartbeat at once", self.stream.heartbeats == 0 or self.elapsed() > 14)
        eventually("a heartbeat", lambda: self.stream.heartbeats > 0, 20)
        holds("a heartbeat after 15 s", 13 < self.elapsed() or self.stream.heartbeats == 1)
        same("state", server.state("heart"), "ACTIVE")

    def elapsed(self):
        return time.monotonic() - self.began
