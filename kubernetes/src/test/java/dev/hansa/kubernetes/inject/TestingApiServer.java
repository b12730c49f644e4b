package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// What an API server does with a pod and the configuration of a webhook: selectors and conditions
/// first, then the question over TLS, and the failure policy where nobody answers.
final class TestingApiServer {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Cel CEL =
            CelFactory.plannerCelBuilder()
                    .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                    .addVar("object", SimpleType.DYN)
                    .build();

    /// @param code of HTTP, or 0 for a pod that was made
    /// @param pod as it was made
    record Made(int code, String words, JsonNode pod, Optional<X509Certificate> shownBy) {}

    private TestingApiServer() {}

    /// Is the webhook asked about this pod?
    static boolean isAsked(MutatingWebhook webhook, JsonNode pod, String namespace) {
        return selects(
                        webhook.getNamespaceSelector(),
                        Map.of("kubernetes.io/metadata.name", namespace))
                && webhook.getMatchConditions().stream()
                        .allMatch(condition -> holds(condition.getExpression(), pod));
    }

    private static boolean selects(LabelSelector selector, Map<String, String> labels) {
        return selector.getMatchLabels().entrySet().stream()
                        .allMatch(each -> each.getValue().equals(labels.get(each.getKey())))
                && selector.getMatchExpressions().stream()
                        .allMatch(each -> {
                            var label = labels.get(each.getKey());
                            return switch (each.getOperator()) {
                                case "In" -> label != null && each.getValues().contains(label);
                                case "NotIn" -> label == null || !each.getValues().contains(label);
                                case "Exists" -> label != null;
                                case "DoesNotExist" -> label == null;
                                case String other -> throw new IllegalStateException(other);
                            };
                        });
    }

    private static boolean holds(String expression, JsonNode pod) {
        try {
            var program = CEL.createProgram(CEL.compile(expression).getAst());
            return (boolean) program.eval(Map.of("object", JSON.convertValue(pod, Map.class)));
        } catch (CelValidationException | CelEvaluationException e) {
            throw new IllegalStateException(expression, e);
        }
    }

    /// @param port of the injector on loopback
    static Made make(MutatingWebhook webhook, JsonNode pod, String namespace, int port)
            throws Exception {
        if (!isAsked(webhook, pod, namespace)) {
            return new Made(0, "not asked", pod, Optional.empty());
        }
        var review =
                JSON.createObjectNode()
                        .put("apiVersion", "admission.k8s.io/v1")
                        .put("kind", "AdmissionReview");
        var request =
                review.putObject("request")
                        .put("uid", "705ab4f5")
                        .put("operation", "CREATE")
                        .put("namespace", namespace);
        request.putObject("kind").put("group", "").put("version", "v1").put("kind", "Pod");
        request.set("object", pod);
        Optional<X509Certificate> shown;
        JsonNode response;
        try {
            var connection =
                    connect(webhook, port, webhook.getClientConfig().getService().getPath());
            connection.connect();
            shown = Optional.of((X509Certificate) connection.getServerCertificates()[0]);
            connection.getOutputStream().write(JSON.writeValueAsBytes(review));
            if (connection.getResponseCode() != 200) {
                throw new IOException("HTTP " + connection.getResponseCode());
            }
            response = JSON.readTree(connection.getInputStream()).path("response");
        } catch (IOException e) {
            return webhook.getFailurePolicy().equals("Fail")
                    ? new Made(500, "failed calling webhook: " + e, pod, Optional.empty())
                    : new Made(0, "ignored", pod, Optional.empty());
        }
        if (!response.path("uid").asText().equals("705ab4f5")) {
            throw new IllegalStateException(response.toString());
        }
        if (!response.path("allowed").asBoolean()) {
            return new Made(
                    response.at("/status/code").asInt(),
                    response.at("/status/message").asText(),
                    pod,
                    shown);
        }
        if (!response.has("patch")) {
            return new Made(0, "unchanged", pod, shown);
        }
        var patch = JSON.readTree(Base64.getDecoder().decode(response.path("patch").asText()));
        return new Made(0, "patched", TestingPods.patched(pod, patch), shown);
    }

    /// As who believes the configuration's authorities and nobody else, and asks for its Service.
    static HttpsURLConnection connect(MutatingWebhook webhook, int port, String path)
            throws IOException, GeneralSecurityException {
        var service = webhook.getClientConfig().getService();
        var name = service.getName() + "." + service.getNamespace() + ".svc";
        var connection =
                (HttpsURLConnection)
                        URI.create("https://127.0.0.1:" + port + path).toURL().openConnection();
        connection.setSSLSocketFactory(
                trusting(webhook.getClientConfig().getCaBundle()).getSocketFactory());
        connection.setHostnameVerifier((_, session) -> {
            try {
                return ((X509Certificate) session.getPeerCertificates()[0])
                        .getSubjectAlternativeNames()
                        .contains(List.of(2, name));
            } catch (IOException | CertificateParsingException _) {
                return false;
            }
        });
        connection.setConnectTimeout(5_000);
        connection.setReadTimeout(10_000);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        return connection;
    }

    private static SSLContext trusting(String caBundle)
            throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        var pem = new String(Base64.getDecoder().decode(caBundle), StandardCharsets.US_ASCII);
        var number = 0;
        for (var one :
                CertificateFactory.getInstance("X.509")
                        .generateCertificates(
                                new ByteArrayInputStream(
                                        pem.getBytes(StandardCharsets.US_ASCII)))) {
            store.setCertificateEntry("ca-" + number++, one);
        }
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }
}
