package dev.hansa.gateway.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.discovery.NamedEndpoints.Found;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Asked is a name server of the test's own, over UDP and TCP.
@Timeout(120)
class DnsLookupTest {
    private static final Found OF_THE_SYSTEM =
            Found.of(List.of(InetAddress.ofLiteral("198.51.100.1")));

    private final NameServer server = new NameServer();
    private final NameServer second = new NameServer();
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private @TempDir Path folder;

    @AfterEach
    void close() {
        server.close();
        second.close();
    }

    private Found resolve(String host) throws UnknownHostException {
        return lookup(List.of(), server.address()).resolve(host);
    }

    private DnsLookup lookup(List<String> searched, InetSocketAddress... nameServers) {
        return new DnsLookup(
                folder.resolve("hosts"),
                () -> new ResolvConf(List.of(nameServers), searched, 1),
                _ -> OF_THE_SYSTEM);
    }

    @Test
    void answerHoldsForAsLongAsItsShortestPart() throws Exception {
        server.says("east.example.", 60, "192.0.2.1");
        server.says("east.example.", 20, "192.0.2.2");
        server.says("east.example.", 40, "2001:db8::1");

        var found = resolve("east.example");

        assertThat(found.addresses())
                .extracting(InetAddress::getHostAddress)
                .containsExactlyInAnyOrder("192.0.2.1", "192.0.2.2", "2001:db8:0:0:0:0:0:1");
        assertThat(found.holds()).contains(Duration.ofSeconds(20));
    }

    /// A name of ours that stands for one of whoever runs the load balancer.
    @Test
    void answerByAnotherNameHoldsNoLongerThanThatItIsThatName() throws Exception {
        server.isCalled("east.example.", 7, "lb-1.example.");
        server.says("lb-1.example.", 60, "192.0.2.1");

        var found = resolve("east.example");

        assertThat(found.addresses()).containsExactly(InetAddress.ofLiteral("192.0.2.1"));
        assertThat(found.holds()).contains(Duration.ofSeconds(7));
    }

    /// Only asked for are families that lead somewhere from here; whether this machine has an
    /// address of IPv6 beyond itself says nothing of that.
    @Test
    void nameThatHasAddressesOfIpv6AloneIsFound() throws Exception {
        assumeTrue(NamedEndpoints.families().contains(StandardProtocolFamily.INET6));
        server.says("east.example.", 20, "2001:db8::1");

        var found = resolve("east.example");

        assertThat(found.addresses()).containsExactly(InetAddress.ofLiteral("2001:db8::1"));
        assertThat(found.unanswered()).isEmpty();
        assertThat(found.holds()).contains(Duration.ofSeconds(20));
    }

    @Test
    void answerThatIsTooLongForADatagramIsHadByTcp() throws Exception {
        for (var i = 0; i < 100; i++) {
            server.says("east.example.", 20, "192.0.2." + i);
        }
        server.truncate();

        assertThat(resolve("east.example").addresses()).hasSize(100);
        assertThat(server.isAskedByTcp()).isTrue();
    }

    @Test
    void secondNameServerIsAskedForWhatTheFirstDoesNotAnswer() throws Exception {
        server.says("east.example.", 60, "192.0.2.1");
        server.fail(DnsRecordType.A, DnsResponseCode.SERVFAIL);
        server.fallSilent(DnsRecordType.AAAA);
        second.says("east.example.", 30, "192.0.2.2");

        var found = lookup(List.of(), server.address(), second.address()).resolve("east.example");

        assertThat(found.addresses()).containsExactly(InetAddress.ofLiteral("192.0.2.2"));
        assertThat(found.unanswered()).isEmpty();
        assertThat(found.holds()).contains(Duration.ofSeconds(30));
    }

    @Test
    void shortNameIsSearchedForInTheDomainsInTurn() throws Exception {
        server.says("east.b.example.", 60, "192.0.2.1");
        server.says("east.", 60, "192.0.2.9");
        var domains = List.of("a.example", "b.example");

        assertThat(lookup(domains, server.address()).resolve("east").addresses())
                .containsExactly(InetAddress.ofLiteral("192.0.2.1"));
        assertThat(server.namesAsked()).containsExactly("east.a.example.", "east.b.example.");
    }

