package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.hansa.peering.wire.LeaderAddress;
import dev.hansa.peering.wire.Status;
import io.vertx.core.MultiMap;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class DialRingTest {
    private static final List<String> SERVERS =
            List.of("192.0.2.1:8503", "192.0.2.2:8503", "192.0.2.3:8503");

    private final DialRing ring = new DialRing();

    @Test
    void eachAttemptTakesTheNextAddress() {
        assertThat(ring.next(SERVERS)).isEqualTo(SERVERS.get(0));
        assertThat(ring.next(SERVERS)).isEqualTo(SERVERS.get(1));
        assertThat(ring.next(SERVERS)).isEqualTo(SERVERS.get(2));
        assertThat(ring.next(SERVERS)).isEqualTo(SERVERS.get(0));
        assertThat(ring.next(List.of("192.0.2.9:8503"))).isEqualTo("192.0.2.9:8503");
    }

    @Test
    void leaderIsNextWhenItIsOneOfThePeersOwn() {
        ring.next(SERVERS);

        assertThat(ring.follow("192.0.2.3:8503", SERVERS)).isTrue();
        assertThat(ring.next(SERVERS)).isEqualTo("192.0.2.3:8503");
        assertThat(ring.next(SERVERS)).isEqualTo("192.0.2.1:8503");
    }

    @Test
    void strangerIsNotDialledWhoeverNamesIt() {
        ring.next(SERVERS);

        assertThat(ring.follow("198.51.100.66:8503", SERVERS)).isFalse();
        assertThat(ring.next(SERVERS)).isEqualTo("192.0.2.2:8503");
    }

    private static MultiMap details(String typeUrl, ByteString value) {
        var status =
                Status.newBuilder()
                        .setCode(9)
                        .addDetails(Any.newBuilder().setTypeUrl(typeUrl).setValue(value))
                        .build();
        return MultiMap.caseInsensitiveMultiMap()
                .set(
                        "grpc-status-details-bin",
                        Base64.getEncoder().withoutPadding().encodeToString(status.toByteArray()));
    }

    @Test
    void detailOfARefusalIsReadAndNothingElseIsTakenForIt() {
        var type = "type.googleapis.com/hashicorp.consul.internal.peerstream.LeaderAddress";
        var leader = LeaderAddress.newBuilder().setAddress(SERVERS.get(1)).build();

        assertThat(LeaderHint.in(details(type, leader.toByteString()))).contains(SERVERS.get(1));
        assertThat(LeaderHint.in(details(type + "2", leader.toByteString()))).isEmpty();
        assertThat(LeaderHint.in(details(type, ByteString.copyFromUtf8("garbage")))).isEmpty();
        assertThat(LeaderHint.in(details(type, ByteString.EMPTY))).isEmpty();
        assertThat(
                        LeaderHint.in(
                                MultiMap.caseInsensitiveMultiMap()
                                        .set("grpc-status-details-bin", "!!")))
                .isEmpty();
    }
}
