package dev.hansa.kubernetes.inject;

import java.util.List;
import java.util.Optional;

/// What is the same in every pod that is injected.
///
/// @param image with `hansa` as its entry point
/// @param server of the HTTP API, as a pod reaches it
/// @param serverCa PEM that certifies it; empty: the image's own roots
/// @param authMethod that pods log in at
/// @param audience of the token that they log in with
/// @param cpuRequest of a sidecar, as Kubernetes writes quantities; a pod's annotation beats it
/// @param memoryRequest as `cpuRequest`
/// @param memoryLimit as `cpuRequest`
/// @param javaOptions of the JVM in both containers
/// @param metrics whether a pod without the annotation shows its sidecar's metrics to others
/// @param transparent whether a pod without the annotation has its connections redirected
/// @param pullSecrets names of Secrets, in each pod's own namespace, by which the image is pulled
public record PodSettings(
        String image,
        String server,
        Optional<String> serverCa,
        String authMethod,
        String audience,
        String cpuRequest,
        String memoryRequest,
        String memoryLimit,
        String javaOptions,
        boolean metrics,
        boolean transparent,
        List<String> pullSecrets) {

    PodSettings withServerCa(String pem) {
        return new PodSettings(
                image,
                server,
                Optional.of(pem),
                authMethod,
                audience,
                cpuRequest,
                memoryRequest,
                memoryLimit,
                javaOptions,
                metrics,
                transparent,
                pullSecrets);
    }
}
