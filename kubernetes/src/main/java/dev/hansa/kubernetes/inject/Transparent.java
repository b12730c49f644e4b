package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Ipv4Network;
import dev.hansa.kubernetes.inject.InjectDecision.Refusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// How the connections of a pod are led into its sidecar, and which are not.
///
/// @param inboundPorts at which the pod is reached as before
/// @param outboundPorts elsewhere, that are dialled as before
/// @param outboundCidrs that are dialled as before
/// @param uids whose connections go where they want, beside the sidecar's
/// @param overwritesProbes whether the sidecar answers probes at the application's port
record Transparent(
        List<Integer> inboundPorts,
        List<Integer> outboundPorts,
        List<String> outboundCidrs,
        List<Long> uids,
        boolean overwritesProbes) {
    /// Where the sidecar takes what is redirected; Consul's.
    static final int PORT = 15001;

    /// The sidecar's and nobody else's, as Consul's; the image's own is that of many images without
    /// root.
    static final int USER = 5995;

    /// Of each list: a rule for each, which every new connection is held against.
    private static final int MOST = 64;

    private static final long HIGHEST_UID = 0xFFFF_FFFEL;

    Transparent {
        inboundPorts = List.copyOf(inboundPorts);
        outboundPorts = List.copyOf(outboundPorts);
        outboundCidrs = List.copyOf(outboundCidrs);
        uids = List.copyOf(uids);
    }

    /// @param byDefault whether a pod that says nothing of it has its connections redirected
    /// @return empty: they are left alone
    static Optional<Transparent> read(JsonNode pod, Annotations annotations, boolean byDefault)
            throws RefusedPodException {
        if (!annotations.flag(Annotations.TRANSPARENT_PROXY).orElse(byDefault)) {
            return Optional.empty();
        }
        refuseTheSidecarsUser(pod);
        return Optional.of(
                new Transparent(
                        list(
                                annotations,
                                Annotations.EXCLUDE_INBOUND_PORTS,
                                "ports from 1 to 65535",
                                Transparent::port),
                        list(
                                annotations,
                                Annotations.EXCLUDE_OUTBOUND_PORTS,
                                "ports from 1 to 65535",
                                Transparent::port),
                        list(
                                annotations,
                                Annotations.EXCLUDE_OUTBOUND_CIDRS,
                                "IPv4 networks such as 10.0.0.0/8",
                                Transparent::network),
                        list(
                                annotations,
                                Annotations.EXCLUDE_UIDS,
                                "users' numbers",
                                Transparent::uid),
                        annotations.flag(Annotations.TRANSPARENT_OVERWRITE_PROBES).orElse(true)));
    }

    /// Whose connections would go around the sidecar. What an image says of its user is not known
    /// here.
    private static void refuseTheSidecarsUser(JsonNode pod) throws RefusedPodException {
        var ofPod = pod.at("/spec/securityContext/runAsUser").asLong(-1);
        for (var list : List.of("/spec/containers", "/spec/initContainers")) {
            for (var container : pod.at(list)) {
                if (container.at("/securityContext/runAsUser").asLong(ofPod) == USER) {
                    throw new RefusedPodException(
                            Refusal.TRANSPARENT_PROXY,
                            "container '"
                                    + ForeignText.shown(container.path("name").asText())
                                    + "': expected another user than "
                                    + USER
                                    + ", whose connections are the sidecar's and go around it; found that one in runAsUser");
                }
            }
        }
    }

    /// @throws RefusedPodException where something in the pod has the port that this needs
    void refuseTaken(
            JsonNode pod, Application application, List<Upstream> upstreams, int metricsPort)
            throws RefusedPodException {
        var taken =
                Stream.of(
                                upstreams.stream()
                                        .filter(upstream -> upstream.port() == PORT)
                                        .map(one -> "that of upstream '" + one.setting() + "'"),
                                metricsPort == PORT
                                        ? Stream.of("that of the sidecar's metrics")
                                        : Stream.<String>of(),
                                Application.whoHas(pod, PORT).stream(),
                                application.port().orElse(0) == PORT
                                        ? Stream.of("the application's")
                                        : Stream.<String>of())
                        .flatMap(whose -> whose)
                        .findFirst();
        if (taken.isPresent()) {
            throw new RefusedPodException(
                    Refusal.PORT_TAKEN,
                    "port "
                            + PORT
                            + ", where the sidecar takes redirected connections: expected that nothing else in the pod listens there; found "
                            + taken.get());
        }
    }

    private static <T> List<T> list(
            Annotations annotations,
            String name,
            String expected,
            Function<String, Optional<T>> reader)
            throws RefusedPodException {
        var words =
                Arrays.stream(annotations.text(name).orElse("").split(","))
                        .map(String::strip)
                        .filter(word -> !word.isEmpty())
                        .distinct()
                        .toList();
        var all = new ArrayList<T>();
        for (var word : words) {
            var one = reader.apply(word);
            if (one.isEmpty() || words.size() > MOST) {
                throw annotations.bad(
                        name,
                        "at most " + MOST + " " + expected + ", separated by commas",
                        one.isEmpty() ? word : words.size() + " of them");
            }
            all.add(one.get());
        }
        return all;
    }

    private static Optional<Integer> port(String text) {
        return number(text, 1, 65_535).map(Long::intValue);
    }

    private static Optional<Long> uid(String text) {
        return number(text, 0, HIGHEST_UID);
    }

    private static Optional<Long> number(String text, long least, long most) {
        return text.matches("[0-9]{1,10}")
                ? Optional.of(Long.parseLong(text))
                        .filter(number -> number >= least && number <= most)
                : Optional.empty();
    }

    private static Optional<String> network(String text) {
        return Ipv4Network.isOne(text) ? Optional.of(text) : Optional.empty();
    }
}
