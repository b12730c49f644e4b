package dev.hansa.peering.dns;

import static dev.hansa.exportedservices.CheckStatus.CRITICAL;
import static dev.hansa.exportedservices.CheckStatus.MAINTENANCE;
import static dev.hansa.exportedservices.CheckStatus.PASSING;
import static dev.hansa.exportedservices.CheckStatus.WARNING;
import static dev.hansa.peering.dns.DnsWorld.answers;
import static dev.hansa.peering.dns.DnsWorld.instance;
import static dev.hansa.peering.dns.DnsWorld.section;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// Every form of a name, asked over a socket.
class NamesTest {
    private DnsWorld world;

    @BeforeEach
    void start() throws InterruptedException {
        world = new DnsWorld();
        world.publish(
                instance("web", "n1", "192.0.2.11", "192.0.2.11", 8080, PASSING, "blue", "v1.2"),
                instance("web", "n2", "192.0.2.12", "192.0.2.99", 8081, WARNING, "green"),
                instance("web", "n3", "192.0.2.13", "192.0.2.13", 8082, CRITICAL, "red"),
                instance("web", "n4", "192.0.2.14", "192.0.2.14", 8083, MAINTENANCE, "red"),
                instance("web-sidecar-proxy", "n1", "192.0.2.11", "192.0.2.11", 20000, PASSING),
                instance("web-sidecar-proxy", "n3", "192.0.2.13", "192.0.2.13", 20000, CRITICAL),
                instance("down", "n3", "192.0.2.13", "192.0.2.13", 9000, CRITICAL),
                instance("six", "n6", "2001:db8::6", "2001:db8::6", 9000, PASSING),
                instance("far", "n7", "192.0.2.17", "db.example", 5432, PASSING),
                instance("mute", "n7", "192.0.2.17", "192.0.2.17", 0, PASSING),
                instance("any", "n8", "192.0.2.18", "0.0.0.0", 80, PASSING),
                instance("odd", "a node!", "192.0.2.20", "192.0.2.20", 80, PASSING));
        world.imported(
                "pay",
                instance("pay", "p1", "198.51.100.1", "198.51.100.1", 7000, PASSING, "v1"),
                instance("pay", "p2", "198.51.100.2", "198.51.100.2", 7000, CRITICAL, "v1"));
        world.virtual("web", Optional.empty(), 1);
        world.virtual("pay", Optional.of(DnsWorld.LKE), 2);
        // no instance of it is left, and its callers stay
        world.virtual("gone", Optional.empty(), 3);
        world.imported(
                "pay-sidecar-proxy",
                instance("pay-sidecar-proxy", "gw", "203.0.113.1", "203.0.113.1", 8443, PASSING));
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    /// The data of all answers, sorted; empty where there is none.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "web.service.consul              | A    | NOERROR  | 192.0.2.11 192.0.2.99",
                "web.service.eks.consul          | A    | NOERROR  | 192.0.2.11 192.0.2.99",
                "web.service.eks.dc.consul       | A    | NOERROR  | 192.0.2.11 192.0.2.99",
                "WEB.Service.EKS.Consul          | A    | NOERROR  | 192.0.2.11 192.0.2.99",
                "web.service.consul              | AAAA | NOERROR  | ",
                "web.service.consul              | TXT  | NOERROR  | ",
                "web.service.consul              | ANY  | NOERROR  | 192.0.2.11 192.0.2.99",
                "blue.web.service.consul         | A    | NOERROR  | 192.0.2.11",
                "BLUE.web.service.eks.consul     | A    | NOERROR  | 192.0.2.11",
                "v1.2.web.service.consul         | A    | NOERROR  | 192.0.2.11",
                "red.web.service.consul          | A    | NXDOMAIN | ",
                "purple.web.service.consul       | A    | NXDOMAIN | ",
                "_web._tcp.service.consul        | A    | NOERROR  | 192.0.2.11 192.0.2.99",
                "_web._green.service.consul      | A    | NOERROR  | 192.0.2.99",
                "_web._green.service.eks.consul  | A    | NOERROR  | 192.0.2.99",
                "_web._udp.service.consul        | A    | NXDOMAIN | ",
                "a._web._tcp.service.consul      | A    | NXDOMAIN | ",
                "web.connect.consul              | A    | NOERROR  | 192.0.2.11",
                "web.connect.eks.consul          | A    | NOERROR  | 192.0.2.11",
                "down.connect.consul             | A    | NXDOMAIN | ",
                "down.service.consul             | A    | NXDOMAIN | ",
                "nobody.service.consul           | A    | NXDOMAIN | ",
                "web.service.lke.consul          | A    | NXDOMAIN | ",
                "web.service.lke.dc.consul       | A    | NXDOMAIN | ",
                "six.service.consul              | AAAA | NOERROR  | 2001:db8:0:0:0:0:0:6",
                "six.service.consul              | ANY  | NOERROR  | 2001:db8:0:0:0:0:0:6",
                "six.service.consul              | A    | NOERROR  | ",
                "far.service.consul              | A    | NOERROR  | db.example.",
                "far.service.consul              | CNAME| NOERROR  | db.example.",
                "mute.service.consul             | SRV  | NOERROR  | ",
                "mute.service.consul             | A    | NOERROR  | 192.0.2.17",
                "any.service.consul              | A    | NOERROR  | ",
                "pay.service.lke.peer.consul     | A    | NOERROR  | 198.51.100.1",
                "v1.pay.service.lke.peer.consul  | A    | NOERROR  | 198.51.100.1",
                "_pay._v1.service.lke.peer.consul| A    | NOERROR  | 198.51.100.1",
                "pay.connect.lke.peer.consul     | A    | NOERROR  | 203.0.113.1",
                "pay.service.consul              | A    | NXDOMAIN | ",
                "web.service.lke.peer.consul     | A    | NXDOMAIN | ",
                "pay.service.vms.peer.consul     | A    | NXDOMAIN | ",
                "p1.node.lke.peer.consul         | A    | NOERROR  | 198.51.100.1",
                "p1.node.consul                  | A    | NXDOMAIN | ",
                "n1.node.consul                  | A    | NOERROR  | 192.0.2.11",
                "N3.NODE.eks.consul              | A    | NOERROR  | 192.0.2.13",
                "n1.node.consul                  | AAAA | NOERROR  | ",
                "n1.node.consul                  | SRV  | NOERROR  | ",
                "n99.node.consul                 | A    | NXDOMAIN | ",
                "c0000263.addr.consul            | A    | NOERROR  | 192.0.2.99",
                "C0000263.addr.eks.consul        | A    | NOERROR  | 192.0.2.99",
                "c0000263.addr.consul            | AAAA | NOERROR  | ",
                "20010db8000000000000000000000006.addr.consul | AAAA | NOERROR | 2001:db8:0:0:0:0:0:6",
                "c00002.addr.consul              | A    | NXDOMAIN | ",
                "xyzwxyzw.addr.consul            | A    | NXDOMAIN | ",
                "web.virtual.consul              | A    | NOERROR  | 240.0.0.1",
                "WEB.virtual.eks.consul          | A    | NOERROR  | 240.0.0.1",
                "web.virtual.eks.dc.consul       | A    | NOERROR  | 240.0.0.1",
                "web.virtual.consul              | ANY  | NOERROR  | 240.0.0.1",
                "web.virtual.consul              | AAAA | NOERROR  | ",
                "web.virtual.consul              | SRV  | NOERROR  | ",
                "gone.virtual.consul             | A    | NOERROR  | 240.0.0.3",
                "pay.virtual.lke.consul          | A    | NOERROR  | 240.0.0.2",
                "pay.virtual.lke.peer.consul     | A    | NOERROR  | 240.0.0.2",
                "pay.virtual.consul              | A    | NXDOMAIN | ",
                "web.virtual.lke.consul          | A    | NXDOMAIN | ",
                "pay.virtual.vms.consul          | A    | NXDOMAIN | ",
                "blue.web.virtual.consul         | A    | NXDOMAIN | ",
                "we!b.virtual.consul             | A    | NXDOMAIN | ",
                "virtual.consul                  | A    | NOERROR  | ",
                "virtual.eks.consul              | A    | NOERROR  | ",
                "virtual.lke.consul              | A    | NOERROR  | ",
                "virtual.vms.consul              | A    | NXDOMAIN | ",
                "service.lke.consul              | A    | NXDOMAIN | ",
                "web.query.consul                | A    | NXDOMAIN | ",
                "service.consul                  | A    | NOERROR  | ",
                "eks.consul                      | A    | NOERROR  | ",
                "service.eks.consul              | A    | NOERROR  | ",
                "dc.consul                       | A    | NOERROR  | ",
                "peer.consul                     | A    | NOERROR  | ",
                "lke.peer.consul                 | A    | NOERROR  | ",
                "_tcp.service.consul             | A    | NOERROR  | ",
                "lke.consul                      | A    | NOERROR  | ",
                "vms.consul                      | A    | NXDOMAIN | ",
                "we!b.service.consul             | A    | NXDOMAIN | ",
                "consul                          | A    | NOERROR  | ",
                "consul                          | NS   | NOERROR  | eks-server.node.eks.consul.",
                "www.example                     | A    | REFUSED  | ",
                "notconsul                       | A    | REFUSED  | ",
                "web.service.consul              | AXFR | REFUSED  | ",
                "consul                          | IXFR | REFUSED  | ",
                "web.service.consul              | MAILB| NOTIMP   | "
            })
    void nameIsAnswered(String name, String type, String rcode, String data) throws IOException {
        var answer = world.ask(name, Type.value(type));

        assertThat(Rcode.string(answer.getRcode())).isEqualTo(rcode);
        assertThat(
                        answer.getSection(Section.ANSWER).stream()
                                .map(Record::rdataToString)
                                .sorted()
                                .toList())
                .isEqualTo(data == null ? List.of() : List.of(data.split(" ")));
        // the client tells an absent name from an absent type by the code, and keeps neither
        var hasNothing = data == null && !rcode.equals("REFUSED") && !rcode.equals("NOTIMP");
        assertThat(section(answer, Section.AUTHORITY))
                .hasSize(hasNothing ? 1 : 0)
                .allMatch(line -> line.startsWith("consul. SOA eks-server.node.eks.consul."));
        assertThat(answer.getHeader().getFlag(Flags.AA))
                .isEqualTo(rcode.equals("NOERROR") || rcode.equals("NXDOMAIN"));
        assertThat(answer.getHeader().getFlag(Flags.RA)).isFalse();
    }

    @Test
    void srvHasPortsWeightsAndWhereTheTargetsAre() throws IOException {
        var answer = world.ask("_web._tcp.service.consul", Type.SRV);

        assertThat(answers(answer))
                .containsExactly(
                        "_web._tcp.service.consul. SRV 1 1 8081 c0000263.addr.eks.consul.",
                        "_web._tcp.service.consul. SRV 1 10 8080 n1.node.eks.consul.");
        assertThat(section(answer, Section.ADDITIONAL))
                .containsExactly(
                        "c0000263.addr.eks.consul. A 192.0.2.99",
                        "n1.node.eks.consul. A 192.0.2.11");
        for (var target : List.of("c0000263.addr.eks.consul", "n1.node.eks.consul")) {
            assertThat(answers(world.ask(target, Type.A))).hasSize(1);
        }
    }

    @Test
    void srvOfAnImportedServiceNamesTheNodesOfThePeer() throws IOException {
        var answer = world.ask("pay.service.lke.peer.consul", Type.SRV);

        assertThat(answers(answer))
                .containsExactly(
                        "pay.service.lke.peer.consul. SRV 1 10 7000 p1.node.lke.peer.consul.");
        assertThat(section(answer, Section.ADDITIONAL))
                .containsExactly("p1.node.lke.peer.consul. A 198.51.100.1");
    }

    @Test
    void srvNamesAHostAsItIsAndANodeWithAnOddNameByItsAddress() throws IOException {
        var far = world.ask("far.service.consul", Type.SRV);

        assertThat(answers(far)).containsExactly("far.service.consul. SRV 1 10 5432 db.example.");
        assertThat(section(far, Section.ADDITIONAL)).isEmpty();
        assertThat(answers(world.ask("odd.service.consul", Type.SRV)))
                .containsExactly("odd.service.consul. SRV 1 10 80 c0000214.addr.eks.consul.");
    }

    /// The sidecars of one process share a node: its name would not lead to one address.
    @Test
    void nodeWithTwoAddressesIsNoTarget() throws IOException {
        world.publish(
                instance("web", "shared", "192.0.2.1", "192.0.2.1", 80, PASSING),
                instance("api", "shared", "192.0.2.2", "192.0.2.2", 81, PASSING));

        assertThat(answers(world.ask("web.service.consul", Type.SRV)))
                .containsExactly("web.service.consul. SRV 1 10 80 c0000201.addr.eks.consul.");
        assertThat(answers(world.ask("shared.node.consul", Type.A))).hasSize(2);
    }

    @Test
    void nodeGoesWithItsLastInstance() throws IOException {
        assertThat(world.ask("n1.node.consul", Type.A).getRcode()).isEqualTo(Rcode.NOERROR);

        world.publish(instance("web", "n2", "192.0.2.12", "192.0.2.12", 80, PASSING));

        assertThat(world.ask("n1.node.consul", Type.A).getRcode()).isEqualTo(Rcode.NXDOMAIN);
        world.live.forget(DnsWorld.LKE);
        assertThat(world.ask("p1.node.lke.peer.consul", Type.A).getRcode())
                .isEqualTo(Rcode.NXDOMAIN);
    }

    @Test
    void healthIsThatOfNow() throws IOException {
        world.publish(instance("web", "n1", "192.0.2.11", "192.0.2.11", 80, CRITICAL));
        assertThat(world.ask("web.service.consul", Type.A).getRcode()).isEqualTo(Rcode.NXDOMAIN);

        world.publish(instance("web", "n1", "192.0.2.11", "192.0.2.11", 80, PASSING));
        assertThat(answers(world.ask("web.service.consul", Type.A))).hasSize(1);
    }

    @Test
    void lostPeerAnswersAsItWasLastHeard() throws IOException {
        world.live.imported(DnsWorld.LKE, held -> held.heard(held.heardAt(), false));

        assertThat(answers(world.ask("pay.service.lke.peer.consul", Type.A))).hasSize(1);
    }

    /// Resolvers that scramble the case compare the answer's question with theirs, bit by bit.
    @Test
    void caseOfTheQuestionIsKept() throws IOException {
        var name = Name.fromString("wEb.SeRvIcE.cOnSuL.");
        var query = new Message(7);
        query.addRecord(Record.newRecord(name, Type.A, DClass.IN), Section.QUESTION);

        var answer = new Message(world.overUdp(query.toWire()));

        assertThat(answer.getQuestion().getName().toString()).isEqualTo(name.toString());
        assertThat(answer.getSection(Section.ANSWER))
                .hasSize(2)
                .allMatch(record -> record.getName().toString().equals(name.toString()));
    }

    @Test
    void orderIsShuffled() throws IOException {
        var firsts = new HashSet<String>();
        for (var i = 0; i < 64; i++) {
            firsts.add(
                    world.ask("web.service.consul", Type.A)
                            .getSection(Section.ANSWER)
                            .getFirst()
                            .rdataToString());
        }

        // by chance once in 2^63
        assertThat(firsts).hasSize(2);
    }

    @Test
    void domainHasAnAuthorityAndServersWithTheirAddresses() throws IOException {
        var servers = world.ask("consul", Type.NS);
        var authority = world.ask("consul", Type.SOA).getSection(Section.ANSWER);

        assertThat(section(servers, Section.ADDITIONAL))
                .containsExactly("eks-server.node.eks.consul. A 192.0.2.1");
        assertThat(authority).hasSize(1);
        assertThat(((SOARecord) authority.getFirst()).getMinimum()).isZero();
    }

    @Test
    void answersMayBeKeptForTheTtlAndTheirAbsenceNotAtAll() throws Exception {
        try (var patient = new DnsWorld(Duration.ofSeconds(30), 1232, 16)) {
            patient.publish(instance("web", "192.0.2.11", 80, PASSING));

            assertThat(
                            patient.ask("web.service.consul", Type.A)
                                    .getSection(Section.ANSWER)
                                    .getFirst()
                                    .getTTL())
                    .isEqualTo(30);
            var absent = patient.ask("nobody.service.consul", Type.A);
            assertThat(absent.getSection(Section.AUTHORITY).getFirst().getTTL()).isZero();
        }
    }
}
