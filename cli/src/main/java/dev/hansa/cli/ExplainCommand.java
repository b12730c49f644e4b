package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa explain`.
@Command(
        name = "explain",
        description = {
            "Say where calls to a service go, why, and where they would go next.",
            "Each target with its health, the evidence and its age, the way there, and what intentions"
                    + " decide. A call that would be refused is explained by the first broken link.",
            "--trace also opens a real connection on each way, from the caller's sidecar and from the"
                    + " mesh gateways here, and times it: the applications see a connection that says"
                    + " nothing. It fails when no way leads to a target."
        },
        footer = {
            "  hansa explain shippingservice --from checkoutservice",
            "  hansa explain shippingservice --from checkoutservice --trace"
        })
final class ExplainCommand extends ClientCommand {
    @Parameters(paramLabel = "SERVICE", description = "As callers name it.")
    private String service = "";

    @Option(
            names = "--peer",
            paramLabel = "PEER",
            description = "The service of this peer, past any service-resolver.")
    private String peer = "";

    @Option(
            names = "--from",
            paramLabel = "CALLER",
            description = "The service of this datacenter that calls.")
    private String caller = "";

    @Option(names = "--trace", description = "Try each way with a real connection; needs --from.")
    private boolean trace;

    @Option(
            names = "--format",
            paramLabel = "pretty|json|table",
            description = "How to print (default: pretty).")
    private OutputFormat format = OutputFormat.pretty;

    ExplainCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    void run(ApiClient api, PrintWriter out) throws CommandFailedException, InterruptedException {
        if (trace && caller.isEmpty()) {
            throw usage(
                    "--trace: expected --from, the service whose sidecar opens the connections; found none");
        }
        var question =
                ApiClient.segment(service)
                        + "?"
                        + parameter("from", caller)
                        + parameter("peer", peer);
        var answer = api.json("/v1/hansa/explain/" + question);
        var traced =
                trace
                        ? Optional.of(
                                Json.read(
                                        api.must(
                                                "POST",
                                                "/v1/hansa/trace/" + question,
                                                "",
                                                ApiClient.JSON)))
                        : Optional.<JsonNode>empty();
        switch (format) {
            case json -> {
                traced.ifPresent(found -> ((ObjectNode) answer).set("Trace", found));
                out.println(Json.pretty(answer));
            }
            case pretty -> print(answer, out);
            case table -> out.print(targets(answer).text());
        }
        if (format != OutputFormat.json) {
            traced.ifPresent(found -> new TraceText(out).print(found));
        }
        out.flush();
        if (traced.isPresent() && !TraceText.reached(traced.get())) {
            throw new CommandFailedException("the trace reached no target");
        }
    }

    private static String parameter(String name, String value) {
        return value.isEmpty() ? "" : name + "=" + ApiClient.segment(value) + "&";
    }

    private static void print(JsonNode answer, PrintWriter out) {
        var caller = text(answer, "Caller");
        out.print(
                new Columns()
                        .row("Service:", name(answer) + " in " + text(answer, "Datacenter"))
                        .row("Caller:", caller.isEmpty() ? "anybody" : caller)
                        .row("Resolver:", resolver(answer))
                        .row("Live:", orNone(text(answer, "Live")))
                        .row("Next:", orNone(text(answer, "Next")))
                        .text());
        out.println();
        out.print(targets(answer).text());
        for (var target : answer.path("Targets")) {
            way(target, out);
        }
        seen(answer.path("Seen"), out);
        for (var control : answer.path("Controls")) {
            out.println();
            out.println(
                    "Control "
                            + control.path("ID").asLong()
                            + ": "
                            + text(control, "What")
                            + " by "
                            + text(control, "By")
                            + " until "
                            + text(control, "Until"));
        }
        if (answer.path("WouldBeRefused").asBoolean()) {
            out.println();
            out.println("A call would be refused: " + text(answer, "BrokenLink"));
        }
    }

    private static Columns targets(JsonNode answer) {
        var targets = new Columns().heading("Target", "State", "Evidence", "From");
        for (var target : answer.path("Targets")) {
            targets.row(
                    text(target, "Target"),
                    text(target, "State"),
                    text(target, "Evidence"),
                    source(target));
        }
        return targets;
    }

    /// What callers have met, which may be other than what the server knows.
    private static void seen(JsonNode sidecars, PrintWriter out) {
        if (sidecars.isEmpty()) {
            return;
        }
        out.println();
        var rows =
                new Columns()
                        .row("Seen by", "Target", "Carried", "Failed attempts", "Does not answer");
        for (var sidecar : sidecars) {
            for (var target : sidecar.path("Targets")) {
                rows.row(
                        text(sidecar, "Sidecar"),
                        text(target, "Target"),
                        target.path("Carried").asText(),
                        target.path("FailedAttempts").asText(),
                        suspects(target.path("Suspects")));
            }
            rows.row(
                    text(sidecar, "Sidecar"),
                    "none, refused",
                    sidecar.path("Refused").asText(),
                    "",
                    "");
        }
        out.print(rows.text());
    }

    private static String suspects(JsonNode suspects) {
        var all = new StringJoiner("; ");
        all.setEmptyValue("-");
        for (var one : suspects) {
            all.add(
                    text(one, "Address")
                            + " "
                            + text(one, "Sign")
                            + " for "
                            + one.path("ForMillis").asLong() / 1000
                            + " s");
        }
        return all.toString();
    }

    private static String name(JsonNode answer) {
        var peer = text(answer, "Peer");
        return text(answer, "Service") + (peer.isEmpty() ? "" : " of peer '" + peer + "'");
    }

    private static String orNone(String label) {
        return label.isEmpty() ? "none" : label;
    }

    private static String resolver(JsonNode answer) {
        var resolver = answer.path("Resolver");
        return resolver.isObject()
                ? "service-resolver/"
                        + text(answer, "Service")
                        + " of index "
                        + resolver.path("ModifyIndex").asLong()
                : "none";
    }

    private static String source(JsonNode target) {
        var age = target.path("EvidenceAgeMillis");
        return text(target, "EvidenceFrom")
                + (target.path("EvidenceConnected").asBoolean() ? "" : ", not connected")
                + (age.isNumber()
                        ? String.format(Locale.ROOT, ", %.1f s ago", age.asLong() / 1000.0)
                        : ", as it changes");
    }

    private static void way(JsonNode target, PrintWriter out) {
        out.println();
        out.println("To " + text(target, "Target") + ":");
        var hops = new Columns();
        for (var hop : target.path("Hops")) {
            hops.row(
                    "  " + text(hop, "Kind"),
                    text(hop, "Where"),
                    text(hop, "Address"),
                    hop.path("Healthy").asBoolean() ? "healthy" : "down",
                    text(hop, "Evidence"));
        }
        out.print(hops.text());
        out.println("  SNI      " + orNone(text(target, "SNI")));
        for (var identity : Json.texts(target.path("SpiffeIDs"))) {
            out.println("  expects  " + PlainText.of(identity));
        }
        var intention = target.path("Intention");
        if (intention.isObject()) {
            out.println("  " + decision(intention));
        }
    }

    private static String decision(JsonNode intention) {
        var by = text(intention, "DecidedBy");
        if (!intention.path("Known").asBoolean()) {
            return "intentions are decided by " + by + ", whose rules are not known here";
        }
        return (intention.path("Allowed").asBoolean() ? "allowed" : "denied")
                + " in "
                + by
                + " by "
                + (text(intention, "Rule").equals("default")
                        ? "default"
                        : "intention '" + text(intention, "Rule") + "'");
    }
}
