package dev.hansa.trustbundle;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/// An identity in Consul's forms: a service, a mesh gateway or a server of a datacenter. Namespace
/// is always `default` where we make one; a peer's partition and namespace are read.
public record SpiffeId(TrustDomain trustDomain, String path) {
    private static final Pattern SERVICE =
            Pattern.compile("(?:/ap/([^/]+))?/ns/([^/]+)/dc/([^/]+)/svc/([^/]+)");
    private static final Pattern GATEWAY =
            Pattern.compile("(?:/ap/([^/]+))?/gateway/mesh/dc/([^/]+)");

    /// RFC-independent bound of SPIFFE-ID 2.3: an ID is at most 2048 bytes.
    private static final int MAX_LENGTH = 2048;

    /// @throws IllegalArgumentException when the path is neither empty nor absolute
    public SpiffeId {
        if (!path.isEmpty() && !path.startsWith("/")) {
            throw new IllegalArgumentException(
                    "expected a SPIFFE path that begins with '/'; found '"
                            + TrustDomain.shown(path)
                            + "'");
        }
    }

    /// A service's parts, as far as a certificate states them.
    public record Service(String partition, String namespace, String datacenter, String name) {}

    public static SpiffeId service(TrustDomain trustDomain, Datacenter datacenter, String service) {
        return new SpiffeId(trustDomain, "/ns/default/dc/" + datacenter + "/svc/" + service);
    }

    public static SpiffeId meshGateway(TrustDomain trustDomain, Datacenter datacenter) {
        return new SpiffeId(trustDomain, "/gateway/mesh/dc/" + datacenter);
    }

    public static SpiffeId server(TrustDomain trustDomain, Datacenter datacenter) {
        return new SpiffeId(trustDomain, "/agent/server/dc/" + datacenter);
    }

    /// The identity of a signing certificate: the trust domain alone.
    public static SpiffeId authority(TrustDomain trustDomain) {
        return new SpiffeId(trustDomain, "");
    }

    /// @throws IllegalArgumentException for anything but `spiffe://<trust domain>[/path]` without
    ///   user, port, query or fragment
    public static SpiffeId parse(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "expected a SPIFFE ID of at most 2048 characters; found " + text.length());
        }
        try {
            var uri = new URI(text);
            if (!"spiffe".equals(uri.getScheme())
                    || uri.getRawAuthority() == null
                    || uri.getRawQuery() != null
                    || uri.getRawFragment() != null) {
                throw new IllegalArgumentException(
                        "expected 'spiffe://<trust domain>/<path>'; found '"
                                + TrustDomain.shown(text)
                                + "'");
            }
            return new SpiffeId(new TrustDomain(uri.getRawAuthority()), uri.getRawPath());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(
                    "expected 'spiffe://<trust domain>/<path>'; found '"
                            + TrustDomain.shown(text)
                            + "'",
                    e);
        }
    }

    /// The service that this names; empty for gateways, servers and authorities.
    public Optional<Service> asService() {
        var matcher = SERVICE.matcher(path);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        var partition = matcher.group(1);
        return Optional.of(
                new Service(
                        partition == null ? "default" : decoded(partition),
                        decoded(matcher.group(2)),
                        decoded(matcher.group(3)),
                        decoded(matcher.group(4))));
    }

    public boolean isMeshGateway() {
        return GATEWAY.matcher(path).matches();
    }

    private static String decoded(String segment) {
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    public String uri() {
        return "spiffe://" + trustDomain.name() + path;
    }

    @Override
    public String toString() {
        return uri();
    }
}
