package dev.hansa.gateway.route;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/// A name as a ClientHello may carry it (docs/PROTOCOL.md, "Names"; RFC 6066 section 3): ASCII host
/// name, lower-cased here.
public record ServerName(String value) {
    /// RFC 1035 2.3.4.
    public static final int MAX_LENGTH = 255;

    private static final int MAX_LABEL = 63;

    /// @throws IllegalArgumentException when the text is not such a name
    public ServerName {
        if (!isName(value)) {
            throw new IllegalArgumentException(
                    "expected a host name as in a ClientHello; found "
                            + value.length()
                            + " characters that are none");
        }
        value = value.toLowerCase(Locale.ROOT);
    }

    /// The name in these bytes; empty when they are not one.
    public static Optional<ServerName> of(byte[] bytes) {
        if (bytes.length == 0 || bytes.length > MAX_LENGTH) {
            return Optional.empty();
        }
        for (var b : bytes) {
            if (b <= ' ' || b >= 0x7f) {
                return Optional.empty();
            }
        }
        var text = new String(bytes, StandardCharsets.US_ASCII);
        return isName(text) ? Optional.of(new ServerName(text)) : Optional.empty();
    }

    private static boolean isName(String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH) {
            return false;
        }
        var digitsAndDots = true;
        var label = 0;
        for (var i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            if (c == '.') {
                if (label == 0) {
                    return false;
                }
                label = 0;
                continue;
            }
            var letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
            var digit = c >= '0' && c <= '9';
            if (!letter && !digit && c != '-' && c != '_' || ++label > MAX_LABEL) {
                return false;
            }
            digitsAndDots &= digit;
        }
        // an address is no name, and neither is a name with a dot at its end
        return label > 0 && !digitsAndDots;
    }

    /// Whether a service is called so by its own datacenter (`<service>.…internal.<trust domain>`)
    /// or by a peer (`<service>.…external.<trust domain>`).
    public boolean isOf(ServiceName service, TrustDomain domain) {
        return value.startsWith(service + ".default.")
                && (value.endsWith(".internal." + domain.name())
                        || value.endsWith(".external." + domain.name()));
    }

    @Override
    public String toString() {
        return value;
    }
}
