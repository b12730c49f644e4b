package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckDefinition.HttpAsk;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.peering.api.KeptBlock.Field;
import dev.hansa.peering.configentry.GoDuration;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Reads checks as clients of Consul define them.
final class CheckReader {
    /// Shorter, and a check costs more than what it watches; also bounds how often a result can be
    /// written. As Consul's, which takes a shorter one for this.
    static final Duration SHORTEST = Duration.ofSeconds(1);

    /// What is done each month has a month to spare; longer, and nobody could tell it from none.
    static final Duration LONGEST = Duration.ofDays(60);

    /// Of an agent's checks, as Consul's; maintenance is ordered, and not registered.
    private static final List<String> STATUSES = List.of("", "passing", "warning", "critical");

    /// As Consul's.
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    /// A target that does not answer keeps others from their turn for so long; one that takes
    /// longer than its callers would wait is not well.
    private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(1);

    /// For people, and a part of each answer about the service; as a reason of maintenance.
    private static final int MAX_NOTES = 512;

    /// It stands in keys and lists, as names of nodes do.
    private static final int MAX_ID = 253;

    /// A service that restarts must not lose its registration by it; as Consul's.
    static final Duration SHORTEST_DEREGISTER = Duration.ofMinutes(1);

    /// More is a mistake: a change takes that many results.
    private static final int MOST_IN_A_ROW = 1000;

    /// Ways to find a result that a catalog's check may name and that nobody here would follow.
    private static final List<String> RUNNERS =
            List.of("TTL", "TCP", "HTTP", "GRPC", "UDP", "Args", "AliasService", "AliasNode");

    private static final Pattern CREDENTIALS = Pattern.compile("^[^/?#]*://[^/?#]*@");

    /// A URL, the names of some headers, and durations.
    private static final int MAX_SAID = 4096;

    /// How whoever registers a result in the catalog finds it out; Terraform's provider compares it
    /// with what it wrote, and monitors outside the datacenter read it.
    private static final KeptBlock SAID =
            new KeptBlock(
                    List.of(
                            new Field("HTTP", CheckReader::url),
                            new Field("Header", KeptBlock.HEADERS),
                            new Field("Method", KeptBlock.TEXT),
                            new Field("TLSServerName", KeptBlock.TEXT),
                            new Field("TLSSkipVerify", KeptBlock.FLAG),
                            new Field("TCP", KeptBlock.TEXT),
                            new Field("TCPUseTLS", KeptBlock.FLAG),
                            new Field("UDP", KeptBlock.TEXT),
                            new Field("GRPC", KeptBlock.TEXT),
                            new Field("GRPCUseTLS", KeptBlock.FLAG),
                            new Field("OSService", KeptBlock.TEXT),
                            new Field("Interval", KeptBlock.NAMED_LONGER),
                            new Field("Timeout", KeptBlock.NAMED_LONGER),
                            new Field("DeregisterCriticalServiceAfter", KeptBlock.NAMED_LONGER)));

    /// What Consul's agents run and these servers do not.
    private static final Map<String, String> REFUSED = refused();

    private CheckReader() {}

    private static Map<String, String> refused() {
        var all = new LinkedHashMap<String, String>();
        for (var script : List.of("ScriptArgs", "Args", "Script", "Shell", "DockerContainerID")) {
            all.put(script, "scripts are not run by servers");
        }
        for (var other : List.of("UDP", "H2PING", "OSService", "AliasService", "AliasNode")) {
            all.put(other, "servers do not run such a check");
        }
        all.put("TCPUseTLS", "a TCP check does not speak TLS");
        all.put("TLSServerName", "the name in the URL is the one that is verified");
        all.put("ProxyHTTP", "a check goes straight to what it is about");
        return all;
    }

    /// `Check` and `Checks` of a definition; a `Check` that says nothing is none, as in Consul.
    static List<JsonFields> all(JsonFields definition) throws RefusedRequestException {
        var all = new ArrayList<JsonFields>();
        definition
                .fields("Check")
                .filter(check ->
                        check.byName().keySet().stream().anyMatch(name -> isSet(check, name)))
                .ifPresent(all::add);
        all.addAll(definition.list("Checks"));
        return all;
    }

    /// The id of a service's only check that has none of its own.
    static String unnamed(String service) {
        return "service:" + service;
    }

