package dev.hansa.peering.stream;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.peering.wire.LeaderAddress;
import dev.hansa.peering.wire.Status;
import io.vertx.core.MultiMap;
import java.util.Base64;
import java.util.Optional;

/// Who leads, as a server that does not lead says it in the details of its refusal.
final class LeaderHint {
    /// gRPC's place for a status with details: base64 of a `google.rpc.Status`, which the wire's
    /// own Status is a copy of.
    static final String DETAILS = "grpc-status-details-bin";

    private static final String TYPE = "hashicorp.consul.internal.peerstream.LeaderAddress";

    private LeaderHint() {}

    /// Empty when there is none or it cannot be read: it is a hint and no more.
    static Optional<String> in(MultiMap headers) {
        var encoded = headers.get(DETAILS);
        if (encoded == null) {
            return Optional.empty();
        }
        try {
            for (var detail :
                    Status.parseFrom(Base64.getDecoder().decode(encoded)).getDetailsList()) {
                if (detail.getTypeUrl().endsWith("/" + TYPE)) {
                    var address = LeaderAddress.parseFrom(detail.getValue()).getAddress();
                    return address.isEmpty() ? Optional.empty() : Optional.of(address);
                }
            }
            return Optional.empty();
        } catch (IllegalArgumentException | InvalidProtocolBufferException _) {
            return Optional.empty();
        }
    }
}
