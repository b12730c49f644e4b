package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MembersCommandTest {
    private static final String MEMBERS =
            """
            [{"Name":"s2","Addr":"2001:db8::2","Port":8500,"Status":4,"Tags":{"role":"consul","dc":"eks","build":"0.1.0:x","vsn":"2"}},
             {"Name":"s1","Addr":"192.0.2.1","Port":8500,"Status":1,"Tags":{"role":"consul","dc":"eks","build":"0.1.0","vsn":"2"}}]
            """;

    private TestingServer server;

    @BeforeEach
    void start() throws IOException {
        server = new TestingServer().on("GET /v1/agent/members", 200, MEMBERS);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void serversAreInConsulsColumns() {
        assertThat(Ran.hansa(server, "members"))
                .isEqualTo(
                        new Ran(
                                0,
                                """
                                Node  Address             Status  Type    Build  Protocol  DC   Partition  Segment
                                s1    192.0.2.1:8500      alive   server  0.1.0  2         eks  default    <all>
                                s2    [2001:db8::2]:8500  failed  server  0.1.0  2         eks  default    <all>
                                """,
                                ""));
        assertThat(Ran.hansa(server, "members", "-detailed").out())
                .contains("s1    192.0.2.1:8500      alive   build=0.1.0,dc=eks,role=consul,vsn=2");
        assertThat(Ran.hansa(server, "members", "-status=^fail", "-format=json").out())
                .contains("\"Name\": \"s2\"")
                .doesNotContain("s1");
    }

    @Test
    void noneOfAStatusEndsWithTwo() {
        var ran = Ran.hansa(server, "members", "-status", "left");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.out().lines()).hasSize(1);
        assertThat(Ran.hansa(server, "members", "-status", "(").err())
                .contains("--status: expected a regular expression; found '('");
    }

    @Test
    void filterAndNetworkAreTheServersToKnow() {
        server.on("GET /v1/agent/members?wan=1&filter=Name%20%3D%3D%20s1", 200, "[]");

        assertThat(Ran.hansa(server, "members", "-wan", "-filter", "Name == s1").status())
                .isEqualTo(2);
        assertThat(Ran.hansa(server, "members", "-filter", "x").status()).isEqualTo(1);
    }

    /// Whoever sees no colours, reads the same.
    @Test
    void coloursAreForTerminalsAndSayNothingThatTheWordsDoNot() {
        var plain = Ran.hansa(server, "members");

        var coloured = Ran.onTerminal(new Terminal(true, true), server, "members");

        assertThat(coloured.out())
                .contains("\u001b[32malive\u001b[0m", "\u001b[31mfailed\u001b[0m");
        assertThat(coloured.out().replaceAll("\u001b\\[\\d+m", "")).isEqualTo(plain.out());
        assertThat(Ran.onTerminal(new Terminal(false, true), server, "members")).isEqualTo(plain);
        assertThat(
                        Ran.onTerminal(new Terminal(true, true), server, "members", "-format=json")
                                .out())
                .doesNotContain("\u001b");
    }

    @Test
    void namesThatColourThemselvesDoNot() {
        server.on(
                "GET /v1/agent/members",
                200,
                "[{\"Name\":\"\\u001b[31mx\",\"Addr\":\"192.0.2.1\",\"Port\":1,\"Status\":1,\"Tags\":{}}]");

        assertThat(Ran.onTerminal(new Terminal(true, false), server, "members").out())
                .contains("?[31mx")
                .doesNotContain("\u001b[31m");
    }
}
