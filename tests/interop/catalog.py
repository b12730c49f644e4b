"""What a peer of hansa exports, made by hand."""

import wire
from wire import service, stream


def instances(name, *ids, node="far-node", status="passing", port=9000):
    """A service with these instances, each with one flattened check."""
    return stream.ExportedService(
        Nodes=[
            service.CheckServiceNode(
                Node=service.Node(Node=node, Address="192.0.2.50", Datacenter="py"),
                Service=service.NodeService(
                    ID=one,
                    Service=name,
                    Port=port,
                    Weights=service.Weights(Passing=1, Warning=1),
                ),
                Checks=[
                    service.HealthCheck(
                        Node=node,
                        CheckID=f"{one}:overall-check",
                        Name="overall-check",
                        Status=status,
                        ServiceID=one,
                        ServiceName=name,
                    )
                ],
            )
            for one in ids
        ]
    )


def proxy(name, trust_domain, peer, sni=None, identity=None, protocol="tcp"):
    """The made-up proxy of a service at one gateway."""
    companion = f"{name}-sidecar-proxy"
    meta = service.PeeringServiceMeta(
        SNI=[sni or f"{name}.default.default.{peer}.external.{trust_domain}"],
        SpiffeID=[
            identity or f"spiffe://{trust_domain}/ns/default/dc/py/svc/{name}",
            f"spiffe://{trust_domain}/gateway/mesh/dc/py",
        ],
        Protocol=protocol,
    )
    message = instances(companion, f"{companion}-instance-0", node="far-gateway", port=8443)
    one = message.Nodes[0].Service
    one.Kind = "connect-proxy"
    one.Proxy.DestinationServiceName = name
    one.Proxy.DestinationServiceID = f"{name}-instance-0"
    one.Connect.PeerMeta.CopyFrom(meta)
    return message


def listed(*names):
    return stream.ExportedServiceList(Services=names)


def give(conversation, name, message):
    conversation.taken(wire.SERVICE_URL, name, message)


def give_list(conversation, *names):
    conversation.taken(wire.LIST_URL, "exported-service-list", listed(*names))
