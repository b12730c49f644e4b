package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.tests.multicluster.SoakHistory.Kind;
import dev.hansa.tests.multicluster.SoakHistory.Outcome;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Each kind of history that cannot be is found, and one that can be is not.
class SoakHistoryTest {
    private final SoakHistory history = new SoakHistory();

    private void write(long value, boolean isAcknowledged, long begun, long ended) {
        history.add(
                new SoakHistory.Write(Kind.CONFIG_WRITE, "k", value, isAcknowledged, begun, ended));
    }

    private void use(Outcome outcome, long begun, long ended) {
        history.add(new SoakHistory.Use(Kind.JOIN_SECRET, "s", outcome, begun, ended));
    }

    private void revoked(Kind kind, String name, long ended) {
        history.add(new SoakHistory.Revocation(kind, name, ended));
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
        use(Outcome.TAKEN, 0, 5);
        use(Outcome.REFUSED, 1, 2);
        use(Outcome.REFUSED, 6, 7);
        history.add(new SoakHistory.Seen("api", 9));
        revoked(Kind.EXPORT_REVOCATION, "api", 10);

        assertThat(history.violations()).isEmpty();
        assertThat(history.operations()).isEqualTo(12);
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
        use(Outcome.TAKEN, 0, 1);
        use(Outcome.TAKEN, 2, 3);
        assertThat(history.violations()).singleElement().asString().startsWith("used twice");
    }

    @Test
    void secretThatIsRefusedBeforeAnybodyHasUsedItIsFound() {
        use(Outcome.REFUSED, 0, 1);
        use(Outcome.TAKEN, 2, 3);
        assertThat(history.violations())
                .singleElement()
                .asString()
                .startsWith("refused though nobody had used it");
    }

    @Test
    void secretThatNobodyEverUsedAndIsRefusedIsFound() {
        use(Outcome.REFUSED, 0, 1);
        assertThat(history.violations())
                .singleElement()
                .asString()
                .startsWith("refused though nobody had used it");
    }

    @Test
    void secretThatMayHaveBoughtForSomebodyWhoWasNotToldIsRefusedRightly() {
        use(Outcome.UNKNOWN, 0, 5);
        use(Outcome.REFUSED, 1, 2);
        assertThat(history.violations()).isEmpty();
        // and nobody was answered with an unknown
        assertThat(history.operations()).isEqualTo(1);
    }

    @Test
    void exportThatWasRevokedBeforeTheReadBeganIsFound() {
        revoked(Kind.EXPORT_REVOCATION, "api", 10);
        history.add(new SoakHistory.Seen("api", 11));
        assertThat(history.violations()).singleElement().asString().startsWith("seen after");
    }

    private void comes(Kind kind, String name) {
        history.add(new SoakHistory.Write(kind, name, SoakHistory.THERE, true, 0, 1));
    }

    private void isThere(String name, long value, long begun) {
        history.add(
                new SoakHistory.Read(
                        "r", name, value, value == SoakHistory.ABSENT ? 0 : 5, begun, begun + 1));
    }

    @Test
    void registrationThatWasAcknowledgedAndIsNotThereIsFound() {
        comes(Kind.REGISTRATION, "web");
        isThere("web", SoakHistory.ABSENT, 2);
        assertThat(history.violations()).singleElement().asString().startsWith("lost or invented");
    }

    @Test
    void registrationOfWhichNobodyKnowsWhatBecameMayBeThereOrNot() {
        history.add(
                new SoakHistory.Write(Kind.REGISTRATION, "web", SoakHistory.THERE, false, 0, 1));
        isThere("web", SoakHistory.ABSENT, 2);
        isThere("web", SoakHistory.THERE, 4);
        assertThat(history.violations()).isEmpty();
    }

    @Test
    void serviceThatWasDeregisteredBeforeTheReadBeganIsFound() {
        comes(Kind.REGISTRATION, "web");
        revoked(Kind.DEREGISTRATION, "web", 10);
        history.add(new SoakHistory.Seen("web", 11));
        assertThat(history.violations()).singleElement().asString().startsWith("seen after");
    }

    @Test
    void peeringWhoseTokenWasAcknowledgedAndIsNotThereIsFound() {
        comes(Kind.TOKEN_GENERATED, "lke");
        isThere("lke", SoakHistory.ABSENT, 2);
        assertThat(history.violations()).singleElement().asString().startsWith("lost or invented");
    }

    @Test
    void peeringThatComesBackAfterItsDeletionIsFound() {
        comes(Kind.TOKEN_GENERATED, "lke");
        revoked(Kind.PEERING_DELETION, "lke", 10);
        history.add(new SoakHistory.Seen("lke", 11));
        assertThat(history.violations()).singleElement().asString().startsWith("seen after");
    }

    @Test
    void whatHadItsEffectIsCountedByKindAndNothingElse() {
        write(1, true, 0, 1);
        write(2, false, 2, 3);
        use(Outcome.TAKEN, 0, 1);
        use(Outcome.REFUSED, 2, 3);
        revoked(Kind.DEREGISTRATION, "web", 10);
        assertThat(history.acknowledged())
                .isEqualTo(
                        Map.of(
                                Kind.CONFIG_WRITE,
                                1L,
                                Kind.JOIN_SECRET,
                                1L,
                                Kind.DEREGISTRATION,
                                1L));
    }
}
