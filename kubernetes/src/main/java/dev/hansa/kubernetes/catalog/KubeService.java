package dev.hansa.kubernetes.catalog;

/// A Service of Kubernetes.
public record KubeService(String namespace, String name) {
    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
