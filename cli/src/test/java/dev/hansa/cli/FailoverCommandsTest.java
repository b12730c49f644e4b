package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FailoverCommandsTest {
    @Test
    void followingEndsWhenNobodyReads() throws Exception {
        try (var server = new TestingServer()) {
            server.on("GET /v1/hansa/failovers?index=0&wait=30s", 200, "[]");

            assertThat(Ran.intoClosedPipe(server, "failover", "events", "--follow"))
                    .isEqualTo(new Ran(0, "", ""));
        }
    }

    private TestingServer server;

    @BeforeEach
    void start() throws IOException {
        server = new TestingServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void explanationIsReadFromTopToBottom() {
        server.on(
                "GET /v1/hansa/explain/echo?from=caller&",
                200,
                """
                {"Service":"echo","Peer":"","Caller":"caller","Datacenter":"eks",
                 "Resolver":{"ModifyIndex":12,"Entry":{}},"Live":"echo.peer.lke","Next":"",
                 "Targets":[
                  {"Target":"echo","State":"down","Evidence":"no instance of 'echo' is registered in eks",
                   "EvidenceFrom":"the sidecars of eks","EvidenceConnected":true,"EvidenceAgeMillis":null,
                   "SNI":"echo.sni","SpiffeIDs":["spiffe://eks/echo"],"Hops":[],
                   "Intention":{"DecidedBy":"eks","Known":true,"Allowed":false,"Rule":"caller -> echo"}},
                  {"Target":"echo.peer.lke","State":"live","Evidence":"passing",
                   "EvidenceFrom":"peer 'lke'","EvidenceConnected":false,"EvidenceAgeMillis":2500,
                   "SNI":"their.sni","SpiffeIDs":["spiffe://lke/echo"],
                   "Hops":[{"Kind":"mesh-gateway","Where":"eks","Address":"192.0.2.2:8443","Healthy":true,"Evidence":"passing"}],
                   "Intention":{"DecidedBy":"peer 'lke'","Known":false}}],
                 "WouldBeRefused":true,"BrokenLink":"because"}
                """);

        var ran = Ran.hansa(server, "explain", "echo", "--from", "caller");

        assertThat(ran)
                .isEqualTo(
                        new Ran(
                                0,
                                """
                                Service:   echo in eks
                                Caller:    caller
                                Resolver:  service-resolver/echo of index 12
                                Live:      echo.peer.lke
                                Next:      none

                                Target         State  Evidence                                    From
                                echo           down   no instance of 'echo' is registered in eks  the sidecars of eks, as it changes
                                echo.peer.lke  live   passing                                     peer 'lke', not connected, 2.5 s ago

                                To echo:
                                  SNI      echo.sni
                                  expects  spiffe://eks/echo
                                  denied in eks by intention 'caller -> echo'

                                To echo.peer.lke:
                                  mesh-gateway  eks  192.0.2.2:8443  healthy  passing
                                  SNI      their.sni
                                  expects  spiffe://lke/echo
                                  intentions are decided by peer 'lke', whose rules are not known here

                                A call would be refused: because
                                """,
                                ""));
    }

    private static final String UNEXPLAINED =
            "{\"Service\":\"echo\",\"Datacenter\":\"eks\",\"Caller\":\"caller\",\"Live\":\"echo\"}";

    @Test
    void traceSaysWhatEachWayTook() {
        server.on("GET /v1/hansa/explain/echo?from=caller&", 200, UNEXPLAINED)
                .on(
                        "POST /v1/hansa/trace/echo?from=caller&",
                        200,
                        """
                        {"Service":"echo","Caller":"caller","Sidecar":"/svc/caller#vm-1","Problem":"","Ways":[
                          {"Target":"echo","Address":"192.0.2.3:20000","Reached":false,"ConnectedMillis":null,
                           "TookMillis":0.31,"Protocol":"","SpiffeID":"","Failure":"Connection refused"},
                          {"Target":"echo.peer.lke","Address":"192.0.2.2:8443","Reached":true,"ConnectedMillis":0.42,
                           "TookMillis":91.5,"Protocol":"TLSv1.3","SpiffeID":"spiffe://lke/echo","Failure":""}],
                         "Gateways":[{"Gateway":"/gateway#gw-1","Target":"echo.peer.lke","SNI":"their.sni","Problem":"",
                          "Ways":[{"Target":"","Address":"198.51.100.7:8443","Reached":true,"ConnectedMillis":41.26,
                                   "TookMillis":41.26,"Protocol":"","SpiffeID":"","Failure":""}]}]}
                        """);

        var ran = Ran.hansa(server, "explain", "echo", "--from", "caller", "--trace");

        assertThat(ran.err()).isEmpty();
        assertThat(ran.status()).isZero();
        assertThat(ran.out())
                .endsWith(
                        """

                        Trace by /svc/caller#vm-1:
                          echo           192.0.2.3:20000  not connected        failed after 0.3 ms: Connection refused
                          echo.peer.lke  192.0.2.2:8443   connected in 0.4 ms  accepted after 91.5 ms by spiffe://lke/echo over TLSv1.3

                        Trace by /gateway#gw-1, its part of the way to echo.peer.lke:
                          gateway there  198.51.100.7:8443  connected in 41.3 ms  reached
                        """);
    }

    @Test
    void traceThatReachesNothingFails() {
        server.on("GET /v1/hansa/explain/echo?from=caller&", 200, UNEXPLAINED)
                .on(
                        "POST /v1/hansa/trace/echo?from=caller&",
                        200,
                        "{\"Sidecar\":\"s\",\"Ways\":[],\"Problem\":\"it was silent\",\"Gateways\":[]}");

        var ran = Ran.hansa(server, "explain", "echo", "--from", "caller", "--trace");

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.out()).contains("no answer: it was silent");
        assertThat(ran.err()).isEqualTo("hansa: the trace reached no target\n");
    }

    @Test
    void traceNeedsACaller() {
        assertThat(Ran.hansa(server, "explain", "echo", "--trace").status()).isEqualTo(2);
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void unknownServiceIsAnErrorInTheServersWords() {
        server.on("GET /v1/hansa/explain/ecco", 404, "service 'ecco': expected another");

        assertThat(Ran.hansa(server, "explain", "ecco"))
                .isEqualTo(new Ran(1, "", "hansa: service 'ecco': expected another\n"));
    }

    @Test
    void eventsAreLines() {
        server.on(
                "GET /v1/hansa/failovers?index=0&wait=30s",
                200,
                "[{\"Index\":1,\"At\":\"2026-01-01T12:00:00Z\",\"Service\":\"echo\",\"Turn\":\"over\",\"From\":\"echo\",\"To\":\"echo.peer.lke\",\"Cause\":\"because\",\"LastedMillis\":61000}]");

        assertThat(Ran.hansa(server, "failover", "events").out())
                .isEqualTo(
                        "2026-01-01T12:00:00Z echo over: echo -> echo.peer.lke after PT1M1S: because\n");
        assertThat(Ran.hansa(server, "failover", "events", "--follow", "--format", "json").status())
                .isEqualTo(2);
    }

    private static final String CONTROL =
            "{\"ID\":41,\"What\":\"drain of peer 'lke'\",\"By\":\"ada\",\"Reason\":\"upgrade\",\"Until\":\"2026-01-01T12:00:00Z\"}";

    @Test
    void drainSaysWhatHoldsAndHowToEndIt() {
        server.on("POST /v1/hansa/failover/controls", 200, CONTROL);

        var ran =
                Ran.hansa(
                        server,
                        "failover",
                        "drain",
                        "--peer",
                        "lke",
                        "--as",
                        "ada",
                        "--reason",
                        "upgrade",
                        "--for",
                        "2h");

        assertThat(ran.out())
                .isEqualTo(
                        "Control 41: drain of peer 'lke' until 2026-01-01T12:00:00Z; 'hansa failover clear 41' ends it.\n");
        assertThat(server.onlyAsked().body())
                .isEqualTo(
                        "{\"Peer\":\"lke\",\"Service\":\"\",\"Force\":false,\"Kind\":\"drain\",\"TTL\":\"2h\",\"By\":\"ada\",\"Reason\":\"upgrade\"}");
    }

    @Test
    void mistakesInControlsAreNotUnderstood() {
        for (var mistake :
                List.of(
                        List.of("failover", "drain"),
                        List.of("failover", "drain", "--peer", "a", "--service", "b"),
                        List.of("failover", "force", "echo"),
                        List.of("failover", "hold"),
                        List.of("failover", "clear"),
                        List.of("failover", "clear", "41", "--all"),
                        List.of("failover", "clear", "x"),
                        List.of("failover", "drill"))) {
            var ran = Ran.hansa(server, mistake.toArray(String[]::new));
            assertThat(ran.status()).as(mistake + " " + ran.err()).isEqualTo(2);
        }
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void statusListsAndClearEnds() {
        server.on("GET /v1/hansa/failover/controls", 200, "[" + CONTROL + "]");
        server.on("DELETE /v1/hansa/failover/controls/41?by=ada", 200, "true");

        assertThat(Ran.hansa(server, "failover", "status").out())
                .isEqualTo(
                        """
                        ID  What                 By   Until                 Reason
                        41  drain of peer 'lke'  ada  2026-01-01T12:00:00Z  upgrade
                        """);
        assertThat(Ran.hansa(server, "failover", "clear", "41", "--as", "ada").out())
                .isEqualTo("Control 41 cleared.\n");
        assertThat(Ran.hansa(server, "failover", "clear", "--all", "--as", "ada").out())
                .isEqualTo("1 controls cleared.\n");
    }

    @Test
    void drillIsReportedAndWhatIsNotKnownIsNotClaimed() {
        server.on("POST /v1/hansa/failover/controls", 200, CONTROL);
        server.on(
                "GET /v1/hansa/failover/drills/41",
                200,
                """
                {"Proxies":1,"OverMillis":12,"EndedAt":"2026-01-01T12:00:00Z","BackMillis":9,"Done":true,
                 "Before":{"Served":9,"Refused":0,"P50WithinMillis":1,"P99WithinMillis":4,"Carried":{"echo":9},"FailedAttempts":{}},
                 "During":{"Served":5,"Refused":1,"P50WithinMillis":32,"P99WithinMillis":null,
                           "Carried":{"echo.peer.lke":5},"FailedAttempts":{"echo.peer.lke":2}},
                 "After":{"Served":0,"Refused":0,"P50WithinMillis":null,"P99WithinMillis":null,"Carried":{},"FailedAttempts":{}}}
                """);

        assertThat(Ran.hansa(server, "failover", "drill", "echo").out())
                .isEqualTo(
                        """
                        Drill 41 of 'echo' until 2026-01-01T12:00:00Z; Ctrl-C ends it at once.
                        Over:     1 sidecar after 12 ms
                        Ended:    2026-01-01T12:00:00Z
                        Back:     after 9 ms

                        Connections  Served  Refused  p50      p99     By
                        before       9       0        < 1 ms   < 4 ms  echo 9
                        during       5       1        < 32 ms  -       echo.peer.lke 5, 2 failed attempts at echo.peer.lke
                        after        0       0        -        -       -
                        """);
    }

    @Test
    void serviceThatCouldNotFailOverIsAnExitCode() {
        var ready =
                "{\"Service\":\"a\",\"Ready\":true,\"Live\":\"a\",\"Next\":\"a.peer.lke\",\"Reason\":\"\"}";
        server.on("GET /v1/hansa/failover/readiness", 200, "[" + ready + "]");
        assertThat(Ran.hansa(server, "failover", "readiness").status()).isZero();

        server.on(
                "GET /v1/hansa/failover/readiness",
                200,
                "["
                        + ready
                        + ",{\"Service\":\"b\",\"Ready\":false,\"Live\":\"b\",\"Next\":\"\",\"Reason\":\"b.peer.lke: down\"}]");
        var ran = Ran.hansa(server, "failover", "readiness");
        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.out()).contains("b        no     b     none        b.peer.lke: down");
        assertThat(ran.err()).isEqualTo("hansa: 1 of 2 services could not fail over now\n");
        assertThat(Ran.hansa(server, "failover", "readiness", "-format", "json").status())
                .isEqualTo(1);
    }
}
