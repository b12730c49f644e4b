package dev.hansa.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.hansa.token.TokenRejection.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// A signed token is one of Consul's with a proof in it.
class SignedFormTest extends TokenWorld {
    private final String text =
            new TokenIssuer(key.getPrivate(), chain).issue(token(), TokenForm.SIGNED);

    private static String json(String token) {
        return new String(Base64.getDecoder().decode(token), StandardCharsets.UTF_8);
    }

    private static String base64(String json) {
        return Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    private String with(String said, String other) {
        var json = json(text);
        assertThat(json).contains(said);
        return base64(json.replace(said, other));
    }

    @Test
    void whoeverReadsConsulsTokensReadsIt() throws Exception {
        var fields = JSONObjectUtils.parse(json(text));

        assertThat(fields.keySet())
                .containsExactlyInAnyOrder(
                        "CA",
                        "ManualServerAddresses",
                        "ServerAddresses",
                        "ServerName",
                        "PeerID",
                        "EstablishmentSecret",
                        "Remote",
                        "Signed");
        assertThat(fields)
                .containsEntry("ServerAddresses", token().serverAddresses())
                .containsEntry("CA", token().caPems())
                .containsEntry("ServerName", token().serverName())
                .containsEntry("EstablishmentSecret", SECRET);
    }

    @Test
    void itIsBelievedForWhatItsSignatureProvesAsTheSignatureAlone() {
        for (var form : List.of(text, good)) {
            assertThat(read(form))
                    .isInstanceOfSatisfying(
                            TokenReading.Accepted.class,
                            accepted -> {
                                assertThat(accepted.token()).isEqualTo(token());
                                assertThat(accepted.form()).isEqualTo(TokenForm.SIGNED);
                            });
        }
        assertThat(read(text, token().expiresAt().plusSeconds(1)))
                .isInstanceOfSatisfying(
                        TokenReading.Rejected.class,
                        rejected ->
                                assertThat(rejected.rejection().reason())
                                        .isEqualTo(Reason.EXPIRED));
    }

    @Test
    void whatIsNotWhatWasSignedIsRefused() {
        assertRejected(with("198.51.100.5:8443", "198.51.100.66:8443"), Reason.ALTERED);
        assertRejected(
                with(
                        "\"ManualServerAddresses\":null",
                        "\"ManualServerAddresses\":[\"198.51.100.66:1\"]"),
                Reason.ALTERED);
        assertRejected(with("\"p1\"", "\"p2\""), Reason.ALTERED);
        assertRejected(with(SECRET, SECRET.replace('e', 'f')), Reason.ALTERED);
        assertRejected(with("server.west.peering.", "server.east.peering."), Reason.ALTERED);
        assertRejected(with("west.example\"", "east.example\""), Reason.ALTERED);
        var root = json(text).replaceFirst("^\\{\"CA\":\\[(\"[^\"]*\").*$", "$1");
        assertRejected(with("\"CA\":[", "\"CA\":[" + root + ","), Reason.ALTERED);
    }

    @Test
    void signatureThatIsNoneIsRefusedAndNotPassedOver() {
        for (var none : List.of("1", "{}", "[]", "\"\"", "\"x\"", "\"a.b.c\"")) {
            assertRejected(
                    base64(json(text).replaceFirst("\"Signed\":\".*\"", "\"Signed\":" + none)),
                    Reason.MALFORMED,
                    Reason.BAD_CLAIM);
        }
    }

    /// Whoever takes the proof away has what anybody can write: it is taken for no more.
    @Test
    void withoutItsSignatureItIsNoSignedToken() {
        var stripped = base64(json(text).replaceFirst(",\"Signed\":\".*\"", ""));

        assertThat(read(stripped))
                .isInstanceOfSatisfying(
                        TokenReading.Accepted.class,
                        accepted -> assertThat(accepted.form()).isEqualTo(TokenForm.CONSUL));
        var required = new TokenTerms(EAST, Optional.empty(), true, Optional.empty());
        assertThat(new TokenReader().read(stripped, NOW, required))
                .isInstanceOfSatisfying(
                        TokenReading.Rejected.class,
                        rejected ->
                                assertThat(rejected.rejection().reason())
                                        .isEqualTo(Reason.UNSIGNED));
    }
}
