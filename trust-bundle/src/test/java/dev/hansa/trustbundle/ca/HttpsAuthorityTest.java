package dev.hansa.trustbundle.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.trustbundle.TrustBundle;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class HttpsAuthorityTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

    private final HttpsAuthority authority =
            HttpsAuthority.create("hansa", NOW, Duration.ofDays(3650));

    @Test
    void certificateIsGoodForItsNamesAndIsSignedByTheAuthority() throws Exception {
        var door =
                authority.issue(
                        "hansa-server",
                        List.of("hansa-server.hansa.svc", "*.hansa-server.hansa.svc"),
                        List.of("127.0.0.1", "::1"),
                        NOW,
                        Duration.ofDays(365));

        door.certificate().verify(authority.certificate().getPublicKey());
        assertThat(door.certificate().getSubjectAlternativeNames().toString())
                .contains("hansa-server.hansa.svc", "*.hansa-server.hansa.svc", "127.0.0.1");
        assertThat(door.certificate().getBasicConstraints()).isEqualTo(-1);
        assertThat(door.certificate().getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(door.certificate().getNotAfter().toInstant())
                .isEqualTo(NOW.plus(Duration.ofDays(365)));
        assertThat(door.toString()).doesNotContain("PRIVATE");
    }

    @Test
    void authorityIsReadBackFromItsTexts() throws Exception {
        var again =
                HttpsAuthority.read(
                        TrustBundle.pem(authority.certificate()),
                        CaPem.pem(authority.key().getPrivate()));

        again.issue("x", List.of("x.example"), List.of(), NOW, Duration.ofDays(1))
                .certificate()
                .verify(authority.certificate().getPublicKey());
    }

    @Test
    void keyOfAnotherAuthorityIsRefused() {
        var other = HttpsAuthority.create("other", NOW, Duration.ofDays(1));

        assertThatThrownBy(() ->
                        HttpsAuthority.read(
                                TrustBundle.pem(authority.certificate()),
                                CaPem.pem(other.key().getPrivate())))
                .hasMessage(
                        "CA of the HTTP API: expected the key of its certificate; found another");
    }

    @Test
    void textThatIsNoCertificateIsRefused() {
        assertThatThrownBy(() -> HttpsAuthority.certificate("hello"))
                .hasMessage("expected a certificate in PEM; found something else");
    }
}
