package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.trustbundle.PeerName;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that is killed between the check of an establishment secret and its answer.
class KilledExchangeTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final int ENOUGH = 100;

    @TempDir Path folder;

    private static StoreAnswer exchange(Store store, int number) {
        return store.apply(
                new StoreCommand.ExchangeSecret("id", "token-" + number, "stream-" + number, NOW));
    }

    /// A child JVM makes secrets and uses them up, and prints each that it would hand out, until it
    /// is killed at any moment.
    @Test
    void secretThatWasAnsweredForIsNeverTakenAgain() throws Exception {
        var child = ChildJvm.start(Exchanger.class, folder);
        var answered = 0;
        try (var lines = child.inputReader()) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                answered = Integer.parseInt(line);
                if (answered == ENOUGH) {
                    ChildJvm.kill(child);
                }
            }
        }
        child.waitFor();

        assertThat(answered).isGreaterThanOrEqualTo(ENOUGH);
        try (var store = TestStore.open(folder)) {
            for (var number = 1; number <= answered; number++) {
                assertThat(exchange(store, number)).isInstanceOf(StoreAnswer.Refused.class);
            }
            // the one that it was about may have been used or not; twice it is not
            exchange(store, answered + 1);
            assertThat(exchange(store, answered + 1)).isInstanceOf(StoreAnswer.Refused.class);
        }
    }

    static final class Exchanger {
        public static void main(String[] arguments) {
            try (var store = TestStore.open(Path.of(arguments[0]))) {
                store.apply(
                        new StoreCommand.PutPeering(
                                PeeringRecord.accepting(new PeerName("lke"), "id", Map.of())));
                for (var number = 1; number < 100_000; number++) {
                    store.apply(
                            new StoreCommand.IssueEstablishment(
                                    "id",
                                    new PeeringSecrets.Establishment(
                                            "token-" + number, "jti", NOW.plusSeconds(60))));
                    if (exchange(store, number) instanceof StoreAnswer.Applied) {
                        System.out.println(number);
                    }
                }
            }
        }
    }
}
