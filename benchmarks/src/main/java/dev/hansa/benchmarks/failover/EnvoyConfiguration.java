package dev.hansa.benchmarks.failover;

import dev.hansa.benchmarks.MeshCertificates;

/// Envoy's configuration for each role, as Consul's servers would send it for a TCP service with
/// failover to a peer: an aggregate of the local cluster and the peer's, a connect timeout of 5 s,
/// outlier detection with Envoy's defaults and no panic, passthrough by SNI in the gateways, mutual
/// TLS between the sidecars. Consul lifts the share of ejected hosts to 100 % for peers; here it is
/// so for the local cluster too, as with Envoy's default of 10 % a lone host is never ejected.
final class EnvoyConfiguration {
    /// The name by which gateways route to the peer's service.
    static final String PEER_SNI = "web.default.lke.external.envoys.example";

    private static final String LOCAL_SNI = "web.default.eks.internal.envoys.example";

    private static final String CONNECT_TIMEOUT = "5s";

    private static final String LISTENERS =
            """
            static_resources:
              listeners:
            """;

    private EnvoyConfiguration() {}

    /// The caller's sidecar.
    ///
    /// @param peerOnly a way to the peer alone, by which can be seen that it is open
    /// @param local where the local instance's sidecar is, as `host:port`
    /// @param gateway the own mesh gateway
    static String caller(
            MeshCertificates certificates,
            String listen,
            String peerOnly,
            String local,
            String gateway) {
        return LISTENERS
                + listener("web", listen, "", plain("web"))
                + listener("peer-only", peerOnly, "", plain("failover-target~1~web"))
                + """
                  clusters:
                  - name: web
                    connect_timeout: %s
                    lb_policy: CLUSTER_PROVIDED
                    cluster_type:
                      name: envoy.clusters.aggregate
                      typed_config:
                        "@type": type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig
                        clusters: [ failover-target~0~web, failover-target~1~web ]
                """
                        .formatted(CONNECT_TIMEOUT)
                + cluster("failover-target~0~web", local, true)
                + upstreamTls(certificates, LOCAL_SNI)
                + cluster("failover-target~1~web", gateway, true)
                + upstreamTls(certificates, PEER_SNI);
    }

    /// A mesh gateway: what asks for the peer's service goes on to one address.
    static String gateway(String listen, String next) {
        var sniFilter =
                """
                    listener_filters:
                    - name: envoy.filters.listener.tls_inspector
                      typed_config:
                        "@type": type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
                """;
        var match =
                """
                    - filter_chain_match: { server_names: [ "%s" ] }
                """
                        .formatted(PEER_SNI);
        return LISTENERS
                + listener("sni", listen, sniFilter, match + filter("next", "      "))
                + "  clusters:\n"
                + cluster("next", next, true);
    }

    /// An instance's sidecar.
    static String callee(MeshCertificates certificates, String listen, String application) {
        var tls =
                """
                    - transport_socket:
                        name: envoy.transport_sockets.tls
                        typed_config:
                          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
                          require_client_certificate: true
                          common_tls_context:
                            tls_certificates:
                            - certificate_chain: { filename: "%s" }
                              private_key: { filename: "%s" }
                            validation_context:
                              trusted_ca: { filename: "%s" }
                """
                        .formatted(
                                certificates.chain("web"),
                                certificates.key("web"),
                                certificates.root());
        return LISTENERS
                + listener("inbound", listen, "", tls + filter("application", "      "))
                + "  clusters:\n"
                + cluster("application", application, false);
    }

    private static String listener(String name, String listen, String filters, String chains) {
        return """
          - name: %s
            address: { socket_address: %s }
        %s    filter_chains:
        %s\
        """
                .formatted(name, address(listen), filters, chains);
    }

    private static String plain(String cluster) {
        return """
            -
        """
                + filter(cluster, "      ");
    }

    private static String filter(String cluster, String indent) {
        return """
        filters:
        - name: envoy.filters.network.tcp_proxy
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
            stat_prefix: %s
            cluster: %s
        """
                .formatted(cluster, cluster)
                .indent(indent.length());
    }

    private static String cluster(String name, String to, boolean isWatched) {
        var outliers =
                isWatched
                        ? """
                            outlier_detection: { max_ejection_percent: 100 }
                            common_lb_config: { healthy_panic_threshold: { value: 0 } }
                        """
                        : "";
        return """
          - name: %s
            connect_timeout: %s
            type: STATIC
        %s    load_assignment:
              cluster_name: %s
              endpoints:
              - lb_endpoints:
                - endpoint: { address: { socket_address: %s } }
        """
                .formatted(name, CONNECT_TIMEOUT, outliers, name, address(to));
    }

    private static String upstreamTls(MeshCertificates certificates, String sni) {
        return """
            transport_socket:
              name: envoy.transport_sockets.tls
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
                sni: "%s"
                common_tls_context:
                  tls_certificates:
                  - certificate_chain: { filename: "%s" }
                    private_key: { filename: "%s" }
                  validation_context:
                    trusted_ca: { filename: "%s" }
                    match_typed_subject_alt_names:
                    - san_type: URI
                      matcher: { exact: "%s" }
        """
                .formatted(
                        sni,
                        certificates.chain("caller"),
                        certificates.key("caller"),
                        certificates.root(),
                        certificates.identity("web"));
    }

    private static String address(String text) {
        var colon = text.lastIndexOf(':');
        return "{ address: %s, port_value: %s }"
                .formatted(text.substring(0, colon), text.substring(colon + 1));
    }
}