    /// Where it is one of several, the first is number 1, as in Consul.
    private static String unnamed(String service, int number, int of) {
        return unnamed(service) + (of > 1 ? ":" + number : "");
    }

    /// How the checks of a service's definition are read.
    @FunctionalInterface
    interface Reading {
        /// @param service its id
        /// @param name what a check without a name is called
        List<HealthCheck> read(JsonFields definition, String service, String name)
                throws RefusedRequestException;
    }

    /// Of a catalog's definition: whoever registered them says the results.
    static List<HealthCheck> results(JsonFields definition, String service, String name)
            throws RefusedRequestException {
        var checks = new ArrayList<HealthCheck>();
        var all = all(definition);
        for (var check : all) {
            var id = unnamed(service, checks.size() + 1, all.size());
            checks.add(named(result(check, service, id), name));
        }
        return Registrations.few(List.of(), Registrations.merged(List.of(), checks));
    }

    private static HealthCheck named(HealthCheck check, String name) {
        return check.name().isEmpty()
                ? new HealthCheck(
                        check.id(),
                        name,
                        check.status(),
                        check.output(),
                        check.type(),
                        check.definition())
                : check;
    }

    /// As Consul's catalog, it calls a check without an id by its name.
    ///
    /// @param service empty: of the node
    /// @param unnamed its id when it has neither
    static HealthCheck result(JsonFields check, String service, String unnamed)
            throws RefusedRequestException {
        for (var runner : RUNNERS) {
            if (isGiven(check, runner)) {
                throw bad(
                        check.subject()
                                + ": expected a Status and no way to find it, which an agent's registration may have; found "
                                + runner);
            }
        }
        var name = check.text("Name");
        var definition = check.fields("Definition");
        return check(
                check,
                service,
                name.isEmpty() ? unnamed : name,
                Optional.empty(),
                definition.isEmpty()
                        ? ""
                        : KeptBlock.text(
                                check.subject() + ".Definition",
                                SAID.read(definition.get()),
                                MAX_SAID));
    }

    /// Whoever sees the service would see the credentials.
    private static JsonNode url(JsonFields from, String name) throws RefusedRequestException {
        var url = from.text(name);
        if (CREDENTIALS.matcher(url).find()) {
            throw bad(name + ": expected a URL without credentials; found some");
        }
        return JsonNodeFactory.instance.textNode(url);
    }

    /// Of an agent's definition: the servers run them, or wait for a word of their owner.
    static List<HealthCheck> run(JsonFields definition, String service, String name)
            throws RefusedRequestException {
        var checks = new ArrayList<HealthCheck>();
        var all = all(definition);
        for (var check : all) {
            var id = unnamed(service, checks.size() + 1, all.size());
            checks.add(named(runOne(check, service, id), name));
        }
        return Registrations.few(List.of(), Registrations.merged(List.of(), checks));
    }

    /// @param service empty: of the node
    /// @param unnamed its id when it has none
    static HealthCheck runOne(JsonFields check, String service, String unnamed)
            throws RefusedRequestException {
        var status = check.text("Status");
        if (!STATUSES.contains(status)) {
            throw bad(
                    "Status for checks must 'passing', 'warning', 'critical'; found '"
                            + shown(status)
                            + "'");
        }
        return check(check, service, unnamed, way(check), "");
    }

