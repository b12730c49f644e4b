package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Each kind of history that cannot be is found, and one that can be is not.
class SoakHistoryTest {
    private final SoakHistory history = new SoakHistory();

    private void write(long value, boolean isAcknowledged, long begun, long ended) {
        history.add(new SoakHistory.Write("k", value, isAcknowledged, begun, ended));
    }

    private void read(String client, long value, long index, long begun, long ended) {
        history.add(new SoakHistory.Read(client, "k", value, index, begun, ended));
    }

    @Test
    void whatCanBeIsNoViolation() {
        read("a", SoakHistory.ABSENT, 0, 0, 1);
        write(1, true, 2, 10);
        read("a", 1, 5, 3, 4);
        read("b", SoakHistory.ABSENT, 0, 3, 5);
        write(2, false, 11, 20);
        read("a", 1, 5, 21, 22);
        read("a", 2, 6, 23, 24);
        write(3, true, 25, 30);
        read("b", 3, 7, 31, 32);
        history.add(new SoakHistory.Use("s", true, 1));
        history.add(new SoakHistory.Use("s", false, 2));
        history.add(new SoakHistory.Seen("api", 9));
        history.add(new SoakHistory.Revocation("api", 10));

        assertThat(history.violations()).isEmpty();
        assertThat(history.operations()).isEqualTo(11);
    }

    @Test
    void lostWriteIsFound() {
        write(1, true, 0, 1);
        write(2, true, 2, 3);
        read("a", 1, 5, 4, 5);
        assertThat(history.violations()).singleElement().asString().startsWith("lost or invented");
    }

    @Test
    void valueThatNobodyWroteIsFound() {
        write(1, true, 0, 1);
        read("a", 2, 5, 4, 5);
        assertThat(history.violations()).singleElement().asString().startsWith("lost or invented");
    }

    @Test
    void readBackInTimeIsFound() {
        write(1, true, 0, 10);
        read("a", 1, 5, 2, 3);
        read("a", SoakHistory.ABSENT, 0, 4, 5);
        assertThat(history.violations()).singleElement().asString().startsWith("back in time");
    }

    @Test
    void secretThatBoughtTwiceIsFound() {
        history.add(new SoakHistory.Use("s", true, 1));
        history.add(new SoakHistory.Use("s", true, 2));
        assertThat(history.violations()).singleElement().asString().startsWith("used twice");
    }

    @Test
    void exportThatWasRevokedBeforeTheReadBeganIsFound() {
        history.add(new SoakHistory.Revocation("api", 10));
        history.add(new SoakHistory.Seen("api", 11));
        assertThat(history.violations()).singleElement().asString().startsWith("seen after");
    }
}
