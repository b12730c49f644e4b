package dev.hansa.token;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.hansa.bootstrap.Secret;
import dev.hansa.token.TokenRejection.Reason;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The peering token as Consul writes it: standard base64 of a JSON object with seven keys, as Go's
/// encoder makes it. It names no audience and no end of life: the acceptor alone knows when its
/// secret ends. A signed token is written so too, with the JWS under an eighth key, which whoever
/// knows Consul's seven passes over.
final class ConsulToken {
    /// The only place in the form where datacenter and trust domain stand.
    private static final Pattern SERVER_NAME =
            Pattern.compile("server\\.([a-z0-9_-]{1,63})\\.peering\\.([a-z0-9.-]{1,253})");

    /// The key of the JWS; in this case alone, so that nobody takes another for it.
    private static final String SIGNED = "Signed";

    /// PEMs, addresses and names, never longer than the token itself.
    private static final int MAX_LIST = 64;

    private ConsulToken() {}

    /// The text of a token; its audience, id and times are not in it.
    static String encode(PeeringToken token) {
        return base64(json(token) + "}");
    }

    /// The text of a signed token.
    ///
    /// @param jws which says the same, and proves it
    static String encode(PeeringToken token, String jws) {
        return base64(json(token) + ",\"" + SIGNED + "\":" + text(jws) + "}");
    }

