package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `hansa acl binding-rule …`.
final class BindingRuleCommands {
    private static final String RULE = "/v1/acl/binding-rule";
    private static final String RULES = "/v1/acl/binding-rules";

    private BindingRuleCommands() {}

    static CommandLine commandLine(Surroundings surroundings) {
        return Branch.of(
                new BindingRule(),
                new Create(surroundings),
                new ListRules(surroundings),
                new Read(surroundings),
                new Update(surroundings),
                new Delete(surroundings));
    }

    @Command(
            name = "binding-rule",
            description = "Say what whoever logs in may do.",
            footer =
                    "  hansa acl binding-rule create -method k8s -bind-type policy -bind-name 'team-$${value.namespace}'")
    private static final class BindingRule extends Main.Group {}

    private static Columns table(Iterable<? extends JsonNode> rules) {
        return Columns.of(rules, "ID", "AuthMethod", "BindType", "BindName", "Selector");
    }

    private static String pretty(JsonNode rule) {
        var columns = new Columns();
        for (var field :
                new String[] {
                    "ID", "AuthMethod", "Description", "BindType", "BindName", "Selector"
                }) {
            columns.row(field + ":", ClientCommand.text(rule, field));
        }
        return columns.text();
    }

    /// What a rule says.
    private static final class Said {
        @Option(
                names = "--description",
                paramLabel = "TEXT",
                description = "What it is for, shown with it.")
        private @Nullable String description;

        @Option(
                names = "--bind-type",
                paramLabel = "policy|service|node",
                description =
                        "What --bind-name names: a policy, or an identity (default of create: service).")
        private @Nullable String type;

        @Option(
                names = "--bind-name",
                paramLabel = "NAME",
                description =
                        "What is given to whoever logs in; $${value.NAME} stands for what his token says.")
        private @Nullable String name;

        @Option(
                names = "--selector",
                paramLabel = "FILTER",
                description =
                        "To whom: a filter over value.NAME and list.NAME (default: to everybody).")
        private @Nullable String selector;

        boolean hasName() {
            return name != null;
        }

        void putInto(ObjectNode rule) {
            var texts = new LinkedHashMap<String, @Nullable String>();
            texts.put("Description", description);
            texts.put("BindType", type);
            texts.put("BindName", name);
            texts.put("Selector", selector);
            texts.forEach((field, text) -> {
                if (text != null) {
                    rule.put(field, text);
                }
            });
        }
    }

    @Command(
            name = "create",
            description = "Give something to those who log in.",
            footer =
                    "  hansa acl binding-rule create -method k8s -bind-type service -bind-name '$${value.account}' -selector 'value.namespace == shop'")
    private static final class Create extends AclCommands.Kept {
        @Option(
                names = "--method",
                required = true,
                paramLabel = "NAME",
                description = "The auth method by which they do.")
        private String method = "";

        @Mixin private Said said = new Said();

        Create(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            if (!said.hasName()) {
                throw usage("binding rule: expected --bind-name; found none");
            }
            var body =
                    Json.object()
                            .put("AuthMethod", method)
                            // as Consul's command has it
                            .put("BindType", "service");
            said.putInto(body);
            var rule = Json.read(api.must("PUT", RULE, body));
            show(out, rule, table(List.of(rule)), pretty(rule));
        }
    }

    @Command(
            name = "list",
            description = "Print binding rules.",
            footer = "  hansa acl binding-rule list -method k8s")
    private static final class ListRules extends AclCommands.KeptList {
        @Option(
                names = "--method",
                paramLabel = "NAME",
                description = "Those of one auth method (default: all).")
        private @Nullable String method;

        ListRules(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var rules =
                    api.json(
                            method == null
                                    ? RULES
                                    : RULES + "?authmethod=" + ApiClient.segment(method));
            var texts = new ArrayList<String>();
            for (var rule : rules) {
                texts.add(pretty(rule) + more(rule, ""));
            }
            print(out, rules, table(rules), String.join("\n", texts));
        }
    }

    private static String path(String id) {
        return RULE + "/" + ApiClient.segment(id);
    }

    private static ObjectNode find(ApiClient api, String id)
            throws CommandFailedException, InterruptedException {
        return AclCommands.object(
                AclCommands.found(api, path(id), "binding rule '" + PlainText.of(id) + "'"));
    }

    /// A command that means one rule and prints it.
    private abstract static class OfOne extends AclCommands.Kept {
        @Option(
                names = "--id",
                required = true,
                paramLabel = "ID",
                description = "Its id, or the beginning of it.")
        private String id = "";

        OfOne(Surroundings surroundings) {
            super(surroundings);
        }

        final String id(ApiClient api) throws CommandFailedException, InterruptedException {
            return AclCommands.whole(api, id, RULES, "ID");
        }
    }

    @Command(
            name = "read",
            description = "Print one binding rule.",
            footer = "  hansa acl binding-rule read -id 8a4f2c11")
    private static final class Read extends OfOne {
        Read(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var rule = find(api, id(api));
            show(out, rule, table(List.of(rule)), pretty(rule));
        }
    }

    @Command(
            name = "update",
            description = "Change a binding rule; what no flag names stays.",
            footer =
                    "  hansa acl binding-rule update -id 8a4f2c11 -selector 'value.namespace == shop'")
    private static final class Update extends OfOne {
        @Option(
                names = "--no-merge",
                description = "Say all of it anew: what no flag names is emptied.")
        private boolean anew;

        @Mixin private Said said = new Said();

        Update(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var id = id(api);
            var body = anew ? Json.object().put("ID", id) : find(api, id);
            said.putInto(body);
            var rule = Json.read(api.must("PUT", path(id), body));
            show(out, rule, table(List.of(rule)), pretty(rule));
        }
    }

    @Command(
            name = "delete",
            description = "Delete a binding rule; who has logged in already keeps what it gave.",
            footer = "  hansa acl binding-rule delete -id 8a4f2c11")
    private static final class Delete extends ClientCommand {
        @Option(
                names = "--id",
                required = true,
                paramLabel = "ID",
                description = "Its id, or the beginning of it.")
        private String id = "";

        Delete(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        void run(ApiClient api, PrintWriter out)
                throws CommandFailedException, InterruptedException {
            var whole = AclCommands.whole(api, id, RULES, "ID");
            api.must("DELETE", path(whole), "", ApiClient.JSON);
            out.println("Binding rule \"" + PlainText.of(whole) + "\" deleted successfully");
        }
    }
}
