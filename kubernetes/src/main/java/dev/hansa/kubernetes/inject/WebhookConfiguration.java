package dev.hansa.kubernetes.inject;

import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirementBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What the API server is told of the webhook: which pods it has to ask about, and that it makes
/// none of those while nobody answers.
///
/// What it asks about is what the injector would inject or refuse, no more: a namespace outside of
/// the mesh, and a pod that has said no, do not depend on the injector.
final class WebhookConfiguration {
    static final String WEBHOOK = "injector.hansa.dev";
    static final String PATH = "/mutate";

    /// By which Kubernetes itself names each namespace.
    private static final String NAME_LABEL = "kubernetes.io/metadata.name";

    /// Seconds. An injector answers in milliseconds; while it is started anew the API server's
    /// caller would wait for as long.
    private static final int TIMEOUT = 10;

    private WebhookConfiguration() {}

    /// @param caBundle base64 of PEM, as the API server has it; null: there is none yet
    static MutatingWebhook webhook(
            InjectRules rules, Upkeep.Names names, @Nullable String caBundle) {
        return new MutatingWebhookBuilder()
                .withName(WEBHOOK)
                .withAdmissionReviewVersions("v1")
                .withSideEffects("None")
                .withFailurePolicy(names.failurePolicy())
                .withMatchPolicy("Equivalent")
                .withReinvocationPolicy("Never")
                .withTimeoutSeconds(TIMEOUT)
                .withNewClientConfig()
                .withCaBundle(caBundle)
                .withNewService()
                .withNamespace(rules.own())
                .withName(names.service())
                .withPath(PATH)
                .withPort(names.servicePort())
                .endService()
                .endClientConfig()
                .addNewRule()
                .withApiGroups("")
                .withApiVersions("v1")
                .withOperations("CREATE")
                .withResources("pods")
                .withScope("Namespaced")
                .endRule()
                .withNamespaceSelector(
                        new LabelSelectorBuilder()
                                .withMatchExpressions(
                                        requirements(rules).stream()
                                                .map(LabelSelectorRequirementBuilder::build)
                                                .toList())
                                .build())
                .withNewObjectSelector()
                .endObjectSelector()
                .addNewMatchCondition()
                .withName("wants-a-sidecar")
                .withExpression(wanted(rules.byDefault()))
                .endMatchCondition()
                .addNewMatchCondition()
                .withName("no-mirror-of-a-static-pod")
                .withExpression("!" + annotated("'" + Injection.MIRROR + "'"))
                .endMatchCondition()
                .addNewMatchCondition()
                .withName("network-of-its-own-unless-it-asks")
                .withExpression(
                        "!has(object.spec.hostNetwork) || !object.spec.hostNetwork || " + said())
                .endMatchCondition()
                .build();
    }

    private static List<LabelSelectorRequirementBuilder> requirements(InjectRules rules) {
        var all = new ArrayList<LabelSelectorRequirementBuilder>();
        all.add(requirement("NotIn", rules.never()));
        if (!rules.allowed().isEmpty()) {
            all.add(requirement("In", rules.allowed()));
        }
        return all;
    }

    private static LabelSelectorRequirementBuilder requirement(String operator, Set<String> names) {
        return new LabelSelectorRequirementBuilder()
                .withKey(NAME_LABEL)
                .withOperator(operator)
                .withValues(new TreeSet<>(names).stream().toList());
    }

    /// A word that is neither yes nor no goes to the webhook, which refuses it by name.
    private static String wanted(boolean byDefault) {
        var no =
                new TreeSet<>(Annotations.NO)
                        .stream()
                                .map(word -> "'" + word + "'")
                                .collect(Collectors.joining(", ", "[", "]"));
        var ours = "'" + Annotations.OURS + Annotations.INJECT + "'";
        var consuls = "'" + Annotations.CONSULS + Annotations.INJECT + "'";
        return annotated(ours)
                + " ? !(object.metadata.annotations["
                + ours
                + "] in "
                + no
                + ") : "
                + annotated(consuls)
                + " ? !(object.metadata.annotations["
                + consuls
                + "] in "
                + no
                + ") : "
                + byDefault;
    }

    private static String said() {
        return annotated("'" + Annotations.OURS + Annotations.INJECT + "'")
                + " || "
                + annotated("'" + Annotations.CONSULS + Annotations.INJECT + "'");
    }

    private static String annotated(String name) {
        return "(has(object.metadata.annotations) && " + name + " in object.metadata.annotations)";
    }
}
