package dev.hansa.peering.dns;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.xbill.DNS.Name;

/// The grammar of names, from right to left:
///
/// ```
/// name   = what [ "." where ] "." domain
/// where  = dc | dc ".dc" | peer ".peer"
/// what   = [ tag "." ] service ".service" | "_" service "._" ( tag | "tcp" ) ".service"
///        | service ".connect" | node ".node" | hex ".addr" | service ".virtual"
/// ```
///
/// A peer's name alone follows `virtual`, as Consul has it; a datacenter's own name before that of
/// a peer that is called the same.
final class NameReader {
    private static final String SERVICE = "service";
    private static final String CONNECT = "connect";
    private static final String NODE = "node";
    private static final String ADDR = "addr";
    private static final String VIRTUAL = "virtual";
    private static final String DC = "dc";
    private static final String PEER = "peer";

    /// In `_web._tcp.service` it is no tag but any.
    private static final String ANY_TAG = "tcp";

    private final Name domain;
    private final Datacenter datacenter;

    /// @param domain absolute
    NameReader(Name domain, Datacenter datacenter) {
        this.domain = domain;
        this.datacenter = datacenter;
    }

    Subject read(Name name) {
        if (!name.subdomain(domain)) {
            return new Subject.Outside();
        }
        var labels = labels(name, name.labels() - domain.labels());
        if (labels.isEmpty()) {
            return new Subject.Apex();
        }
        var last = labels.getLast();
        var left = labels.subList(0, labels.size() - 1);
        return switch (last) {
            case SERVICE, CONNECT, NODE, ADDR, VIRTUAL -> what(labels, Optional.empty());
            case DC, PEER -> left.isEmpty() ? new Subject.Inner() : there(left, last.equals(PEER));
            default -> there(labels, false);
        };
    }

    /// Lower case; bytes that are no text become what matches nothing.
    private static List<String> labels(Name name, int count) {
        var labels = new ArrayList<String>(count);
        for (var i = 0; i < count; i++) {
            // a label comes with its length before it
            var label = name.getLabel(i);
            labels.add(
                    new String(label, 1, label.length - 1, StandardCharsets.ISO_8859_1)
                            .toLowerCase(Locale.ROOT));
        }
        return labels;
    }

    /// @param labels the last of which names a peer or a datacenter
    private Subject there(List<String> labels, boolean atPeer) {
        var where = labels.getLast();
        var what = labels.subList(0, labels.size() - 1);
        if (atPeer) {
            try {
                return what(what, Optional.of(new PeerName(where)));
            } catch (IllegalArgumentException _) {
                return new Subject.Nothing();
            }
        }
        // peers are no datacenters of ours, so there is one only
        return where.equals(datacenter.name()) ? what(what, Optional.empty()) : ofPeer(what, where);
    }

    /// What has a peer's name alone behind it.
    private static Subject ofPeer(List<String> what, String where) {
        try {
            var peer = new PeerName(where);
            if (what.isEmpty()) {
                return new Subject.Peer(peer);
            }
            if (!what.getLast().equals(VIRTUAL)) {
                return new Subject.Nothing();
            }
            return what.size() == 1 ? new Subject.Peer(peer) : what(what, Optional.of(peer));
        } catch (IllegalArgumentException _) {
            return new Subject.Nothing();
        }
    }

    private static Subject what(List<String> labels, Optional<PeerName> peer) {
        if (labels.isEmpty()) {
            return new Subject.Inner();
        }
        var names = labels.subList(0, labels.size() - 1);
        var kind = labels.getLast();
        if (names.isEmpty()) {
            return switch (kind) {
                case SERVICE, CONNECT, NODE, ADDR, VIRTUAL -> new Subject.Inner();
                default -> new Subject.Nothing();
            };
        }
        return switch (kind) {
            case SERVICE -> service(names, peer);
            case CONNECT ->
                    names.size() == 1
                            ? service(names.getFirst(), Optional.empty(), true, peer)
                            : new Subject.Nothing();
            case VIRTUAL ->
                    names.size() == 1 ? virtual(names.getFirst(), peer) : new Subject.Nothing();
            case NODE -> new Subject.Node(String.join(".", names), peer);
            case ADDR ->
                    names.size() == 1 && peer.isEmpty()
                            ? address(names.getFirst())
                            : new Subject.Nothing();
            default -> new Subject.Nothing();
        };
    }

    private static Subject service(List<String> names, Optional<PeerName> peer) {
        var first = names.getFirst();
        var last = names.getLast();
        if (last.startsWith("_")) {
            return switch (names.size()) {
                case 1 -> new Subject.Inner();
                case 2 ->
                        first.startsWith("_") ? rfc2782(first, last, peer) : new Subject.Nothing();
                default -> new Subject.Nothing();
            };
        }
        // a tag may have dots
        var tag = String.join(".", names.subList(0, names.size() - 1));
        return service(last, Optional.of(tag).filter(text -> !text.isEmpty()), false, peer);
    }

    private static Subject rfc2782(String service, String protocol, Optional<PeerName> peer) {
        var tag = protocol.substring(1);
        return service(
                service.substring(1),
                Optional.of(tag).filter(text -> !text.equals(ANY_TAG)),
                false,
                peer);
    }

    private static Subject service(
            String name, Optional<String> tag, boolean connect, Optional<PeerName> peer) {
        try {
            return new Subject.Service(new ServiceName(name), tag, connect, peer);
        } catch (IllegalArgumentException _) {
            return new Subject.Nothing();
        }
    }

    private static Subject virtual(String name, Optional<PeerName> peer) {
        try {
            return new Subject.Virtual(new UpstreamName(new ServiceName(name), peer));
        } catch (IllegalArgumentException _) {
            return new Subject.Nothing();
        }
    }

    /// Eight hexadecimal digits are IPv4, thirty-two IPv6.
    private static Subject address(String hex) {
        if (hex.length() != 8 && hex.length() != 32) {
            return new Subject.Nothing();
        }
        try {
            return new Subject.Address(InetAddress.getByAddress(HexFormat.of().parseHex(hex)));
        } catch (IllegalArgumentException | UnknownHostException _) {
            return new Subject.Nothing();
        }
    }
}