    private static String base64(String json) {
        return Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    /// Not closed yet.
    private static String json(PeeringToken token) {
        return "{\"CA\":"
                + list(token.caPems())
                + ",\"ManualServerAddresses\":"
                + list(token.manualServerAddresses())
                + ",\"ServerAddresses\":"
                + list(token.serverAddresses())
                + ",\"ServerName\":"
                + text(token.serverName())
                + ",\"PeerID\":"
                + text(token.peerId())
                + ",\"EstablishmentSecret\":"
                + text(token.establishmentSecret().value())
                + ",\"Remote\":{\"Partition\":\"\",\"Datacenter\":"
                + text(token.datacenter().name())
                + ",\"Locality\":null}";
    }

    /// The JWS of a signed token; empty when it has none.
    static Optional<String> signed(String text) throws TokenRefusal {
        var found = fields(text).get(SIGNED);
        if (found == null) {
            return Optional.empty();
        }
        if (found instanceof String jws) {
            return Optional.of(jws);
        }
        throw bad(SIGNED + ": expected text; found something else");
    }

    /// Whether a text says in Consul's keys what was signed.
    static boolean says(String text, PeeringToken signed) throws TokenRefusal {
        return decode(text)
                .equals(
                        new PeeringToken(
                                signed.issuer(),
                                signed.datacenter(),
                                "",
                                Instant.EPOCH,
                                Instant.EPOCH,
                                Instant.MAX,
                                "",
                                signed.peerId(),
                                signed.serverName(),
                                signed.serverAddresses(),
                                signed.manualServerAddresses(),
                                signed.caPems(),
                                signed.establishmentSecret()));
    }

    private static String list(List<String> texts) {
        return texts.isEmpty()
                ? "null"
                : "[" + String.join(",", texts.stream().map(ConsulToken::text).toList()) + "]";
    }

    /// As Go's encoder does, which also escapes what would mean something in HTML.
    private static String text(String value) {
        var quoted = new StringBuilder("\"");
        value.chars()
                .forEach(c -> {
                    switch (c) {
                        case '"' -> quoted.append("\\\"");
                        case '\\' -> quoted.append("\\\\");
                        case '\n' -> quoted.append("\\n");
                        case '\r' -> quoted.append("\\r");
                        case '\t' -> quoted.append("\\t");
                        case '<', '>', '&', 0x2028, 0x2029 -> escaped(quoted, c);
                        default -> {
                            if (c < 0x20) {
                                escaped(quoted, c);
                            } else {
                                quoted.append((char) c);
                            }
                        }
                    }
                });
        return quoted.append('"').toString();
    }

    private static void escaped(StringBuilder quoted, int character) {
        quoted.append("\\u%04x".formatted(character));
    }

    /// Is this base64 of a JSON object, whatever is in it.
    static boolean looksLike(String text) {
        return json(text).filter(json -> json.startsWith("{")).isPresent();
    }

    private static Optional<String> json(String text) {
        try {
            var bytes = Base64.getDecoder().decode(text);
            if (!Base64.getEncoder().encodeToString(bytes).equals(text)) {
                return Optional.empty(); // Go's strict decoder wants its padding
            }
            return Optional.of(
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes))
                            .toString()
                            .strip());
        } catch (IllegalArgumentException | CharacterCodingException _) {
            return Optional.empty(); // their messages would show a part of the token
        }
    }

    /// @throws TokenRefusal naming what is wrong with it, in the words that Consul's clients know
    ///   where it has some
    static PeeringToken decode(String text) throws TokenRefusal {
        var fields = fields(text);
        var cas = list(fields, "CA", TrustBundle.MAX_ROOTS);
        var manual = list(fields, "ManualServerAddresses", MAX_LIST);
        var addresses = list(fields, "ServerAddresses", MAX_LIST);
        if (manual.isEmpty() && addresses.isEmpty()) {
            throw bad("peering token server addresses value is empty");
        }
        if (cas.isEmpty()) {
            throw bad(
                    "expected the CA of the issuer; found none, and a peering without TLS is not made");
        }
        var serverName = text(fields, "ServerName");
        if (serverName.isEmpty()) {
            throw bad("peering token server name value is empty");
        }
        var peerId = text(fields, "PeerID");
        if (peerId.isEmpty()) {
            throw bad("peering token peer ID value is empty");
        }
        var secret = text(fields, "EstablishmentSecret");
        if (secret.isEmpty()) {
            throw bad("expected an establishment secret; found none");
        }
        var named = SERVER_NAME.matcher(serverName);
        if (!named.matches()) {
            throw bad(
                    "ServerName: expected 'server.<datacenter>.peering.<trust domain>'; found '"
                            + TokenReader.shown(serverName)
                            + "'");
        }
        try {
            return new PeeringToken(
                    new TrustDomain(named.group(2)),
                    new Datacenter(named.group(1)),
                    "",
                    Instant.EPOCH,
                    Instant.EPOCH,
                    Instant.MAX,
                    "",
                    peerId,
                    serverName,
                    addresses,
                    manual,
                    cas,
                    new Secret(secret));
        } catch (IllegalArgumentException e) {
            throw bad(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Object> fields(String text) throws TokenRefusal {
        try {
            return JSONObjectUtils.parse(json(text).orElse(""), TokenReader.MAX_CHARACTERS);
        } catch (ParseException | RuntimeException e) {
            throw TokenReader.refuse(
                    Reason.MALFORMED,
                    "expected a JSON object; found something truncated or altered");
        }
    }

    /// Go takes a key in any case.
    private static @Nullable Object field(Map<String, Object> fields, String name) {
        if (fields.containsKey(name)) {
            return fields.get(name);
        }
        for (var field : fields.entrySet()) {
            if (field.getKey().equalsIgnoreCase(name)) {
                return field.getValue(); // null where it says null
            }
        }
        return null;
    }

    private static String text(Map<String, Object> fields, String name) throws TokenRefusal {
        var value = field(fields, name);
        if (value == null) {
            return "";
        }
        if (value instanceof String text && text.length() <= TokenReader.MAX_CLAIM_CHARACTERS) {
            return text;
        }
        throw bad(
                name
                        + ": expected text of at most "
                        + TokenReader.MAX_CLAIM_CHARACTERS
                        + " characters");
    }

    private static List<String> list(Map<String, Object> fields, String name, int most)
            throws TokenRefusal {
        var value = field(fields, name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list) || list.size() > most) {
            throw bad(name + ": expected a list of at most " + most + " texts");
        }
        var texts = new ArrayList<String>();
        for (var item : list) {
            if (!(item instanceof String text)) {
                throw bad(name + ": expected texts only");
            }
            texts.add(text);
        }
        return texts;
    }

    private static TokenRefusal bad(String detail) {
        return TokenReader.refuse(Reason.BAD_CLAIM, detail);
    }
}
