package dev.hansa.peering.checks;

import dev.hansa.bootstrap.IpNetwork;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Which addresses a server's checks may ask: of the networks that an address is in, the smallest
/// decides. What nobody names is allowed, but for link-local addresses and those that clouds have
/// besides, where they tell a machine its own secrets. `0.0.0.0` and `::` are denied always.
///
/// @param rules in the order in which they are looked at
/// @param isSettable whether an operator can say it otherwise here
public record CheckNetworks(List<Rule> rules, boolean isSettable) {
    /// So many of each kind: somebody reads them all, and each address is compared with each.
    public static final int MOST = 64;

    /// Of AWS and of Google over IPv6, of Azure, of Alibaba; none is link-local.
    private static final List<String> OF_CLOUDS =
            List.of(
                    "169.254.0.0/16",
                    "fe80::/10",
                    "fd00:ec2::254",
                    "fd20:ce::254",
                    "168.63.129.16",
                    "100.100.100.200");

    /// 64:ff9b::/96, under which a gateway reaches the IPv4 address that follows.
    private static final byte[] NAT64 =
            Arrays.copyOf(InetAddress.ofLiteral("64:ff9b::").getAddress(), 12);

    /// Where nothing can be set.
    public static final CheckNetworks DEFAULT =
            new CheckNetworks(inOrder(List.of(), List.of()), false);

    /// What was said of a network.
    ///
    /// @param isOurs whether nobody has said it here
    public record Rule(IpNetwork network, boolean isAllowed, boolean isOurs) {}

    public CheckNetworks {
        rules = List.copyOf(rules);
    }

    /// @param allowed and `denied` have no network in common
    public CheckNetworks(List<IpNetwork> allowed, List<IpNetwork> denied) {
        this(inOrder(allowed, denied), true);
    }

    private static List<Rule> inOrder(List<IpNetwork> allowed, List<IpNetwork> denied) {
        var all = new ArrayList<Rule>();
        allowed.forEach(network -> all.add(new Rule(network, true, false)));
        denied.forEach(network -> all.add(new Rule(network, false, false)));
        OF_CLOUDS.forEach(
                text -> all.add(new Rule(IpNetwork.parse(text).orElseThrow(), false, true)));
        // stable: of two about the same network the operator's is the first
        all.sort(Comparator.comparingInt((Rule rule) -> rule.network().bits()).reversed());
        return all;
    }

    /// Why an address is not asked; empty: it may be. One that is no machine's is never asked: the
    /// JDK would connect to this machine in its place, past what is said of loopback.
    Optional<String> refusal(InetAddress address) {
        if (address.isAnyLocalAddress()) {
            return Optional.of("no machine's address, which is never asked");
        }
        var denying =
                rules.stream()
                        .filter(rule -> rule.network().contains(address))
                        .findFirst()
                        .filter(rule -> !rule.isAllowed());
        if (denying.isPresent()) {
            return denying.map(this::sentence);
        }
        return inside(address).flatMap(this::refusal);
    }

    private String sentence(Rule rule) {
        return rule.isOurs()
                ? "a link-local address or a cloud's own, in "
                        + rule.network()
                        + (isSettable
                                ? ", which checks.allowed-networks does not name"
                                : ", which is never asked")
                : "an address in " + rule.network() + ", which checks.denied-networks names";
    }

    /// What a gateway makes of an address.
    private static Optional<InetAddress> inside(InetAddress address) {
        var bytes = address.getAddress();
        if (bytes.length != 16 || !Arrays.equals(NAT64, Arrays.copyOf(bytes, NAT64.length))) {
            return Optional.empty();
        }
        return Optional.of(IpNetwork.address(Arrays.copyOfRange(bytes, NAT64.length, 16)));
    }
}
