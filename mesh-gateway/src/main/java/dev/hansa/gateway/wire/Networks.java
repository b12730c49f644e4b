package dev.hansa.gateway.wire;

import static java.util.stream.Collectors.joining;

import dev.hansa.bootstrap.IpNetwork;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/// Networks of IPv4 and IPv6, as they are written: `10.0.0.0/8`, `2001:db8::/32`, or one address.
public record Networks(List<IpNetwork> all) {
    public static final Networks NONE = new Networks(List.of());

    public Networks {
        all = List.copyOf(all);
    }

    /// Separated by commas.
    ///
    /// @throws IllegalArgumentException when one is none, or there is none
    public static Networks parse(String text) {
        return new Networks(
                Arrays.stream(text.split(",", -1)).map(String::strip).map(Networks::one).toList());
    }

    private static IpNetwork one(String text) {
        return IpNetwork.parse(text)
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "expected a network such as 10.0.0.0/8; found '" + text + "'"));
    }

    boolean contains(InetAddress address) {
        return all.stream().anyMatch(one -> one.contains(address));
    }

    @Override
    public String toString() {
        return all.stream().map(IpNetwork::toString).collect(joining(","));
    }
}
