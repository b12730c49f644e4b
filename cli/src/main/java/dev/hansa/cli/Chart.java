package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.hansa.cli.Finding.Check;
import dev.hansa.cli.Finding.Sheet;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// What a datacenter says of itself, read once.
///
/// @param now by the server's clock, where it says it: what it shows is dated by that one
/// @param servers the one that was asked, then the others that are reached from here
/// @param unreached names and addresses of servers that are not
/// @param read by path; a path that could not be read is not in it
/// @param closed exports whose peer no intention lets in
record Chart(
        Instant now,
        List<ServerFace> servers,
        List<String> unreached,
        Map<String, JsonNode> read,
        Set<Export> closed) {
    static final String SELF = "/v1/agent/self";
    static final String SERVERS = "/v1/operator/autopilot/health";
    static final String AUTHORITY = "/v1/hansa/ca";
    static final String ROOTS = "/v1/connect/ca/roots";
    static final String GATEWAYS = "/v1/health/service/mesh-gateway";
    static final String PEERINGS = "/v1/peerings";
    static final String EXPORTS = "/v1/exported-services";
    static final String SERVICES = "/v1/hansa/services";
    static final String INTENTIONS = "/v1/connect/intentions";
    static final String RESOLVERS = "/v1/config/service-resolver";
    static final String GROUPS = "/v1/config/sameness-group";
    static final String IMPORTS = "/v1/hansa/imported-services";
    static final String READINESS = "/v1/hansa/failover/readiness";
    static final String MEMBERS = "/v1/catalog/service/consul";
    static final String PROXIES = "/v1/hansa/proxies";
    static final String TRAFFIC = "/v1/hansa/traffic";

    private static final List<String> PATHS =
            List.of(
                    SERVERS,
                    AUTHORITY,
                    ROOTS,
                    GATEWAYS,
                    PEERINGS,
                    EXPORTS,
                    SERVICES,
                    INTENTIONS,
                    RESOLVERS,
                    GROUPS,
                    IMPORTS,
                    READINESS,
                    MEMBERS,
                    PROXIES,
                    TRAFFIC);

    /// Each costs one request; who exports more pairs without any rule is told of these.
    private static final int MOST_QUESTIONS = 500;

    Chart {
        servers = List.copyOf(servers);
        unreached = List.copyOf(unreached);
        read = Map.copyOf(read);
        closed = Set.copyOf(closed);
    }

    /// One of our services, and a peer that sees it.
    record Export(String service, String peer) {}

    /// @param sheet where it is noted what could not be read
    /// @throws ServerUnreachableException when the server does not answer
    static Chart read(ApiClient api, Clock clock, Sheet sheet)
            throws CommandFailedException, InterruptedException {
        var read = new HashMap<String, JsonNode>();
        var asked = clock.instant();
        var face = new ServerFace("", Optional.empty(), Optional.empty());
        try {
            var self = api.dated(SELF);
            face =
                    ServerFace.of(
                            text(self.body().path("Config"), "NodeName"),
                            self,
                            asked,
                            clock.instant());
            read.put(SELF, self.body());
        } catch (ServerUnreachableException e) {
            throw e;
        } catch (CommandFailedException e) {
            unread(sheet, SELF, e);
        }
        for (var path : PATHS) {
            try {
                var answer = api.read(path);
                if (answer.filtered()) {
                    sheet.warning(
                            Check.access,
                            "GET "
                                    + path
                                    + ": expected all that there is; found only what the token may see",
                            "ask with a token that may read it all; what it shows was not looked at");
                } else if (answer.found()) {
                    read.put(path, Json.read(answer.body()));
                } else {
                    sheet.warning(
                            Check.access,
                            "GET " + path + ": expected an answer; found none there",
                            "see whether the address is the server's own, without a path, and the server of this version");
                }
            } catch (ServerUnreachableException e) {
                throw e;
            } catch (CommandFailedException e) {
                unread(sheet, path, e);
            }
        }
        var members = read.getOrDefault(MEMBERS, MissingNode.getInstance());
        var others = OtherServers.look(api, clock, face.name(), members);
        var servers = Stream.concat(Stream.of(face), others.faces().stream()).toList();
        var now = clock.instant().plus(face.ahead().orElse(Duration.ZERO));
        var chart = new Chart(now, servers, others.unreached(), read, Set.of());
        return new Chart(now, servers, others.unreached(), read, chart.askWhoIsLetIn(api, sheet));
    }

    private static void unread(Sheet sheet, String path, CommandFailedException problem) {
        var message = String.valueOf(problem.getMessage());
        var what = "GET " + path + ": expected an answer; found '" + message + "'";
        if (message.contains("Permission denied") || message.contains("ACL not found")) {
            sheet.warning(
                    Check.access,
                    what,
                    "ask with a token that may read it; what it shows was not looked at");
        } else {
            sheet.error(
                    Check.servers,
                    what,
                    "see whether a majority of the datacenter's servers runs, and the log of this one");
        }
    }

    private Set<Export> askWhoIsLetIn(ApiClient api, Sheet sheet)
            throws CommandFailedException, InterruptedException {
        var closed = new HashSet<Export>();
        if (!read.containsKey(INTENTIONS)) {
            return closed;
        }
        var questions = 0;
        for (var export : exports()) {
            if (isLetInByName(export) || questions++ >= MOST_QUESTIONS) {
                continue;
            }
            try {
                // any service of the peer: what the default, or a rule for all of them, says
                var answer =
                        api.json(
                                INTENTIONS
                                        + "/check?source=peer:"
                                        + ApiClient.segment(export.peer())
                                        + "/*&destination="
                                        + ApiClient.segment(export.service()));
                if (!answer.path("Allowed").asBoolean()) {
                    closed.add(export);
                }
            } catch (ServerUnreachableException e) {
                throw e;
            } catch (CommandFailedException e) {
                unread(sheet, INTENTIONS + "/check", e);
                return closed;
            }
        }
        return closed;
    }

    private boolean isLetInByName(Export export) {
        return items(INTENTIONS)
                .anyMatch(rule ->
                        text(rule, "SourcePeer").equals(export.peer())
                                && text(rule, "Action").equals("allow")
                                && (text(rule, "DestinationName").equals(export.service())
                                        || text(rule, "DestinationName").equals("*")));
    }

    JsonNode at(String path) {
        return read.getOrDefault(path, MissingNode.getInstance());
    }

    boolean has(String path) {
        return read.containsKey(path);
    }

    Stream<JsonNode> items(String path) {
        return items(at(path));
    }

    static Stream<JsonNode> items(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    static String text(JsonNode node, String key) {
        return ClientCommand.text(node, key);
    }

    String datacenter() {
        return text(at(SELF).path("Config"), "Datacenter");
    }

    Set<String> peers() {
        var names = new TreeSet<String>();
        items(PEERINGS).forEach(peering -> names.add(text(peering, "Name")));
        return names;
    }

    List<Export> exports() {
        return items(EXPORTS)
                .flatMap(entry ->
                        Json.texts(entry.path("Consumers").path("Peers")).stream()
                                .map(peer -> new Export(text(entry, "Service"), peer)))
                .toList();
    }
}
