package dev.hansa.kubernetes;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.MainLoop;
import dev.hansa.bootstrap.Settings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/// Lets go the objects of namespaces that no operator watches any more: its finalizer holds them,
/// and nobody else would take it away. What they have written stays at the server.
final class LetGo {
    private static final int NOT_FOUND = 404;
    private static final int FORBIDDEN = 403;

    private final KubernetesClient client;
    private final Consumer<String> says;
    private int letGo;
    private int failed;

    /// @param says a sentence for each object
    LetGo(KubernetesClient client, Consumer<String> says) {
        this.client = client;
        this.says = says;
    }

    /// With the rights of the pod or the kubeconfig.
    static int run(Settings settings) {
        try {
            var namespaces =
                    settings.required(
                            "namespaces",
                            "names of namespaces, separated by commas",
                            OperatorConfig::names);
            settings.finish();
            try (var client = Operator.client()) {
                return new LetGo(client, System.out::println).all(namespaces)
                        ? MainLoop.OK
                        : MainLoop.FAILED;
            }
        } catch (InvalidConfigException e) {
            System.err.println(e.getMessage());
            return MainLoop.USAGE;
        } catch (KubernetesClientException e) {
            System.err.println(
                    "hansa kubernetes let-go: no answer of the API server: " + e.getMessage());
            return MainLoop.FAILED;
        }
    }

    /// @return whether none of ours is held there any more
    /// @throws KubernetesClientException when the API server does not answer
    boolean all(Set<String> namespaces) {
        for (var namespace : new TreeSet<>(namespaces)) {
            for (var group : ApiGroup.values()) {
                for (var kind : ResourceKind.values()) {
                    held(namespace, group, kind).forEach(this::one);
                }
            }
        }
        says.accept(letGo + " objects let go, " + failed + " not");
        return failed == 0;
    }

    /// None of a kind that the cluster does not have.
    private List<Custom> held(String namespace, ApiGroup group, ResourceKind kind) {
        try {
            return CustomWatch.resources(client, group, kind)
                    .inNamespace(namespace)
                    .list()
                    .getItems()
                    .stream()
                    .flatMap(one -> Custom.of(group, kind, one).stream())
                    .filter(Custom::isHeld)
                    .toList();
        } catch (KubernetesClientException e) {
            if (e.getCode() == NOT_FOUND || e.getCode() == FORBIDDEN && !isDefined(group, kind)) {
                return List.of();
            }
            if (e.getCode() == 0) {
                throw e;
            }
            failed++;
            says.accept(
                    kind.plural()
                            + "."
                            + group.domain()
                            + " in '"
                            + namespace
                            + "': expected to be listed; found HTTP "
                            + e.getCode());
            return List.of();
        }
    }

    /// Who may not list is told so also of a kind that is not there. Who cannot ask for it either
    /// is told that nothing was listed.
    private boolean isDefined(ApiGroup group, ResourceKind kind) {
        try {
            return CustomWatch.isDefined(client, group, kind);
        } catch (KubernetesClientException e) {
            return e.getCode() != NOT_FOUND;
        }
    }

    /// Consul's finalizer stays: its controllers may have the object again.
    private void one(Custom object) {
        var subject = object.subject();
        try {
            CustomWatch.resources(client, subject.group(), subject.kind())
                    .inNamespace(subject.namespace())
                    .resource(object.notHeld().resource())
                    .update();
            letGo++;
            says.accept(subject.text() + " let go" + left(object));
        } catch (KubernetesClientException e) {
            if (e.getCode() == NOT_FOUND) {
                says.accept(subject.text() + " has gone meanwhile");
                return;
            }
            failed++;
            says.accept(
                    subject.text()
                            + ": expected to be let go; found HTTP "
                            + e.getCode()
                            + " (409: somebody wrote it just now, ask again)");
        }
    }

    /// What it has written, as its status says. All ExportedServices have one entry together, which
    /// the operator goes on with.
    private static String left(Custom object) {
        var entry = String.valueOf(object.status().getOrDefault("entry", ""));
        if (entry.isEmpty()) {
            return "";
        }
        var kind = object.subject().kind();
        if (kind == ResourceKind.EXPORTED_SERVICES) {
            return "; the operator takes what it exports out of " + kind.entryKind() + "/" + entry;
        }
        return "; "
                + (kind.isEntry() ? kind.entryKind() + "/" : "peering ")
                + entry
                + " stays at the server";
    }
}
