package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `hansa acl policy …`.
final class AclPolicyCommands {
    private AclPolicyCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new Policy(),
                new Create(surroundings),
                new ListPolicies(surroundings),
                new Read(surroundings),
                new Update(surroundings),
                new Delete(surroundings));
    }

    @Command(
            name = "policy",
            description = "Make policies, look at them, change and delete them.",
            footer = "  hansa acl policy create -name readers -rules @readers.hcl")
    private static final class Policy extends Main.Group {}

    private static Columns table(Iterable<? extends JsonNode> policies) {
        return Columns.of(policies, "Name", "ID", "Description");
    }

    private static String pretty(JsonNode policy) {
        var lines =
                new Columns()
                        .row("ID:", ClientCommand.text(policy, "ID"))
                        .row("Name:", ClientCommand.text(policy, "Name"))
                        .row("Description:", ClientCommand.text(policy, "Description"));
        for (var datacenter : policy.path("Datacenters")) {
            lines.row("Datacenter:", PlainText.of(datacenter.asText()));
        }
        return lines.text()
                + "Rules:\n"
                + ClientCommand.text(policy, "Rules").stripTrailing()
                + "\n";
    }

    /// A command that writes a policy.
    private abstract static class Writing extends AclCommands.Kept {
        @Option(
                names = "--description",
                paramLabel = "TEXT",
                description = "What it is for, shown with it.")
        private @Nullable String description;

        @Option(
                names = "--rules",
                paramLabel = "HCL|@FILE|-",
                description = "Its rules: the text, @FILE, or - for standard input.")
        private @Nullable String rules;

        @Option(
                names = "--valid-datacenter",
                paramLabel = "DC",
                description =
                        "Where it holds; this datacenter alone can be named, since each keeps its own.")
        private List<String> datacenters = List.of();

        Writing(Surroundings surroundings) {
            super(surroundings);
        }

        /// @param before what was there, for what no flag says
        final String description(JsonNode before) {
            return description == null ? before.path("Description").asText("") : description;
        }

        final String rules(JsonNode before) throws CommandFailedException {
            if (rules == null) {
                return before.path("Rules").asText("");
            }
            return given("rules", rules);
        }

        /// There is no other place where it could hold.
        final void requireHere(ApiClient api) throws CommandFailedException, InterruptedException {
            for (var name : datacenters) {
                requireHere(api, name);
            }
        }

        /// @param before what was there, for what no flag says
        final void putDatacenters(ObjectNode body, JsonNode before) {
            if (!datacenters.isEmpty()) {
                datacenters.forEach(body.putArray("Datacenters")::add);
            } else if (!before.path("Datacenters").isEmpty()) {
                body.set("Datacenters", before.path("Datacenters"));
            }
        }

        final boolean hasRules() {
            return rules != null;
        }
    }

    @Command(
            name = "create",
            description = "Make a policy.",
            footer =
                    "  hansa acl policy create -name readers -rules 'service_prefix \"\" { policy = \"read\" }'")
    private static final class Create extends Writing {
        @Option(names = "--name", required = true, paramLabel = "NAME", description = "Its name.")
        private String name = "";

        Create(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (!hasRules()) {
                throw usage("policy: expected --rules; found none");
            }
            requireHere(api);
            var nothing = Json.object();
            var body =
                    Json.object()
                            .put("Name", name)
                            .put("Description", description(nothing))
                            .put("Rules", rules(nothing));
            putDatacenters(body, nothing);
            var policy = Json.read(api.must("PUT", AclCommands.POLICY, body));
            show(out, policy, table(List.of(policy)), pretty(policy));
        }
    }

    @Command(
            name = "list",
            description = "Print the names of all policies.",
            footer = "  hansa acl policy list")
    private static final class ListPolicies extends AclCommands.KeptList {
        ListPolicies(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var policies = api.json(AclCommands.POLICIES);
            var text = new StringBuilder();
            for (var policy : policies) {
                text.append(text(policy, "Name"))
                        .append(":\n   ID:           ")
                        .append(text(policy, "ID"))
                        .append("\n   Description:  ")
                        .append(text(policy, "Description"))
                        .append('\n')
                        .append(more(policy, "   "));
            }
            print(out, policies, table(policies), text.toString());
        }
    }

    private static String path(String id) {
        return AclCommands.POLICY + "/" + ApiClient.segment(id);
    }

    /// The policy with this id, a part of one, or this name.
    private static JsonNode find(ApiClient api, @Nullable String id, @Nullable String name)
            throws CommandFailedException, InterruptedException {
        if (id != null) {
            var whole = AclCommands.whole(api, id, AclCommands.POLICIES, "ID");
            return AclCommands.found(api, path(whole), "policy '" + PlainText.of(whole) + "'");
        }
        var asked = String.valueOf(name);
        return AclCommands.found(
                api,
                AclCommands.POLICY + "/name/" + ApiClient.segment(asked),
                "policy '" + PlainText.of(asked) + "'");
    }

    /// Which policy is meant.
    private static final class Which {
        @Option(names = "--id", paramLabel = "ID", description = "Its id, or the beginning of it.")
        private @Nullable String id;

        @Option(names = "--name", paramLabel = "NAME", description = "Its name.")
        private @Nullable String name;

        boolean isUnclear() {
            return (id == null) == (name == null);
        }
    }

    @Command(
            name = "read",
            description = "Print one policy with its rules.",
            footer = "  hansa acl policy read -name readers")
    private static final class Read extends AclCommands.Kept {
        @Mixin private Which which = new Which();

        Read(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (which.isUnclear()) {
                throw usage(oneOf(which.id));
            }
            var policy = find(api, which.id, which.name);
            show(out, policy, table(List.of(policy)), pretty(policy));
        }
    }

    private static String oneOf(@Nullable String id) {
        return "policy: expected --id or --name; found " + (id == null ? "neither" : "both");
    }

    @Command(
            name = "update",
            description = {
                "Change a policy's rules, description or name; what no flag names stays.",
                "With --id, --name is its new name."
            },
            footer = "  hansa acl policy update -name readers -rules @readers.hcl")
    private static final class Update extends Writing {
        @Option(names = "--id", paramLabel = "ID", description = "Its id, or the beginning of it.")
        private @Nullable String id;

        @Option(names = "--name", paramLabel = "NAME", description = "Its name.")
        private @Nullable String name;

        @Option(
                names = "--no-merge",
                description = "Say all of it anew: what no flag names is emptied.")
        private boolean anew;

        Update(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (id == null && name == null) {
                throw usage(oneOf(null));
            }
            requireHere(api);
            var before = find(api, id, name);
            var known = text(before, "ID");
            // a name is what nothing is without
            var kept = anew ? Json.object() : before;
            var body =
                    Json.object()
                            .put("ID", known)
                            .put("Name", name == null ? text(before, "Name") : name)
                            .put("Description", description(kept))
                            .put("Rules", rules(kept));
            putDatacenters(body, kept);
            var policy = Json.read(api.must("PUT", path(known), body));
            show(out, policy, table(List.of(policy)), pretty(policy));
        }
    }

    @Command(
            name = "delete",
            description = "Delete a policy; tokens that had it have it no longer.",
            footer = "  hansa acl policy delete -name readers")
    private static final class Delete extends ClientCommand {
        @Mixin private Which which = new Which();

        Delete(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (which.isUnclear()) {
                throw usage(oneOf(which.id));
            }
            var known = text(find(api, which.id, which.name), "ID");
            api.must("DELETE", path(known), "", ApiClient.JSON);
            out.println("Policy \"" + known + "\" deleted successfully");
        }
    }
}
