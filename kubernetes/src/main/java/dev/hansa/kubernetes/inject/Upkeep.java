package dev.hansa.kubernetes.inject;

import dev.hansa.kubernetes.lease.Fence;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Keeps the certificates of the webhook and what the API server believes of them. Each replica
/// takes what is in the Secret; the one that holds the Lease writes Secret and configuration.
///
/// A new authority is in the configuration for a while, beside the one before, before a certificate
/// of it is shown, so that no pod is refused for a rotation.
final class Upkeep {
    /// The longest that a request to the API server takes.
    static final Duration LONGEST = Duration.ofSeconds(8);

    /// A configuration that was there and is gone is made anew after this: who uninstalls may
    /// delete it first, and one that stays without an injector keeps pods from being made.
    static final Duration GONE_FOR = Duration.ofSeconds(20);

    private final KubernetesClient client;
    private final Fence fence;
    private final Names names;
    private final InjectRules rules;
    private final WebhookMaterial.Lives lives;
    private final ShownCertificate shown;
    private final Clock clock;
    private final Consumer<InjectorEvent> events;
    private @Nullable Map<String, String> taken;
    private volatile boolean isConfigured;

    /// Of the configuration, as the replica that writes it has seen.
    private boolean wasThere;

    private @Nullable Instant missingSince;
    private volatile Instant end = Instant.MAX;

    /// @param service of Kubernetes by which API servers reach the webhook
    /// @param failurePolicy of the webhook
    record Names(
            String secret,
            String configuration,
            String service,
            int servicePort,
            String failurePolicy) {}

    Upkeep(
            KubernetesClient client,
            Fence fence,
            Names names,
            InjectRules rules,
            WebhookMaterial.Lives lives,
            ShownCertificate shown,
            Clock clock,
            Consumer<InjectorEvent> events) {
        this.client = client;
        this.fence = fence;
        this.names = names;
        this.rules = rules;
        this.lives = lives;
        this.shown = shown;
        this.clock = clock;
        this.events = events;
    }

    /// One look at everything; does what is due. What fails is told, and tried again by the next.
    void round() {
        try {
            var secret = client.secrets().inNamespace(rules.own()).withName(names.secret()).get();
            var held = Optional.ofNullable(secret).flatMap(this::read);
            if (fence.holdsFor(LONGEST)) {
                var next =
                        WebhookMaterial.next(
                                held,
                                lives,
                                List.of(
                                        names.service() + "." + rules.own() + ".svc",
                                        names.service() + "." + rules.own() + ".svc.cluster.local"),
                                clock.instant());
                if (held.isEmpty() || held.get() != next) {
                    write(secret, next);
                }
                configure(next);
                take(next);
            } else {
                held.ifPresent(this::take);
                held.ifPresent(this::look);
            }
        } catch (Fence.NotLeadingException _) {
            // another replica does it
        } catch (KubernetesClientException e) {
            failed(
                    e.getCode() == 409
                            ? "somebody else has written meanwhile"
                            : "Kubernetes: HTTP "
                                    + e.getCode()
                                    + (e.getCode() == 403 ? " (the ServiceAccount may not)" : ""));
        } catch (RuntimeException e) {
            failed("found '" + e.getClass().getSimpleName() + "'");
        }
    }

    private void failed(String words) {
        events.accept(
                new InjectorEvent.UpkeepFailed(
                        "Secret '"
                                + names.secret()
                                + "' and configuration '"
                                + names.configuration()
                                + "': "
                                + words));
    }

    /// What cannot be read is as good as nothing: it is made anew.
    private Optional<WebhookMaterial> read(Secret secret) {
        var files = new HashMap<String, String>();
        var data = Objects.requireNonNullElse(secret.getData(), Map.<String, String>of());
        if (data.isEmpty()) {
            return Optional.empty();
        }
        try {
            data.forEach((key, value) ->
                    files.put(
                            key,
                            new String(
                                    Base64.getDecoder().decode(value), StandardCharsets.US_ASCII)));
            return Optional.of(WebhookMaterial.of(files));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            failed(
                    e instanceof GeneralSecurityException
                            ? String.valueOf(e.getMessage())
                            : "expected base64 in the Secret");
            return Optional.empty();
        }
    }

