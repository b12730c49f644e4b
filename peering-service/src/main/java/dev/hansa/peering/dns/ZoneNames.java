package dev.hansa.peering.dns;

import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.NameTooLongException;
import org.xbill.DNS.Record;
import org.xbill.DNS.TextParseException;

/// The names that answers give to nodes and addresses; [NameReader] reads them back.
final class ZoneNames {
    /// What a node may be called to have a name of its own in DNS: one label.
    private static final Pattern LABEL =
            Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?");

    private static final Pattern HOST =
            Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?");

    private static final Pattern MAYBE_ADDRESS =
            Pattern.compile("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    private final Name domain;
    private final Name hostmaster;
    private final Datacenter datacenter;

    /// @param domain without a dot at its end
    /// @throws IllegalArgumentException when that is no name
    ZoneNames(String domain, Datacenter datacenter) {
        this.domain = Name.fromConstantString(domain + ".");
        this.hostmaster = Name.fromConstantString("hostmaster." + domain + ".");
        this.datacenter = datacenter;
    }

    Name domain() {
        return domain;
    }

    Name hostmaster() {
        return hostmaster;
    }

    Datacenter datacenter() {
        return datacenter;
    }

    /// `<node>.node.<dc>`, or `<node>.node.<peer>.peer`; empty for a node whose name is none in
    /// DNS.
    Optional<Name> node(String node, Optional<PeerName> peer) {
        if (!LABEL.matcher(node).matches()) {
            return Optional.empty();
        }
        var where = peer.map(name -> name + ".peer").orElse(datacenter.name());
        return Optional.of(within(node + ".node." + where));
    }

    /// `<hex>.addr.<dc>`, which holds the address itself.
    Name hex(InetAddress address) {
        return within(HexFormat.of().formatHex(address.getAddress()) + ".addr." + datacenter);
    }

    private Name within(String relative) {
        try {
            return Name.concatenate(Name.fromString(relative), domain);
        } catch (TextParseException | NameTooLongException e) {
            // two labels of 63, two words and a domain of 100 at most come to less than 255
            throw new IllegalStateException("'" + relative + "': expected a name in DNS", e);
        }
    }

    Record address(Name owner, InetAddress address, long ttl) {
        return isFour(address)
                ? new ARecord(owner, DClass.IN, ttl, address)
                : new AAAARecord(owner, DClass.IN, ttl, address);
    }

    Record alias(Name owner, Name target, long ttl) {
        return new CNAMERecord(owner, DClass.IN, ttl, target);
    }

    static boolean isFour(InetAddress address) {
        return address instanceof Inet4Address;
    }

    /// An IP address, read without asking anybody.
    static Optional<InetAddress> literal(String text) {
        if (!MAYBE_ADDRESS.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// A host name outside of this domain; empty for what is none.
    static Optional<Name> foreign(String text) {
        if (!HOST.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Name.fromString(text.endsWith(".") ? text : text + "."));
        } catch (TextParseException _) {
            return Optional.empty();
        }
    }
}
