"""Writes golden/*.hex: each message of the peer stream as an encoder that is not hansa's makes it.

`golden.py` writes them, `golden.py --check` compares and ends with 1 when one differs.
"""

import sys

import wire
from wire import HERE, common, peering, rpc, service, stream

TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul"
PEER_ID = "9e650110-ac74-4c5a-a6a8-9348b2bed4e9"
SECRET = "e4b3d9f6-3f0c-4b6e-8e58-8d7f5d7a9b1c"
SNI = f"mysql.default.default.lke.external.{TRUST_DOMAIN}"
IDENTITIES = [
    f"spiffe://{TRUST_DOMAIN}/ns/default/dc/eks/svc/mysql",
    f"spiffe://{TRUST_DOMAIN}/gateway/mesh/dc/eks",
    f"spiffe://{TRUST_DOMAIN}/ns/default/dc/west/svc/mysql",
]


def plain():
    """What an exporter sends of two instances: checks flattened to one, or none at all."""
    first = service.CheckServiceNode(
        Node=service.Node(
            ID="af913374-68ea-41e5-82e8-6ffd3dffc461",
            Node="node-1",
            Address="10.0.0.1",
            Datacenter="eks",
            TaggedAddresses={"lan": "10.0.0.1", "wan": "198.51.100.1"},
            Meta={"zone": "a", "rack": "7"},
        ),
        Service=service.NodeService(
            ID="mysql-1",
            Service="mysql",
            Tags=["primary", "v8"],
            Address="10.0.1.1",
            Meta={"version": "8.4"},
            Port=3306,
            Weights=service.Weights(Passing=3, Warning=1),
            TaggedAddresses={
                "lan": service.ServiceAddress(Address="10.0.1.1", Port=3306),
                "wan": service.ServiceAddress(Address="198.51.100.9", Port=13306),
            },
        ),
        Checks=[
            service.HealthCheck(
                Node="node-1",
                CheckID="mysql-1:overall-check",
                Name="overall-check",
                Status="critical",
                ServiceID="mysql-1",
                ServiceName="mysql",
            )
        ],
    )
    second = service.CheckServiceNode(
        Node=service.Node(Node="node-2", Address="2001:db8::2", Datacenter="eks"),
        Service=service.NodeService(
            ID="mysql-2",
            Service="mysql",
            Port=3306,
            Weights=service.Weights(Passing=1, Warning=1),
        ),
    )
    return stream.ExportedService(Nodes=[first, second])


def with_what_hansa_drops():
    """The same two instances with all that only their own datacenter, or a later version, needs."""
    message = plain()
    for node in message.Nodes:
        node.Node.RaftIndex.CopyFrom(common.RaftIndex(CreateIndex=12, ModifyIndex=34))
        node.Node.Locality.CopyFrom(common.Locality(Region="us-east-1", Zone="a"))
        node.Node.PeerName = "a-name-of-the-exporter"
        node.Service.RaftIndex.CopyFrom(common.RaftIndex(CreateIndex=1, ModifyIndex=2))
        node.Service.EnterpriseMeta.SetInParent()
        node.Service.EnableTagOverride = True
        node.Service.Locality.CopyFrom(common.Locality(Region="us-east-1", Zone="a"))
        node.Service.Ports.add(Port=9100, Name="metrics")
        node.Service.AI.Of = "1.24"
        for check in node.Checks:
            check.EnterpriseMeta.SetInParent()
            check.ServiceTags.append("primary")
            check.Interval = "10s"
    return message