    private static HealthCheck check(
            JsonFields check, String service, String unnamed, Optional<Way> way, String said)
            throws RefusedRequestException {
        var given = check.text("CheckID").isEmpty() ? check.text("ID") : check.text("CheckID");
        var id = given.isEmpty() ? unnamed : given;
        requireId(id);
        var status = check.text("Status");
        var notes = check.text("Notes");
        if (notes.length() > MAX_NOTES) {
            throw bad(
                    check.subject()
                            + ".Notes: expected at most "
                            + MAX_NOTES
                            + " characters; found "
                            + notes.length());
        }
        return new HealthCheck(
                id,
                check.text("Name"),
                // As Consul: not known to be well is not well.
                status.isEmpty() ? CheckStatus.CRITICAL : ApiRequest.read(status, CheckStatus::of),
                check.text("Output"),
                way.map(one -> one.kind().name().toLowerCase(Locale.ROOT)).orElse(""),
                notes.isEmpty() && !service.isEmpty() && way.isEmpty() && said.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new CheckDefinition(notes, service.isEmpty(), way, said)));
    }

    /// Many are called by their names, which are words for people.
    private static void requireId(String id) throws RefusedRequestException {
        if (id.isEmpty()
                || id.length() > MAX_ID
                || !id.equals(id.strip())
                || !id.equals(shown(id, MAX_ID))) {
            throw bad(
                    "CheckID: expected 1 to "
                            + MAX_ID
                            + " characters that are printed, and no white space around them; found '"
                            + shown(id)
                            + "'");
        }
    }

    /// Empty when the check states its result itself.
    private static Optional<Way> way(JsonFields check) throws RefusedRequestException {
        for (var refused : REFUSED.entrySet()) {
            if (isSet(check, refused.getKey())) {
                throw bad(
                        check.subject()
                                + ": expected TTL, HTTP, TCP or GRPC; found "
                                + refused.getKey()
                                + ": "
                                + refused.getValue());
            }
        }
        var kinds = new ArrayList<Kind>();
        for (var kind : Kind.values()) {
            if (isGiven(check, kind.name())) {
                kinds.add(kind);
            }
        }
        if (kinds.size() > 1 && duration(check, "TTL").isZero()) {
            kinds.remove(Kind.TTL);
        }
        if (kinds.size() > 1) {
            throw bad(
                    check.subject() + ": expected one of TTL, HTTP, TCP and GRPC; found " + kinds);
        }
        if (kinds.isEmpty()) {
            return Optional.empty();
        }
        var kind = kinds.getFirst();
        return Optional.of(
                new Way(
                        kind,
                        target(check, kind),
                        bounded(
                                check,
                                kind == Kind.TTL ? "TTL" : "Interval",
                                LONGEST,
                                Optional.empty()),
                        bounded(check, "Timeout", LONGEST_TIMEOUT, Optional.of(DEFAULT_TIMEOUT)),
                        ask(check, kind),
                        thresholds(check),
                        deregisterAfter(check)));
    }

    /// Not where it is empty: some clients name all that a check may have.
    private static boolean isGiven(JsonFields check, String name) {
        return check.field(name)
                .filter(value ->
                        value.isTextual()
                                ? !value.textValue().isEmpty()
                                : !(value.isContainerNode() && value.isEmpty()))
                .isPresent();
    }

    private static boolean isSet(JsonFields check, String name) {
        return check.field(name)
                .filter(value ->
                        value.isBoolean()
                                ? value.booleanValue()
                                : !value.isEmpty()
                                        || value.isTextual() && !value.textValue().isEmpty())
                .isPresent();
    }

    private static String target(JsonFields check, Kind kind) throws RefusedRequestException {
        return switch (kind) {
            case TTL -> "";
            case TCP -> ApiRequest.read(check.text("TCP"), Endpoint::parse).toString();
            case HTTP -> url(check.text("HTTP"));
            case GRPC -> grpc(check.text("GRPC"), check.flag("GRPCUseTLS"));
        };
    }

    /// Host, port, and maybe the service that is asked about.
    private static String grpc(String text, boolean isTls) throws RefusedRequestException {
        var slash = text.indexOf('/');
        var address = ApiRequest.read(slash < 0 ? text : text.substring(0, slash), Endpoint::parse);
        var service = slash < 0 ? "" : text.substring(slash + 1);
        if (!service.matches("[A-Za-z0-9_.]{0,127}")) {
            throw bad(
                    "GRPC: expected HOST:PORT/SERVICE, the service of at most 127 letters, digits, '.' and '_'; found '"
                            + shown(text)
                            + "'");
        }
        var target = (isTls ? "grpcs://" : "grpc://") + address + "/" + service;
        if (ApiRequest.read(target, URI::create).getHost() == null) {
            throw bad("GRPC: expected HOST:PORT/SERVICE; found '" + shown(text) + "'");
        }
        return target;
    }

    /// Without credentials: a URL is shown, a header is not.
    private static String url(String text) throws RefusedRequestException {
        try {
            var url = URI.create(text);
            if (List.of("http", "https").contains(String.valueOf(url.getScheme()))
                    && url.getHost() != null
                    && url.getUserInfo() == null
                    && text.length() <= 2048) {
                return text;
            }
        } catch (IllegalArgumentException _) {
            // said below
        }
        throw bad(
                "HTTP: expected a URL of http or https, with a host and without credentials, which a Header may have; found another");
    }

    private static Duration bounded(
            JsonFields check, String name, Duration longest, Optional<Duration> fallback)
            throws RefusedRequestException {
        var text = check.duration(name);
        var duration = duration(check, name);
        if (duration.isZero() && fallback.isPresent()) {
            return fallback.get();
        }
        var least = Duration.ofMillis(1);
        if (duration.compareTo(least) < 0 || duration.compareTo(longest) > 0) {
            throw bad(
                    check.subject()
                            + "."
                            + name
                            + ": expected a duration from "
                            + GoDuration.format(least)
                            + " to "
                            + (longest.toHours() > 0
                                    ? longest.toHours() + "h"
                                    : longest.toMinutes() + "m")
                            + "; found '"
                            + shown(text)
                            + "'");
        }
        return name.equals("Interval") && duration.compareTo(SHORTEST) < 0 ? SHORTEST : duration;
    }

    /// 0 when it is not said; the words that clients look for when it cannot be read.
    private static Duration duration(JsonFields check, String name) throws RefusedRequestException {
        var text = check.duration(name);
        try {
            return text.isEmpty() ? Duration.ZERO : GoDuration.parse(text);
        } catch (IllegalArgumentException e) {
            throw bad(check.subject() + "." + name + ": invalid duration: " + e.getMessage());
        }
    }

    private static HttpAsk ask(JsonFields check, Kind kind) throws RefusedRequestException {
        if (kind != Kind.HTTP) {
            return new HttpAsk("", Map.of(), Optional.empty(), check.flag("TLSSkipVerify"));
        }
        var headers = new LinkedHashMap<String, Secret>();
        var given = check.fields("Header");
        for (var name : given.isPresent() ? given.get().byName().keySet() : Set.<String>of()) {
            // the client sets these itself
            if (List.of("host", "connection", "content-length", "expect", "upgrade").contains(name)
                    || !name.matches("[a-z0-9!#$%&'*+.^_`|~-]{1,128}")) {
                throw bad(
                        "Header: expected names of headers other than Host, Connection, Content-Length, Expect and Upgrade; found '"
                                + shown(name)
                                + "'");
            }
            var value = String.join(", ", given.orElseThrow().texts(name));
            if (value.length() > 4096 || value.chars().anyMatch(c -> c < ' ' || c > '~')) {
                throw bad(
                        "Header '"
                                + shown(name)
                                + "': expected at most 4096 printable characters of ASCII; found others");
            }
            headers.put(name, new Secret(value));
        }
        var method = check.text("Method").isEmpty() ? "GET" : check.text("Method");
        if (!method.matches("[A-Z]{1,16}") || method.equals("CONNECT")) {
            throw bad("Method: expected one such as GET; found '" + shown(method) + "'");
        }
        var body = check.text("Body");
        return new HttpAsk(
                method,
                headers,
                body.isEmpty() ? Optional.empty() : Optional.of(new Secret(body)),
                check.flag("TLSSkipVerify"));
    }

    private static Thresholds thresholds(JsonFields check) throws RefusedRequestException {
        var critical = count(check, "FailuresBeforeCritical", 1);
        return new Thresholds(
                count(check, "SuccessBeforePassing", 1),
                Math.min(count(check, "FailuresBeforeWarning", critical), critical),
                critical);
    }

    /// Consul's 0 is the first.
    private static int count(JsonFields check, String name, int fallback)
            throws RefusedRequestException {
        var count = check.number(name, 0);
        if (count < 0 || count > MOST_IN_A_ROW) {
            throw bad(
                    name
                            + ": expected a number from 0 to "
                            + MOST_IN_A_ROW
                            + "; found '"
                            + count
                            + "'");
        }
        return count == 0 ? fallback : count;
    }

    private static Duration deregisterAfter(JsonFields check) throws RefusedRequestException {
        var duration = duration(check, "DeregisterCriticalServiceAfter");
        return duration.isZero() || duration.isNegative()
                ? Duration.ZERO
                : duration.compareTo(SHORTEST_DEREGISTER) < 0 ? SHORTEST_DEREGISTER : duration;
    }
}