    private void write(@Nullable Secret before, WebhookMaterial next) {
        fence.check(LONGEST);
        var secrets = client.secrets().inNamespace(rules.own());
        if (before == null) {
            secrets.resource(
                            new SecretBuilder()
                                    .withNewMetadata()
                                    .withName(names.secret())
                                    .withNamespace(rules.own())
                                    .addToLabels("app.kubernetes.io/part-of", "hansa")
                                    .endMetadata()
                                    .withType("Opaque")
                                    .withData(encoded(next.files()))
                                    .build())
                    .create();
        } else {
            // its resourceVersion goes along: of two writers one is refused
            secrets.resource(new SecretBuilder(before).withData(encoded(next.files())).build())
                    .update();
        }
        events.accept(
                new InjectorEvent.Written(
                        "Secret '"
                                + names.secret()
                                + "': "
                                + next.authorities().size()
                                + " authorities, "
                                + next));
    }

    private static Map<String, String> encoded(Map<String, String> files) {
        var data = new HashMap<String, String>();
        files.forEach((key, text) -> data.put(key, base64(text)));
        return data;
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void configure(WebhookMaterial material) {
        var wanted = WebhookConfiguration.webhook(rules, names, base64(material.bundle()));
        var configurations = client.admissionRegistration().v1().mutatingWebhookConfigurations();
        var found = configurations.withName(names.configuration()).get();
        // what has gone is not there until it has been written
        isConfigured = isBelieved(found, material);
        if (found == null) {
            if (missingSince == null) {
                missingSince = clock.instant();
            }
            if (wasThere
                    && Duration.between(missingSince, clock.instant()).compareTo(GONE_FOR) < 0) {
                return;
            }
            fence.check(LONGEST);
            configurations
                    .resource(
                            new MutatingWebhookConfigurationBuilder()
                                    .withNewMetadata()
                                    .withName(names.configuration())
                                    .addToLabels("app.kubernetes.io/part-of", "hansa")
                                    .endMetadata()
                                    .withWebhooks(wanted)
                                    .build())
                    .create();
            events.accept(new InjectorEvent.Written(configuration("made")));
        } else if (!List.of(wanted).equals(found.getWebhooks())) {
            fence.check(LONGEST);
            configurations
                    .resource(
                            new MutatingWebhookConfigurationBuilder(found)
                                    .withWebhooks(wanted)
                                    .build())
                    .update();
            events.accept(new InjectorEvent.Written(configuration("put right")));
        }
        missingSince = null;
        wasThere = true;
        isConfigured = true;
    }

    private String configuration(String what) {
        return "MutatingWebhookConfiguration '" + names.configuration() + "' " + what;
    }

    /// Whether the API server believes what this replica shows.
    private void look(WebhookMaterial material) {
        var found =
                client.admissionRegistration()
                        .v1()
                        .mutatingWebhookConfigurations()
                        .withName(names.configuration())
                        .get();
        isConfigured = isBelieved(found, material);
    }

    private static boolean isBelieved(
            @Nullable MutatingWebhookConfiguration found, WebhookMaterial material) {
        var bundle = base64(material.bundle());
        return found != null
                && found.getWebhooks().stream()
                        .anyMatch(each -> bundle.equals(each.getClientConfig().getCaBundle()));
    }

    private void take(WebhookMaterial material) {
        var files = material.files();
        if (!files.equals(taken)) {
            taken = files;
            shown.show(material);
            end = material.leaf().getNotAfter().toInstant();
            events.accept(new InjectorEvent.CertificateTaken(end));
        }
    }

    /// Of the certificate that is shown.
    Instant end() {
        return end;
    }

    /// An API server that asks this replica gets an answer that it believes.
    boolean isReady() {
        return isConfigured && shown.isThere();
    }
}
