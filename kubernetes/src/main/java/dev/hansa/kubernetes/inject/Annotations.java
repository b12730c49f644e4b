package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.inject.InjectDecision.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// A pod's annotations, under our prefix or Consul's. Where both are there ours counts.
final class Annotations {
    static final String OURS = "hansa.dev/";
    static final String CONSULS = "consul.hashicorp.com/";

    static final String INJECT = "connect-inject";
    static final String STATUS = "connect-inject-status";
    static final String SERVICE = "connect-service";
    static final String KUBERNETES_SERVICE = "kubernetes-service";
    static final String PORT = "connect-service-port";
    static final String UPSTREAMS = "connect-service-upstreams";
    static final String TAGS = "service-tags";
    static final String META = "service-meta-";
    static final String TRANSPARENT_PROXY = "transparent-proxy";
    static final String TRANSPARENT_STATUS = "transparent-proxy-status";
    static final String EXCLUDE_INBOUND_PORTS = "transparent-proxy-exclude-inbound-ports";
    static final String EXCLUDE_OUTBOUND_PORTS = "transparent-proxy-exclude-outbound-ports";
    static final String EXCLUDE_OUTBOUND_CIDRS = "transparent-proxy-exclude-outbound-cidrs";
    static final String EXCLUDE_UIDS = "transparent-proxy-exclude-uids";
    static final String TRANSPARENT_OVERWRITE_PROBES = "transparent-proxy-overwrite-probes";
    static final String OVERWRITE_PROBES = "overwrite-probes";
    static final String CPU_REQUEST = "sidecar-proxy-cpu-request";
    static final String CPU_LIMIT = "sidecar-proxy-cpu-limit";
    static final String MEMORY_REQUEST = "sidecar-proxy-memory-request";
    static final String MEMORY_LIMIT = "sidecar-proxy-memory-limit";
    static final String STARTUP_SECONDS = "sidecar-proxy-startup-failure-seconds";
    static final String LIVENESS_SECONDS = "sidecar-proxy-liveness-failure-seconds";
    static final String PROBE_PERIOD = "sidecar-probe-period-seconds";
    static final String PROBE_FAILURES = "sidecar-probe-failure-threshold";
    static final String SHUTDOWN_SECONDS = "sidecar-proxy-lifecycle-shutdown-grace-period-seconds";
    static final String STOP_DELAY = "application-stop-delay-seconds";
    static final String METRICS = "enable-metrics";
    static final String SCRAPE_PORT = "prometheus-scrape-port";

    private static final Set<String> KNOWN =
            Set.of(
                    INJECT,
                    STATUS,
                    SERVICE,
                    KUBERNETES_SERVICE,
                    PORT,
                    UPSTREAMS,
                    TAGS,
                    TRANSPARENT_PROXY,
                    TRANSPARENT_STATUS,
                    EXCLUDE_INBOUND_PORTS,
                    EXCLUDE_OUTBOUND_PORTS,
                    EXCLUDE_OUTBOUND_CIDRS,
                    EXCLUDE_UIDS,
                    TRANSPARENT_OVERWRITE_PROBES,
                    OVERWRITE_PROBES,
                    CPU_REQUEST,
                    CPU_LIMIT,
                    MEMORY_REQUEST,
                    MEMORY_LIMIT,
                    STARTUP_SECONDS,
                    LIVENESS_SECONDS,
                    PROBE_PERIOD,
                    PROBE_FAILURES,
                    SHUTDOWN_SECONDS,
                    STOP_DELAY,
                    METRICS,
                    SCRAPE_PORT);

    /// As Go reads a truth value, which is how Consul's users have written it.
    static final Set<String> YES = Set.of("1", "t", "T", "true", "TRUE", "True");

    static final Set<String> NO = Set.of("0", "f", "F", "false", "FALSE", "False");

    /// What Kubernetes takes as a quantity, as far as processors and memory need it.
    static final Pattern QUANTITY =
            Pattern.compile("\\d{1,12}(\\.\\d{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?");

    private final Map<String, String> all = new TreeMap<>();

    Annotations(JsonNode pod) {
        pod.at("/metadata/annotations")
                .properties()
                .forEach(each -> all.put(each.getKey(), each.getValue().asText()));
    }

    boolean has(String whole) {
        return all.containsKey(whole);
    }

    /// Whether nothing of either prefix says anything to the injector.
    boolean isSilent() {
        return all.keySet().stream().noneMatch(Annotations::isKnown);
    }

    private static boolean isKnown(String key) {
        var prefix = key.startsWith(OURS) ? OURS : CONSULS;
        return key.startsWith(prefix)
                && (KNOWN.contains(key.substring(prefix.length()))
                        || key.startsWith(prefix + META));
    }

    /// The annotation as it is written, for errors.
    String written(String name) {
        return (!all.containsKey(OURS + name) && all.containsKey(CONSULS + name) ? CONSULS : OURS)
                + name;
    }

    /// Stripped; one that is empty is as good as none.
    Optional<String> text(String name) {
        var ours = all.get(OURS + name);
        var found = ours == null ? all.get(CONSULS + name) : ours;
        return Optional.ofNullable(found).map(String::strip).filter(text -> !text.isEmpty());
    }

    Optional<Boolean> flag(String name) throws RefusedPodException {
        var text = text(name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (YES.contains(text.get()) || NO.contains(text.get())) {
            return Optional.of(YES.contains(text.get()));
        }
        throw bad(name, "true or false", text.get());
    }

    Optional<String> quantity(String name) throws RefusedPodException {
        var text = text(name);
        if (text.isPresent() && !QUANTITY.matcher(text.get()).matches()) {
            throw bad(name, "a quantity such as 100m or 128Mi", text.get());
        }
        return text;
    }

    int number(String name, int fallback, int least, int most) throws RefusedPodException {
        var text = text(name);
        if (text.isEmpty()) {
            return fallback;
        }
        try {
            var number = Integer.parseInt(text.get());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw bad(name, "a number from " + least + " to " + most, text.get());
    }

    /// `service-meta-<key>` of both prefixes, by key.
    Map<String, String> meta() {
        var meta = new TreeMap<String, String>();
        for (var prefix : List.of(CONSULS + META, OURS + META)) {
            all.forEach((key, value) -> {
                if (key.startsWith(prefix) && key.length() > prefix.length()) {
                    meta.put(key.substring(prefix.length()), value);
                }
            });
        }
        return meta;
    }

    RefusedPodException bad(String name, String expected, String found) {
        return new RefusedPodException(
                Refusal.BAD_ANNOTATION,
                "annotation '"
                        + written(name)
                        + "': expected "
                        + expected
                        + "; found '"
                        + ForeignText.shown(found)
                        + "'");
    }

    /// One sentence for each annotation of either prefix that has no effect.
    List<String> warnings() {
        var known = new TreeSet<>(KNOWN);
        var warnings = new ArrayList<String>();
        for (var key : all.keySet()) {
            var prefix = key.startsWith(OURS) ? OURS : CONSULS;
            if (key.startsWith(prefix) && !isKnown(key)) {
                var name = key.substring(prefix.length());
                warnings.add(
                        "annotation '"
                                + ForeignText.shown(key)
                                + "' has no effect"
                                + Settings.Nearest.to(name, known)
                                        .map(near -> "; did you mean '" + near + "'?")
                                        .orElse(""));
            }
        }
        return warnings;
    }
}
