package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hansa failover drain|force|hold|clear|status`: what an operator says holds for a while.
final class ControlCommands {
    static final String CONTROLS = "/v1/hansa/failover/controls";

    private ControlCommands() {}

    static void addTo(CommandLine failover, Surroundings surroundings) {
        failover.addSubcommand(new Drain(surroundings))
                .addSubcommand(new Force(surroundings))
                .addSubcommand(new Hold(surroundings))
                .addSubcommand(new Clear(surroundings))
                .addSubcommand(new Status(surroundings));
    }

    /// Who says so, in audit and evidence.
    static String whoever(String given) {
        return given.isEmpty() ? System.getProperty("user.name", "") : given;
    }

    /// A command that orders a control.
    abstract static class Ordering extends ClientCommand {
        @Option(
                names = "--reason",
                order = 90,
                paramLabel = "TEXT",
                description = "Why; shown with each target that it touches.")
        private String reason = "";

        @Option(
                names = "--as",
                order = 91,
                paramLabel = "NAME",
                description = "Who you are (default: the user's name).")
        private String by = "";

        Ordering(Surroundings surroundings) {
            super(surroundings);
        }

        final String by() {
            return whoever(by);
        }

        final JsonNode order(ApiClient api, String kind, String life, ObjectNode body)
                throws CommandFailedException, InterruptedException {
            body.put("Kind", kind).put("TTL", life).put("By", by()).put("Reason", reason);
            return Json.read(api.must("POST", CONTROLS, body));
        }

        static void print(JsonNode control, PrintWriter out) {
            out.println(
                    "Control "
                            + control.path("ID").asLong()
                            + ": "
                            + text(control, "What")
                            + " until "
                            + text(control, "Until")
                            + "; 'hansa failover clear "
                            + control.path("ID").asLong()
                            + "' ends it.");
        }
    }

    /// One that holds for an hour when nothing is said.
    private abstract static class Lasting extends Ordering {
        @Option(
                names = "--for",
                paramLabel = "DURATION",
                description = "How long it holds, at most 720h (default: 1h).")
        private String life = "1h";

        Lasting(Surroundings surroundings) {
            super(surroundings);
        }

        final void order(ApiClient api, PrintWriter out, String kind, ObjectNode body)
                throws CommandFailedException, InterruptedException {
            print(order(api, kind, life, body), out);
        }
    }

    @Command(
            name = "drain",
            description = {
                "Send no calls of this datacenter to a peer, or to the instances of a service here.",
                "New connections go to the next target; those that stand are left alone."
            },
            footer = "  hansa failover drain --peer lke --for 2h --reason upgrade")
    private static final class Drain extends Lasting {
        @Option(names = "--peer", paramLabel = "PEER", description = "All that is at this peer.")
        private String peer = "";

        @Option(
                names = "--service",
                paramLabel = "SERVICE",
                description = "The instances of this service in this datacenter.")
        private String service = "";

        @Option(
                names = "--force",
                description = "Also where it leaves a service without a healthy target.")
        private boolean anyway;

        Drain(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (peer.isEmpty() == service.isEmpty()) {
                throw usage(
                        "expected --peer or --service; found "
                                + (peer.isEmpty() ? "neither" : "both"));
            }
            order(
                    api,
                    out,
                    "drain",
                    Json.object().put("Peer", peer).put("Service", service).put("Force", anyway));
        }
    }

    @Command(
            name = "force",
            description = {
                "Put one target of a service first.",
                "While it is not healthy, calls go to the others as ever."
            },
            footer = "  hansa failover force shippingservice shippingservice.peer.lke")
    private static final class Force extends Lasting {
        @Parameters(index = "0", paramLabel = "SERVICE", description = "As callers name it.")
        private String service = "";

        @Parameters(
                index = "1",
                paramLabel = "TARGET",
                description = "As 'hansa explain' shows it.")
        private String target = "";

        Force(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            order(api, out, "force", Json.object().put("Service", service).put("Target", target));
        }
    }

    @Command(
            name = "hold",
            description = {
                "Keep a service's calls where they go now, also when an earlier target is healthy again.",
                "Should the target where they are held go down, they go to the others as ever."
            },
            footer = "  hansa failover hold shippingservice --for 30m")
    private static final class Hold extends Lasting {
        @Parameters(paramLabel = "SERVICE", description = "As callers name it.")
        private String service = "";

        Hold(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            order(api, out, "hold", Json.object().put("Service", service));
        }
    }

    @Command(
            name = "clear",
            description = "End a control before its time.",
            footer = "  hansa failover clear 41")
    private static final class Clear extends ClientCommand {
        @Parameters(
                paramLabel = "ID",
                arity = "0..1",
                description = "As 'hansa failover status' shows it.")
        private Optional<Long> id = Optional.empty();

        @Option(names = "--all", description = "All of them.")
        private boolean all;

        @Option(
                names = "--as",
                paramLabel = "NAME",
                description = "Who you are (default: the user's name).")
        private String by = "";

        Clear(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (id.isPresent() == all) {
                throw usage("expected an ID or --all; found " + (all ? "both" : "neither"));
            }
            if (id.isPresent()) {
                clear(api, id.get(), whoever(by));
                out.println("Control " + id.get() + " cleared.");
                return;
            }
            var controls = api.json(CONTROLS);
            for (var control : controls) {
                clear(api, control.path("ID").asLong(), whoever(by));
            }
            out.println(controls.size() + " controls cleared.");
        }
    }

    static void clear(ApiClient api, long id, String by)
            throws CommandFailedException, InterruptedException {
        api.must(
                "DELETE", CONTROLS + "/" + id + "?by=" + ApiClient.segment(by), "", ApiClient.JSON);
    }

    @Command(
            name = "status",
            description = "List the controls in force.",
            footer = "  hansa failover status")
    private static final class Status extends ListCommand {
        Status(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var controls = api.json(CONTROLS);
            var columns = new Columns().heading("ID", "What", "By", "Until", "Reason");
            for (var control : controls) {
                columns.row(
                        Long.toString(control.path("ID").asLong()),
                        text(control, "What"),
                        text(control, "By"),
                        text(control, "Until"),
                        text(control, "Reason"));
            }
            printOr(out, controls, columns, "No control is in force.");
        }
    }
}