    /// It may be the name that is meant, and the next one somebody else's.
    @Test
    void nameThatNobodyAnswersForIsNotPassedForTheNextDomain() throws Exception {
        server.fail(DnsRecordType.A, DnsResponseCode.SERVFAIL);
        server.fail(DnsRecordType.AAAA, DnsResponseCode.REFUSED);

        assertThat(lookup(List.of("a.example"), server.address()).resolve("east"))
                .isEqualTo(OF_THE_SYSTEM);
        assertThat(server.namesAsked()).containsExactly("east.a.example.");
    }

    @Test
    void whatTheNameServerDoesNotKnowTheSystemIsAsked() throws Exception {
        assertThat(resolve("nowhere.example")).isEqualTo(OF_THE_SYSTEM);
        assertThat(server.asked()).isPositive();
    }

    @Test
    void whenTheNameServerSaysNothingTheSystemIsAsked() throws Exception {
        server.says("east.example.", 60, "192.0.2.1");
        server.fallSilent(DnsRecordType.A);
        server.fallSilent(DnsRecordType.AAAA);

        assertThat(resolve("east.example")).isEqualTo(OF_THE_SYSTEM);
        assertThat(server.asked()).isPositive();
    }

    @Test
    void machineThatNamesNoServerHasNobodyElseAsked() throws Exception {
        var file = Files.writeString(folder.resolve("resolv.conf"), "search example\n");
        var none = folder.resolve("none");

        for (var setUp : List.of(file, none)) {
            assertThat(
                            new DnsLookup(none, () -> ResolvConf.read(setUp), _ -> OF_THE_SYSTEM)
                                    .resolve("east.example"))
                    .isEqualTo(OF_THE_SYSTEM);
        }
    }

    @Test
    void nameThatNoQuestionCanHoldIsTheSystems() throws Exception {
        assertThat(resolve("e".repeat(64) + ".example")).isEqualTo(OF_THE_SYSTEM);
    }

    @Test
    void hostsFileIsReadEachTimeAndAskedFirst() throws Exception {
        server.says("east.example.", 60, "192.0.2.1");
        var lookup = lookup(List.of(), server.address());
        var hosts = folder.resolve("hosts");

        Files.writeString(hosts, "192.0.2.7 east.example\n2001:db8::7 East.example # both\n");
        var found = lookup.resolve("EAST.example");
        assertThat(found.addresses())
                .containsExactlyInAnyOrder(
                        InetAddress.ofLiteral("192.0.2.7"), InetAddress.ofLiteral("2001:db8::7"));
        // nobody says
        assertThat(found.holds()).isEmpty();
        assertThat(server.asked()).isZero();

        Files.writeString(hosts, "192.0.2.8 east.example\n");
        assertThat(lookup.resolve("east.example").addresses())
                .containsExactly(InetAddress.ofLiteral("192.0.2.8"));

        Files.delete(hosts);
        assertThat(lookup.resolve("east.example").addresses())
                .containsExactly(InetAddress.ofLiteral("192.0.2.1"));
    }

