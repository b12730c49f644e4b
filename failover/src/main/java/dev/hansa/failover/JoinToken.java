package dev.hansa.failover;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.wire.JoinTokenContent;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.util.Base64;
import java.util.List;

/// What a proxy is given to find its datacenter's servers, to know them, and to be known:
/// addresses, the trust bundle, and a secret that buys certificates for the identities that the
/// server wrote down beside it. Whoever holds the file is the proxy; keep it owner-only.
public record JoinToken(
        List<Endpoint> servers,
        String serverName,
        Datacenter datacenter,
        TrustBundle bundle,
        Secret secret) {
    private static final String PREFIX = "hansa-join.";

    /// Sixteen roots of 4 KiB in base64; a longer text is not a join token.
    private static final int MAX_CHARACTERS = 128 * 1024;

    public JoinToken {
        servers = List.copyOf(servers);
    }

    public TrustDomain trustDomain() {
        return bundle.trustDomain();
    }

    /// The text of a join token file.
    public String encode() {
        var content =
                JoinTokenContent.newBuilder()
                        .setServerName(serverName)
                        .setDatacenter(datacenter.name())
                        .setTrustDomain(trustDomain().name())
                        .setSecret(secret.value());
        servers.forEach(server -> content.addServers(server.toString()));
        for (var root : bundle.roots()) {
            try {
                content.addRoots(ByteString.copyFrom(root.getEncoded()));
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException("a parsed certificate cannot be encoded", e);
            }
        }
        return PREFIX
                + Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(content.build().toByteArray());
    }

    /// Reads a join token file.
    ///
    /// @throws IOException naming the file when it cannot be read or holds no join token; the
    ///   message never holds any of it
    public static JoinToken read(Path file) throws IOException {
        try {
            return decode(Files.readString(file));
        } catch (IOException e) {
            throw new IOException(
                    "join token file '"
                            + file
                            + "': expected a readable file; found "
                            + e.getClass().getSimpleName(),
                    e);
        } catch (IllegalArgumentException e) {
            throw new IOException("join token file '" + file + "': " + e.getMessage(), e);
        }
    }

    /// @throws IllegalArgumentException when the text is not a join token; the message never holds
    ///   any of it
    public static JoinToken decode(String text) {
        var stripped = text.strip();
        if (stripped.length() > MAX_CHARACTERS || !stripped.startsWith(PREFIX)) {
            throw new IllegalArgumentException(
                    "join token rejected: expected text that begins with '"
                            + PREFIX
                            + "'; found something else");
        }
        try {
            var content =
                    JoinTokenContent.parseFrom(
                            Base64.getUrlDecoder().decode(stripped.substring(PREFIX.length())));
            return new JoinToken(
                    content.getServersList().stream().map(Endpoint::parse).toList(),
                    content.getServerName(),
                    new Datacenter(content.getDatacenter()),
                    new TrustBundle(
                            new TrustDomain(content.getTrustDomain()),
                            content.getRootsList().stream().map(RouteCodec::certificate).toList()),
                    new Secret(content.getSecret()));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "join token rejected: it is truncated or altered", e);
        }
    }
}
