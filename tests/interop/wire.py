"""The messages of the peer stream, compiled from proto/ when first asked for."""

import importlib
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).resolve().parent
_generated = tempfile.TemporaryDirectory(prefix="interop-proto-")


def _compile():
    bundled = Path(protoc.__file__).parent / "_proto"
    protos = sorted(str(path) for path in (HERE / "proto").glob("*.proto"))
    arguments = ["protoc", f"-I{HERE / 'proto'}", f"-I{bundled}", f"--python_out={_generated.name}"]
    if protoc.main(arguments + protos) != 0:
        raise SystemExit("interop: protoc refused proto/")
    sys.path.insert(0, _generated.name)


def discard():
    """Removes what was compiled; an ordinary exit does it too."""
    _generated.cleanup()


_compile()
common = importlib.import_module("interop_common_pb2")
peering = importlib.import_module("interop_peering_pb2")
rpc = importlib.import_module("interop_rpc_pb2")
service = importlib.import_module("interop_service_pb2")
status = importlib.import_module("interop_status_pb2")
stream = importlib.import_module("interop_stream_pb2")

PREFIX = "type.googleapis.com/"
SERVICE_URL = PREFIX + "hashicorp.consul.internal.peerstream.ExportedService"
LIST_URL = PREFIX + "hashicorp.consul.internal.peerstream.ExportedServiceList"
BUNDLE_URL = PREFIX + "hashicorp.consul.internal.peering.PeeringTrustBundle"
ADDRESSES_URL = PREFIX + "hashicorp.consul.internal.peering.PeeringServerAddresses"
LEADER_URL = PREFIX + "hashicorp.consul.internal.peerstream.LeaderAddress"

RPC = "/hashicorp.consul.internal.peerstream.PeerStreamService/"

Message = stream.ReplicationMessage


def encoded(message):
    """Bytes that are the same on every run: map entries in the order of their keys."""
    return message.SerializeToString(deterministic=True)


def open_stream(peer_id, secret, datacenter="py"):
    remote = peering.RemoteInfo(Datacenter=datacenter)
    return Message(open=Message.Open(PeerID=peer_id, StreamSecretID=secret, Remote=remote))


def subscription(url, peer_id=""):
    return Message(request=Message.Request(PeerID=peer_id, ResourceURL=url))


def ack(url, nonce):
    return Message(request=Message.Request(ResponseNonce=nonce, ResourceURL=url))


def nack(url, nonce, code, text):
    error = status.Status(code=code, message=text)
    return Message(request=Message.Request(ResponseNonce=nonce, ResourceURL=url, Error=error))


def response(nonce, url, resource_id, resource, operation=1):
    message = Message.Response(
        Nonce=nonce, ResourceURL=url, ResourceID=resource_id, operation=operation
    )
    message.Resource.type_url = url
    message.Resource.value = encoded(resource)
    return Message(response=message)


def heartbeat():
    return Message(heartbeat=Message.Heartbeat())


def terminated():
    return Message(terminated=Message.Terminated())
