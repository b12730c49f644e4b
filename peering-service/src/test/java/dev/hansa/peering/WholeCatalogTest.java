package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.cluster.Knowledge;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.TestStore;
import dev.hansa.trustbundle.Datacenter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeCatalogTest {
    private final LiveCatalog live = new LiveCatalog();
    private final HeldTimer timer = new HeldTimer();
    @TempDir Path folder;
    private RaftStore store;

    @BeforeEach
    void open() {
        store = TestStore.open(folder.resolve("data"));
    }

    @AfterEach
    void close() {
        store.close();
        timer.close();
    }

    @Test
    void firstLeaderOfAllKnowsAllFromTheBeginning() {
        try (var _ = new WholeCatalog(live, store, timer)) {
            assertThat(live.knowledge().get()).isEqualTo(Knowledge.WHOLE);
        }
    }

    @Test
    void laterOneThatWasToldNothingKnowsAllOnceTheOthersHadTimeToComeBack() {
        store.apply(new StoreCommand.CountStart());
        try (var _ = new WholeCatalog(live, store, timer)) {
            assertThat(live.knowledge().get()).isEqualTo(Knowledge.PART);

            timer.runFirst();

            assertThat(live.knowledge().get()).isEqualTo(Knowledge.WHOLE);
        }
    }

    @Test
    void whoHasItFromTheLastLeaderWaitsForNobody() {
        store.apply(new StoreCommand.CountStart());
        live.knowledge().set(Knowledge.WHOLE);
        try (var _ = new WholeCatalog(live, store, timer)) {
            assertThat(live.knowledge().get()).isEqualTo(Knowledge.WHOLE);
        }
    }

    /// What was written a moment before a kill lacks that moment.
    @Test
    void whoHasItFromAnEarlierLifeWaitsForThoseThatCameLast() {
        store.apply(new StoreCommand.CountStart());
        live.knowledge().set(Knowledge.REMEMBERED);
        try (var _ = new WholeCatalog(live, store, timer)) {
            assertThat(live.knowledge().get()).isEqualTo(Knowledge.REMEMBERED);

            timer.runFirst();

            assertThat(live.knowledge().get()).isEqualTo(Knowledge.WHOLE);
        }
    }

    @Test
    void leaderThatIsNoneAnyMoreWhenItsTimeIsOverKnowsNotAll() {
        store.apply(new StoreCommand.CountStart());
        new WholeCatalog(live, store, timer).close();

        timer.runFirst();

        assertThat(live.knowledge().get()).isEqualTo(Knowledge.PART);
    }

    /// Nobody of that history has told this server anything: it waits anew, and the time that was
    /// over before counts no more.
    @Test
    void stateOfAnotherHistoryMakesItLessThanWhole() {
        store.apply(new StoreCommand.CountStart());
        try (var _ = new WholeCatalog(live, store, timer)) {
            timer.runFirst();
            assertThat(live.knowledge().get()).isEqualTo(Knowledge.WHOLE);

            store.apply(
                    new StoreCommand.InitCa(
                            CertificateKeeper.first(
                                    new Datacenter("test"), Optional.empty(), Clock.systemUTC())));

            assertThat(live.knowledge().get()).isEqualTo(Knowledge.PART);
            timer.runFirst();
            assertThat(live.knowledge().get()).isEqualTo(Knowledge.PART);
        }
    }
}