    /// Not when it would be asked for where nobody says for how long.
    @Test
    void changedNameIsFollowedWhenItsTimeIsOver() {
        server.says("east.example.", 1, "192.0.2.1");
        try (var endpoints = endpoints(Duration.ofHours(1))) {
            await().until(() -> addresses(endpoints).equals(List.of("192.0.2.1")));

            server.says("east.example.", 300, List.of("192.0.2.9"));

            await().atMost(Duration.ofMinutes(1))
                    .until(() -> addresses(endpoints).equals(List.of("192.0.2.9")));
            assertThat(server.askedFor()).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SILENT", "SERVFAIL", "NXDOMAIN", "REFUSED"})
    void halfAnAnswerTakesTheOtherFamilysAddressesFromNobody(String failure) {
        assumeTrue(NamedEndpoints.families().contains(StandardProtocolFamily.INET6));
        server.says("east.example.", 1, List.of("192.0.2.1", "2001:db8::1"));
        try (var endpoints = endpoints(Duration.ofMillis(50))) {
            await().until(() ->
                    addresses(endpoints).equals(List.of("192.0.2.1", "2001:db8:0:0:0:0:0:1")));

            fail(DnsRecordType.A, failure);
            server.says("east.example.", 300, List.of("192.0.2.9", "2001:db8::9"));

            await().atMost(Duration.ofMinutes(1))
                    .until(() ->
                            addresses(endpoints)
                                    .equals(List.of("192.0.2.1", "2001:db8:0:0:0:0:0:9")));
            await().until(() -> !events.isEmpty());
            assertThat(events).singleElement().asString().contains("east.example", "{INET=");

            // asked for again long before its time is over: it is half an answer
            server.recover();
            await().atMost(Duration.ofMinutes(1))
                    .until(() ->
                            addresses(endpoints)
                                    .equals(List.of("192.0.2.9", "2001:db8:0:0:0:0:0:9")));
        }
    }

    @Test
    void familyThatIsGoneByAWholeAnswerIsGone() {
        assumeTrue(NamedEndpoints.families().contains(StandardProtocolFamily.INET6));
        server.says("east.example.", 1, List.of("192.0.2.1", "2001:db8::1"));
        try (var endpoints = endpoints(Duration.ofMillis(50))) {
            await().until(() -> addresses(endpoints).size() == 2);

            server.says("east.example.", 1, List.of("2001:db8::1"));

            await().atMost(Duration.ofMinutes(1))
                    .until(() -> addresses(endpoints).equals(List.of("2001:db8:0:0:0:0:0:1")));
            assertThat(events).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SILENT", "SERVFAIL", "NXDOMAIN", "REFUSED"})
    void lastGoodAnswerStaysWhateverTheNameServerDoes(String failure) {
        server.says("east.example.", 1, "192.0.2.1");
        try (var endpoints = endpoints(Duration.ofMillis(50))) {
            await().until(() -> addresses(endpoints).equals(List.of("192.0.2.1")));

            fail(DnsRecordType.A, failure);
            fail(DnsRecordType.AAAA, failure);
            await().atMost(Duration.ofMinutes(1)).until(() -> !events.isEmpty());

            assertThat(addresses(endpoints)).containsExactly("192.0.2.1");
            server.says("east.example.", 1, List.of("192.0.2.9"));
            server.recover();
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> addresses(endpoints).equals(List.of("192.0.2.9")));
        }
    }

    private void fail(DnsRecordType type, String failure) {
        switch (failure) {
            case "SILENT" -> server.fallSilent(type);
            case "SERVFAIL" -> server.fail(type, DnsResponseCode.SERVFAIL);
            case "NXDOMAIN" -> server.fail(type, DnsResponseCode.NXDOMAIN);
            default -> server.fail(type, DnsResponseCode.REFUSED);
        }
    }

    /// The system knows nothing of the name.
    ///
    /// @param unsaid when to ask again where nobody says, or nobody answers
    private NamedEndpoints endpoints(Duration unsaid) {
        var soon = Duration.ofMillis(50);
        return new NamedEndpoints(
                new Latest<>(Optional.of(routes("east.example"))),
                new DnsLookup(
                        folder.resolve("hosts"),
                        () -> new ResolvConf(List.of(server.address()), List.of(), 1),
                        host -> {
                            throw new UnknownHostException(host);
                        }),
                new NamedEndpoints.Pace(unsaid, soon, Duration.ofHours(1), soon),
                events::add);
    }

    private static List<String> addresses(NamedEndpoints endpoints) {
        return endpoints.snapshot().get().orElseThrow().sniRoutes().getFirst().endpoints().stream()
                .map(endpoint -> endpoint.address().host())
                .toList();
    }

    private static RouteSnapshot routes(String host) {
        return new RouteSnapshot(
                1,
                new Datacenter("west"),
                new TrustDomain("west.example"),
                List.of(),
                List.of(
                        new SniRoute(
                                "billing.default.east.external.example",
                                SniRoute.IMPORTED,
                                "east",
                                List.of(
                                        new TargetEndpoint(
                                                new Endpoint(host, 443), HealthView.GOOD)),
                                "")),
                BundleSet.EMPTY,
                Optional.empty());
    }
}
