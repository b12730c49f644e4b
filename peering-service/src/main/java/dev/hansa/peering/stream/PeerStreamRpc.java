package dev.hansa.peering.stream;

import com.google.protobuf.MessageLite;
import com.google.protobuf.MessageOrBuilder;
import dev.hansa.peering.wire.ExchangeSecretRequest;
import dev.hansa.peering.wire.ExchangeSecretResponse;
import dev.hansa.peering.wire.ReplicationMessage;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;

/// Names of the peer stream on the wire. The names are Consul's.
public final class PeerStreamRpc {
    static final String EXPORTED_SERVICE =
            "type.googleapis.com/hashicorp.consul.internal.peerstream.ExportedService";
    static final String EXPORTED_SERVICE_LIST =
            "type.googleapis.com/hashicorp.consul.internal.peerstream.ExportedServiceList";
    static final String TRUST_BUNDLE =
            "type.googleapis.com/hashicorp.consul.internal.peering.PeeringTrustBundle";
    static final String SERVER_ADDRESSES =
            "type.googleapis.com/hashicorp.consul.internal.peering.PeeringServerAddresses";

    static final String LIST_ID = "exported-service-list";
    static final String BUNDLE_ID = "roots";
    static final String ADDRESSES_ID = "server-addrs";

    private static final ServiceName SERVICE =
            ServiceName.create("hashicorp.consul.internal.peerstream", "PeerStreamService");

    static final ServiceMethod<ReplicationMessage, ReplicationMessage> STREAM_SERVER =
            server("StreamResources", ReplicationMessage.getDefaultInstance());
    static final ServiceMethod<ReplicationMessage, ReplicationMessage> STREAM_CLIENT =
            client("StreamResources", ReplicationMessage.getDefaultInstance());
    static final ServiceMethod<ExchangeSecretRequest, ExchangeSecretResponse> EXCHANGE_SERVER =
            server("ExchangeSecret", ExchangeSecretRequest.getDefaultInstance());
    static final ServiceMethod<ExchangeSecretResponse, ExchangeSecretRequest> EXCHANGE_CLIENT =
            client("ExchangeSecret", ExchangeSecretResponse.getDefaultInstance());

    private PeerStreamRpc() {}

    private static <I extends MessageOrBuilder, O extends MessageLite> ServiceMethod<I, O> server(
            String name, I request) {
        return ServiceMethod.server(
                SERVICE, name, GrpcMessageEncoder.encoder(), GrpcMessageDecoder.decoder(request));
    }

    private static <I extends MessageOrBuilder, O extends MessageLite> ServiceMethod<I, O> client(
            String name, I response) {
        return ServiceMethod.client(
                SERVICE, name, GrpcMessageEncoder.encoder(), GrpcMessageDecoder.decoder(response));
    }
}
