package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.wire.ExportedServiceList;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.TestStore;
import dev.hansa.peering.wire.ReplicationMessage.Response;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutboxTest {
    private static final PeerName EKS = new PeerName("eks");
    private static final int MANY = 2000;

    @TempDir private Path directory;

    private RaftStore store;
    private final LiveCatalog catalog = new LiveCatalog();
    private ExportPolicy policy =
            new ExportPolicy(List.of(new ExportPolicy.Export(ExportPolicy.ANY, Set.of(EKS))));
    private int largest = PeerLimits.MESSAGE;
    private boolean isWhole = true;
    private Outbox outbox;

    @BeforeEach
    void open() {
        store = TestStore.open(directory);
        outbox =
                new Outbox(
                        new OwnDatacenter(
                                new TrustDomain("11111111-2222-3333-4444-555555555555.consul"),
                                new Datacenter("lke"),
                                _ -> List.of(),
                                _ -> policy,
                                new AdvertisedAddresses(List.of("127.0.0.1:8503"), _ -> false)),
                        EKS,
                        () -> largest);
        outbox.subscribe(PeerStreamRpc.EXPORTED_SERVICE);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static ServiceInstance instance(String service, CheckStatus status) {
        return new ServiceInstance(
                new NodeRecord("", "node-" + service, "10.0.0.1", "lke", Map.of(), Map.of()),
                service + "-0",
                service,
                ServiceKind.TYPICAL,
                List.of(),
                "10.0.0.1",
                8080,
                Map.of(),
                Map.of(),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(new HealthCheck("tcp", "tcp", status, "", "")),
                0,
                0);
    }

    private void runs(String service, CheckStatus status) {
        catalog.publish(service, List.of(instance(service, status)));
    }

    /// All that goes out now, each answered at once.
    private List<Response> sent() {
        outbox.refresh(catalog.snapshots().get(), store.now(), isWhole);
        var responses = new ArrayList<Response>();
        for (var next = outbox.next(); next.isPresent(); next = outbox.next()) {
            responses.add(next.get().getResponse());
            outbox.acknowledged();
        }
        return responses;
    }

    private static List<String> ids(List<Response> responses) {
        return responses.stream().map(Response::getResourceID).toList();
    }

    private static List<String> listed(Response response) throws InvalidProtocolBufferException {
        return ExportedServiceList.parseFrom(response.getResource().getValue()).getServicesList();
    }

    @Test
    void oneChangedInstanceAmongManyIsOneMessage() {
        for (var i = 0; i < MANY; i++) {
            runs("service-" + i, CheckStatus.PASSING);
        }
        assertThat(sent()).hasSize(MANY + 1);

        runs("service-7", CheckStatus.CRITICAL);

        assertThat(ids(sent())).containsExactly("service-7");
        assertThat(outbox.isEmpty()).isTrue();
    }

    @Test
    void changeThatIsTakenBackBeforeItIsSentIsNoMessage() {
        runs("billing", CheckStatus.PASSING);
        sent();

        runs("billing", CheckStatus.CRITICAL);
        outbox.refresh(catalog.snapshots().get(), store.now(), isWhole);
        runs("billing", CheckStatus.PASSING);

        assertThat(sent()).isEmpty();
    }

    @Test
    void listFollowsTheServicesThatItNames() throws Exception {
        runs("a", CheckStatus.PASSING);
        runs("b", CheckStatus.PASSING);
        var responses = sent();

        assertThat(ids(responses)).endsWith(PeerStreamRpc.LIST_ID).contains("a", "b");
        assertThat(listed(responses.getLast())).containsExactly("a", "b");
        assertThat(outbox.exported()).containsExactly("a", "b");
    }

    @Test
    void listThatTakesANameAwayDoesNotWait() throws Exception {
        runs("a", CheckStatus.PASSING);
        runs("b", CheckStatus.PASSING);
        sent();

        catalog.publish("a", List.of());
        var responses = sent();

        assertThat(ids(responses)).containsExactly(PeerStreamRpc.LIST_ID);
        assertThat(listed(responses.getFirst())).containsExactly("b");
    }

    @Test
    void listThatOnlyAddsNamesWaitsForFurtherOnes() {
        runs("a", CheckStatus.PASSING);
        sent();

        runs("b", CheckStatus.PASSING);

        assertThat(ids(sent())).containsExactly("b");
        assertThat(outbox.isEmpty()).isFalse();
        assertThat(outbox.due()).isPresent();
    }

    @Test
    void serviceThatCameBackWhileItsWithdrawalWaitedIsSentWhole() {
        runs("a", CheckStatus.PASSING);
        runs("b", CheckStatus.PASSING);
        sent();

        // the peer reads the list without 'a' and forgets it; only then is there room for more
        catalog.publish("a", List.of());
        outbox.refresh(catalog.snapshots().get(), store.now(), isWhole);
        assertThat(outbox.next().orElseThrow().getResponse().getResourceID())
                .isEqualTo(PeerStreamRpc.LIST_ID);
        outbox.acknowledged();
        runs("a", CheckStatus.PASSING);

        assertThat(ids(sent())).contains("a");
    }

    @Test
    void peerThatDoesNotAnswerIsSentAWindowAndNoMore() {
        for (var i = 0; i < MANY; i++) {
            runs("service-" + i, CheckStatus.PASSING);
        }
        outbox.refresh(catalog.snapshots().get(), store.now(), isWhole);
        var count = 0;
        while (outbox.next().isPresent()) {
            count++;
        }

        assertThat(count).isEqualTo(1024);
        outbox.acknowledged();
        assertThat(outbox.next()).isPresent();
        assertThat(outbox.next()).isEmpty();
    }

    @Test
    void changedPolicyIsSentForEachServiceThatItConcerns() throws Exception {
        runs("a", CheckStatus.PASSING);
        runs("b", CheckStatus.PASSING);
        sent();

        policy = new ExportPolicy(List.of(new ExportPolicy.Export("b", Set.of(EKS))));
        store.apply(
                new StoreCommand.PutConfig(
                        "exported-services", "default", "{}", OptionalLong.empty()));
        var responses = sent();

        assertThat(ids(responses)).containsExactly(PeerStreamRpc.LIST_ID);
        assertThat(listed(responses.getFirst())).containsExactly("b");
    }

    private void policy(ExportPolicy next) {
        policy = next;
        // what it is made of is not looked at, but whether it is another one
        store.apply(
                new StoreCommand.PutConfig(
                        "exported-services", "of-" + next.hashCode(), "{}", OptionalLong.empty()));
    }

    /// A leader that was killed a moment after `a` had come, and its sidecar, does not find them in
    /// what it left itself; the peer has both.
    @Test
    void nothingIsTakenFromThePeerThatALeaderMayNotKnowYet() throws Exception {
        policy(
                new ExportPolicy(
                        List.of(
                                new ExportPolicy.Export("a", Set.of(EKS)),
                                new ExportPolicy.Export("b", Set.of(EKS)))));
        isWhole = false;
        runs("b", CheckStatus.PASSING);
        var responses = sent();

        assertThat(ids(responses)).containsExactly("b", PeerStreamRpc.LIST_ID);
        assertThat(listed(responses.getLast())).containsExactly("a", "b");

        runs("a", CheckStatus.PASSING);
        assertThat(ids(sent())).containsExactly("a");
        isWhole = true;
        assertThat(sent()).isEmpty();
    }

    @Test
    void whatIsNotThereOnceAllIsKnownIsSaid() {
        policy(new ExportPolicy(List.of(new ExportPolicy.Export("a", Set.of(EKS)))));
        isWhole = false;
        assertThat(ids(sent())).containsExactly(PeerStreamRpc.LIST_ID);

        isWhole = true;

        assertThat(ids(sent())).containsExactly("a");
    }

    @Test
    void listOfWhatRunsWaitsForAllToBeKnown() throws Exception {
        isWhole = false;
        runs("b", CheckStatus.PASSING);
        assertThat(ids(sent())).containsExactly("b");
        assertThat(outbox.due()).isEmpty();

        runs("a", CheckStatus.PASSING);
        isWhole = true;
        var responses = sent();

        assertThat(ids(responses)).containsExactly("a", PeerStreamRpc.LIST_ID);
        assertThat(listed(responses.getLast())).containsExactly("a", "b");
    }

    @Test
    void serviceThatCameAndWentWhileTheListWaitedIsNotInIt() throws Exception {
        isWhole = false;
        runs("a", CheckStatus.PASSING);
        runs("b", CheckStatus.PASSING);
        assertThat(ids(sent())).containsExactlyInAnyOrder("a", "b");
        catalog.publish("a", List.of());
        assertThat(sent()).isEmpty();

        isWhole = true;
        var responses = sent();

        assertThat(ids(responses)).contains(PeerStreamRpc.LIST_ID);
        assertThat(
                        listed(
                                responses.stream()
                                        .filter(one ->
                                                one.getResourceID().equals(PeerStreamRpc.LIST_ID))
                                        .findFirst()
                                        .orElseThrow()))
                .containsExactly("b");
    }

    /// Of a withdrawal there is nothing to wait for.
    @Test
    void policyThatTakesAServiceAwayCountsAtOnce() throws Exception {
        var both =
                new ExportPolicy(
                        List.of(
                                new ExportPolicy.Export("a", Set.of(EKS)),
                                new ExportPolicy.Export("b", Set.of(EKS))));
        policy(both);
        isWhole = false;
        runs("a", CheckStatus.PASSING);
        sent();

        policy(new ExportPolicy(List.of(new ExportPolicy.Export("b", Set.of(EKS)))));
        var responses = sent();

        assertThat(ids(responses)).containsExactly(PeerStreamRpc.LIST_ID);
        assertThat(listed(responses.getFirst())).containsExactly("b");
    }

    private int frame(String service) {
        outbox.refresh(catalog.snapshots().get(), store.now(), isWhole);
        return Stream.generate(outbox::next)
                .map(Optional::orElseThrow)
                .filter(message -> message.getResponse().getResourceID().equals(service))
                .findFirst()
                .orElseThrow()
                .getSerializedSize();
    }

    @Test
    void resourceOfExactlyWhatThePeerTakesIsSent() {
        runs("a", CheckStatus.PASSING);
        largest = frame("a");
        // a word of the same length
        runs("a", CheckStatus.WARNING);

        assertThat(ids(sent())).contains("a");
        assertThat(outbox.leftOut()).isEmpty();
    }

    @Test
    void resourceOfOneByteMoreIsLeftOut() {
        runs("a", CheckStatus.PASSING);
        largest = frame("a") - 1;
        runs("a", CheckStatus.WARNING);

        assertThat(ids(sent())).doesNotContain("a");
        assertThat(outbox.leftOut())
                .containsExactly(new Outbox.TooLarge("a", largest, largest + 1));
    }

    @Test
    void whatIsTooLargeIsSaidOnceUntilItFitsAgainAndTheRestGoesOn() {
        runs("b", CheckStatus.PASSING);
        largest = frame("b");
        for (var i = 0; i < 3; i++) {
            catalog.publish("a", Collections.nCopies(2 + i, instance("a", CheckStatus.CRITICAL)));
            runs("b", i % 2 == 0 ? CheckStatus.WARNING : CheckStatus.PASSING);

            assertThat(ids(sent())).doesNotContain("a").contains("b");
            assertThat(outbox.leftOut()).hasSize(i == 0 ? 1 : 0);
        }

        runs("a", CheckStatus.PASSING);
        assertThat(ids(sent())).contains("a");
        catalog.publish("a", Collections.nCopies(2, instance("a", CheckStatus.PASSING)));
        sent();
        assertThat(outbox.leftOut()).hasSize(1);
    }
}
