package dev.hansa.kubernetes;

/// The groups whose custom resources are watched. Both have the same kinds in version `v1alpha1`.
public enum ApiGroup {
    HANSA("hansa.dev"),
    CONSUL("consul.hashicorp.com");

    public static final String VERSION = "v1alpha1";

    private final String domain;

    ApiGroup(String domain) {
        this.domain = domain;
    }

    public String domain() {
        return domain;
    }

    /// As a resource's `apiVersion` has it.
    public String apiVersion() {
        return domain + "/" + VERSION;
    }
}
