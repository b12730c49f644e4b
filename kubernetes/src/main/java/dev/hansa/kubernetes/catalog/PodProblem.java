package dev.hansa.kubernetes.catalog;

import java.util.List;

/// Why a pod does not stand in the catalog as its author may expect; told once, as an Event on it.
///
/// @param reason in one word, as Events have it
/// @param words subject, expected and found
public record PodProblem(String namespace, String pod, String uid, String reason, String words) {
    public static PodProblem noService(InjectedPod pod) {
        return new PodProblem(
                pod.namespace(),
                pod.name(),
                pod.uid(),
                "NoService",
                "pod '"
                        + pod.name()
                        + "': expected one Service to select it, by which it has its place in the mesh; found none");
    }

    static PodProblem severalServices(InjectedPod pod, List<String> services) {
        return new PodProblem(
                pod.namespace(),
                pod.name(),
                pod.uid(),
                "SeveralServices",
                "pod '"
                        + pod.name()
                        + "': expected one Service to select it, or one that is named as its ServiceAccount; found "
                        + services
                        + " (annotate the pod with hansa.dev/kubernetes-service)");
    }

    static PodProblem otherService(InjectedPod pod, String called) {
        return new PodProblem(
                pod.namespace(),
                pod.name(),
                pod.uid(),
                "OtherService",
                "pod '"
                        + pod.name()
                        + "': expected its service to be named as its ServiceAccount, '"
                        + pod.serviceAccount()
                        + "', by which it proves who it is; found '"
                        + called
                        + "'");
    }

    static PodProblem noPort(String namespace, String pod, String uid, String port, String where) {
        return new PodProblem(
                namespace,
                pod,
                uid,
                "NoPort",
                "pod '"
                        + pod
                        + "': expected port '"
                        + port
                        + "' to be a number from 1 to 65535 or a name of "
                        + where
                        + "; found none");
    }
}
