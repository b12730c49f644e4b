package dev.hansa.kubernetes.catalog;

import io.fabric8.kubernetes.api.model.Service;
import java.util.List;

/// Why a pod does not stand in the catalog as its author may expect, or its Service's addresses for
/// nothing; told once, as an Event on it.
///
/// @param kind of whom it is told
/// @param name of the pod or Service
/// @param reason in one word, as Events have it
/// @param words subject, expected and found
public record PodProblem(
        String kind, String namespace, String name, String uid, String reason, String words) {
    private static final String POD = "Pod";

    public static PodProblem noService(InjectedPod pod) {
        return new PodProblem(
                POD,
                pod.namespace(),
                pod.name(),
                pod.uid(),
                "NoService",
                "pod '"
                        + pod.name()
                        + "': expected one Service to select it, by which it has its place in the mesh; found none");
    }

    /// @param words expected and found
    public static PodProblem leftOut(Service service, String words) {
        var meta = service.getMetadata();
        return new PodProblem(
                "Service",
                meta.getNamespace(),
                meta.getName(),
                meta.getUid(),
                "AddressesLeftOut",
                "Service '"
                        + meta.getName()
                        + "', whose addresses stand for nothing in the mesh: "
                        + words);
    }

    static PodProblem severalServices(InjectedPod pod, List<String> services) {
        return new PodProblem(
                POD,
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
                POD,
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
                POD,
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