def sidecar():
    """The made-up proxy of a service, at each of the exporter's gateways."""
    nodes = []
    for i in range(2):
        gateway = f"gateway-{i}"
        proxy = f"mysql-sidecar-proxy-instance-{i}"
        nodes.append(
            service.CheckServiceNode(
                Node=service.Node(Node=gateway, Address=f"10.0.9.{i + 1}", Datacenter="eks"),
                Service=service.NodeService(
                    Kind="connect-proxy",
                    ID=proxy,
                    Service="mysql-sidecar-proxy",
                    Address=f"10.0.9.{i + 1}",
                    Port=8443,
                    Weights=service.Weights(Passing=1, Warning=1),
                    Proxy=service.ConnectProxyConfig(
                        DestinationServiceName="mysql",
                        DestinationServiceID=f"mysql-instance-{i}",
                    ),
                    Connect=service.ServiceConnect(
                        PeerMeta=service.PeeringServiceMeta(
                            SNI=[SNI], SpiffeID=IDENTITIES, Protocol="tcp"
                        )
                    ),
                    TaggedAddresses={
                        "wan": service.ServiceAddress(Address=f"198.51.100.{i + 1}", Port=443)
                    },
                ),
                Checks=[
                    service.HealthCheck(
                        Node=gateway,
                        CheckID=f"{proxy}:overall-check",
                        Name="overall-check",
                        Status=("passing", "maintenance")[i],
                        ServiceID=proxy,
                        ServiceName="mysql-sidecar-proxy",
                    )
                ],
            )
        )
    return stream.ExportedService(Nodes=nodes)


def messages():
    Open = wire.Message.Open
    upsert = wire.response
    located = wire.open_stream(PEER_ID, SECRET, "lke")
    located.open.Remote.Locality.CopyFrom(common.Locality(Region="eu-west-1", Zone="b"))
    leader = stream.LeaderAddress(address="198.51.100.5:8503")
    follower = rpc.Status(
        code=9, message="cannot establish a peering stream on a follower node"
    )
    follower.details.add(type_url=wire.LEADER_URL, value=wire.encoded(leader))
    bundle = peering.PeeringTrustBundle(
        TrustDomain=TRUST_DOMAIN, RootPEMs=["first root\n", "second root\n"]
    )
    later = wire.encoded(wire.heartbeat()) + bytes.fromhex("a206034e6577")  # field 100, "New"
    return {
        "open-1.14": wire.open_stream(PEER_ID, SECRET, "lke"),
        "open-with-locality": located,
        "open-without-remote": wire.Message(open=Open(PeerID=PEER_ID, StreamSecretID=SECRET)),
        "request-initial": wire.subscription(wire.SERVICE_URL, PEER_ID),
        "request-initial-of-acceptor": wire.subscription(wire.BUNDLE_URL),
        "request-ack": wire.ack(wire.SERVICE_URL, "0000002a"),
        "request-nack": wire.nack(wire.LIST_URL, "0000000b", 13, "upsert error"),
        "response-service": upsert("00000001", wire.SERVICE_URL, "mysql", plain()),
        "response-service-with-what-is-dropped": upsert(
            "00000001", wire.SERVICE_URL, "mysql", with_what_hansa_drops()
        ),
        "response-service-gone": upsert(
            "00000002", wire.SERVICE_URL, "mysql-sidecar-proxy", stream.ExportedService()
        ),
        "response-sidecar": upsert(
            "00000003", wire.SERVICE_URL, "mysql-sidecar-proxy", sidecar()
        ),
        "response-list": upsert(
            "00000004",
            wire.LIST_URL,
            "exported-service-list",
            stream.ExportedServiceList(Services=["api", "mysql"]),
        ),
        "response-bundle": upsert("00000005", wire.BUNDLE_URL, "roots", bundle),
        "response-addresses": upsert(
            "00000006",
            wire.ADDRESSES_URL,
            "server-addrs",
            peering.PeeringServerAddresses(Addresses=["198.51.100.5:8503", "[2001:db8::5]:8503"]),
        ),
        "terminated": wire.terminated(),
        "heartbeat": wire.heartbeat(),
        "heartbeat-of-a-later-version": later,
        "exchange-secret-request": stream.ExchangeSecretRequest(
            PeerID=PEER_ID, EstablishmentSecret=SECRET
        ),
        "exchange-secret-response": stream.ExchangeSecretResponse(StreamSecret=SECRET),
        "leader-address-in-status": follower,
    }


def text(message):
    data = message if isinstance(message, bytes) else wire.encoded(message)
    digits = data.hex()
    return "".join(digits[i : i + 96] + "\n" for i in range(0, len(digits), 96))


def main(check):
    folder = HERE / "golden"
    wanted = {f"{name}.hex": text(message) for name, message in messages().items()}
    if not check:
        for name, content in wanted.items():
            (folder / name).write_text(content)
        return 0
    found = {path.name: path.read_text() for path in folder.glob("*.hex")}
    different = sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
    )
    for name in different:
        print(f"golden/{name}: expected what golden.py writes; found another")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
