package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.api.ClientNetwork;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class HeldAnswersTest {
    private static final ClientNetwork CROWD = ClientNetwork.of(InetAddress.ofLiteral("192.0.2.1"));
    private static final ClientNetwork OTHER = ClientNetwork.of(InetAddress.ofLiteral("192.0.2.2"));

    private final HeldAnswers<String> held = new HeldAnswers<>(100);

    @Test
    void whoHoldsMostOfTheClientThatHoldsMostIsEndedAndOfEqualsTheOldest() {
        assertThat(held.holds("a", CROWD, 20, 0)).isEmpty();
        assertThat(held.holds("b", CROWD, 20, 0)).isEmpty();
        assertThat(held.holds("c", CROWD, 10, 0)).isEmpty();
        assertThat(held.holds("d", OTHER, 45, 0)).isEmpty();

        assertThat(held.holds("e", CROWD, 10, 0)).containsExactly("a");
        assertThat(held.holds("d", OTHER, 85, 0)).containsExactly("d");
        assertThat(held.holds("b", CROWD, 200, 0)).containsExactly("b");
    }

    @Test
    void asManyAreEndedAsThereIsRoomToBeMade() {
        for (var i = 0; i < 10; i++) {
            assertThat(held.holds("small " + i, CROWD, 9, 0)).isEmpty();
        }

        assertThat(held.holds("large", OTHER, 30, 0))
                .containsExactly("small 0", "small 1", "small 2");
    }

    @Test
    void whatIsTakenMakesRoomAndOneAloneMayHoldMore() {
        assertThat(held.holds("a", CROWD, 1000, 1000)).isEmpty();
        assertThat(held.holds("a", CROWD, 0, 0)).isEmpty();
        assertThat(held.holds("a", CROWD, 60, 0)).isEmpty();
        assertThat(held.holds("a", CROWD, 50, 0)).isEmpty();

        assertThat(held.holds("b", OTHER, 50, 0)).isEmpty();
        assertThat(held.holds("c", OTHER, 1, 0)).containsExactly("b");
    }

    @Test
    void longestAnswerComesOnTopOfWhatOthersHold() {
        assertThat(held.holds("other", OTHER, 1, 1)).isEmpty();
        assertThat(held.holds("long", CROWD, 1000, 1000)).isEmpty();

        assertThat(held.holds("long", CROWD, 1099, 1000)).isEmpty();
        assertThat(held.holds("long", CROWD, 1100, 1000)).containsExactly("long");
    }

    @Test
    void ofTwoThatAreAsLongTheLastOneStays() {
        assertThat(held.holds("first", CROWD, 1000, 1000)).isEmpty();

        assertThat(held.holds("last", OTHER, 1000, 1000)).containsExactly("first");
        assertThat(held.holds("shorter", CROWD, 999, 999)).containsExactly("shorter");
    }
}
