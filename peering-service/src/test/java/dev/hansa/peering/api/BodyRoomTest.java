package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class BodyRoomTest {
    private static final int MIB = 1 << 20;
    private static final ClientNetwork ADA = ClientNetwork.of(InetAddress.ofLiteral("192.0.2.1"));
    private static final ClientNetwork BOB = ClientNetwork.of(InetAddress.ofLiteral("192.0.2.2"));

    private final BodyRoom room = new BodyRoom(4 * MIB);

    @Test
    void oneClientHasThreeQuartersOfTheRoomAndAllTogetherTheWhole() {
        var first = room.take(ADA, 2 * MIB).orElseThrow();
        assertThat(room.take(ADA, MIB)).isPresent();
        assertThat(room.take(ADA, 1)).isEmpty();
        assertThat(room.take(BOB, MIB)).isPresent();
        assertThat(room.take(BOB, 1)).isEmpty();

        first.free();
        first.free();

        assertThat(room.held()).isEqualTo(2 * MIB);
        assertThat(room.take(BOB, 2 * MIB)).isPresent();
        assertThat(room.take(ADA, 1)).isEmpty();
    }

    @Test
    void oneClientHasRoomForTheLongestBodyWhereThereIsLittle() {
        assertThat(new BodyRoom(1).take(ADA, BodyDoor.MAX_BODY)).isPresent();
    }
}
