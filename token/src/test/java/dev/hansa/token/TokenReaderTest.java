package dev.hansa.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import dev.hansa.bootstrap.Secret;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.token.TokenRejection.Reason;
import dev.hansa.trustbundle.Datacenter;
import java.time.Duration;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TokenReaderTest extends TokenWorld {
    @Test
    void tokenSaysWhatItWasGiven() {
        assertThat(read(good))
                .isEqualTo(
                        new TokenReading.Accepted(
                                token(),
                                new Fingerprint(authority.fingerprint()),
                                TokenForm.SIGNED));
    }

    @Test
    void spaceThatAClipboardAddsIsHarmless() {
        assertThat(read("\n  " + good + " \r\n")).isInstanceOf(TokenReading.Accepted.class);
    }

    @Test
    void secretIsNotPrinted() {
        assertThat(token().toString()).doesNotContain(SECRET);
        assertThat(read(good).toString()).doesNotContain(SECRET);
    }

    @Test
    void expiredTokenIsRefusedWithItsAge() {
        assertThat(rejection(good, NOW.plus(Duration.ofMinutes(64))).sentence())
                .isEqualTo("peering token rejected: expired 4m ago");
        assertThat(rejection(good, NOW.plus(Duration.ofMinutes(64))).reason())
                .isEqualTo(Reason.EXPIRED);
        assertThat(read(good, NOW.plus(Duration.ofMinutes(60))))
                .isInstanceOf(TokenReading.Accepted.class);
    }

    @Test
    void clocksMayDifferByAMinuteAndNoMore() {
        var inAMinute = NOW.plusSeconds(60);
        var text = issue(claims().notBeforeTime(Date.from(inAMinute)));
        var later = issue(claims().notBeforeTime(Date.from(NOW.plusSeconds(61))));
        var issuedLater = issue(claims().issueTime(Date.from(NOW.plusSeconds(61))));

        assertThat(read(text)).isInstanceOf(TokenReading.Accepted.class);
        assertRejected(later, Reason.NOT_YET_VALID);
        assertRejected(issuedLater, Reason.NOT_YET_VALID);
    }

    @Test
    void tokenForAnotherDatacenterNeedsTheOperatorsWord() {
        var north = new Datacenter("north");

        assertThat(new TokenReader().read(good, NOW, TokenTerms.of(north)))
                .isEqualTo(
                        new TokenReading.Rejected(
                                new TokenRejection(
                                        Reason.WRONG_AUDIENCE,
                                        "expected a token for datacenter 'north'; found one for 'east'")));
        assertThat(new TokenReader().read(good, NOW, terms(north, "east")))
                .isInstanceOf(TokenReading.Accepted.class);
        assertThat(new TokenReader().read(good, NOW, terms(north, "south")))
                .isEqualTo(
                        new TokenReading.Rejected(
                                new TokenRejection(
                                        Reason.WRONG_AUDIENCE,
                                        "expected a token for datacenter 'north' or 'south'; found one for 'east'")));
    }

    @Test
    void tokenForAnyDatacenterIsTakenByAny() {
        var open = issue(claims().audience(TokenTerms.ANY_DATACENTER));

        for (var own : List.of("north", "east")) {
            assertThat(new TokenReader().read(open, NOW, TokenTerms.of(new Datacenter(own))))
                    .isInstanceOf(TokenReading.Accepted.class);
        }
    }

    @Test
    void fingerprintIsHeldToWhatTheOtherOperatorSaid() {
        var fingerprint = new Fingerprint(authority.fingerprint());
        for (var said :
                List.of(
                        fingerprint.hex(),
                        fingerprint.words(),
                        fingerprint.words().replace('-', ' ').toUpperCase(Locale.ROOT))) {
            assertThat(readExpecting(said)).isInstanceOf(TokenReading.Accepted.class);
        }
        for (var other :
                List.of("", fingerprint.hex().substring(0, 20), fingerprint.words().substring(6))) {
            assertThat(readExpecting(other))
                    .isInstanceOfSatisfying(
                            TokenReading.Rejected.class,
                            rejected ->
                                    assertThat(rejected.rejection().reason())
                                            .isEqualTo(Reason.WRONG_FINGERPRINT));
        }
    }

    private TokenReading readExpecting(String fingerprint) {
        return new TokenReader()
                .read(
                        good,
                        NOW,
                        new TokenTerms(EAST, Optional.empty(), true, Optional.of(fingerprint)));
    }

    /// The first examples of the proquint paper: 127.0.0.1 is lusab-babad, 63.84.220.193
    /// gutih-tugad.
    @Test
    void wordsAreProquints() {
        var fingerprint = new Fingerprint("7f00:0001:3f54:dcc1" + ":0000".repeat(12));

        assertThat(fingerprint.words()).startsWith("lusab-babad-gutih-tugad-");
    }

    private static TokenTerms terms(Datacenter own, String accepted) {
        return new TokenTerms(own, Optional.of(accepted), false, Optional.empty());
    }

    @Test
    void severalAudiencesAreNone() {
        assertRejected(issue(claims().audience(List.of("east", "north"))), Reason.BAD_CLAIM);
        assertRejected(issue(claims().audience(List.of())), Reason.BAD_CLAIM);
    }

    @Test
    void otherVersionIsRefusedBeforeItsClaims() {
        assertThat(rejection(issue(claims().claim("ver", 2))).sentence())
                .isEqualTo("peering token rejected: expected format version 1; found '2'");
        for (var version : List.of("1", 1.5, -1, 4_294_967_297L, List.of(1))) {
            assertRejected(issue(claims().claim("ver", version)), Reason.UNKNOWN_VERSION);
        }
        assertRejected(issue(claims().claim("ver", null)), Reason.UNKNOWN_VERSION);
    }

    @Test
    void otherKindOfJwtIsRefused() throws Exception {
        for (var type : List.of("JWT", "at+jwt", "hansa-peering")) {
            var header = header(chain).type(new JOSEObjectType(type)).build();
            assertRejected(signed(header, claims().build(), key), Reason.WRONG_TYPE);
        }
        assertRejected(
                signed(
                        new JWSHeader.Builder(JWSAlgorithm.ES256).x509CertChain(x5c(chain)).build(),
                        claims().build(),
                        key),
                Reason.WRONG_TYPE);
    }

    @Test
    void everyTruncationIsRefused() {
        for (var length = 0; length < good.length(); length += length < 200 ? 1 : 7) {
            assertRejected(good.substring(0, length), Reason.MALFORMED);
        }
        for (var cut = 1; cut < 90; cut++) {
            assertRejected(good.substring(0, good.length() - cut), Reason.MALFORMED);
        }
    }

    @Test
    void oversizedTokenIsNotParsed() {
        assertThat(rejection("a".repeat(TokenReader.MAX_CHARACTERS + 1)))
                .isEqualTo(
                        new TokenRejection(
                                Reason.OVERSIZED,
                                "expected at most 131072 characters; found 131073"));
    }

    @Test
    void whatIsNoTokenIsRefusedWithoutBeingRepeated() {
        for (var text :
                List.of(
                        "",
                        ".",
                        "..",
                        "...",
                        "a.b.c",
                        "{}.{}.{}",
                        encoded("{}") + "." + encoded("{}") + "." + encoded("x"),
                        encoded("[]") + ".e30.e30",
                        SECRET,
                        good + "." + good,
                        good + ".x.y")) {
            assertRejected(text, Reason.MALFORMED);
        }
    }

    @Test
    void whatAParserQuotesIsCutAndOnOneLine() {
        var noise = "\u001b[2J" + "x".repeat(4000);
        var rejection = new TokenRejection(TokenRejection.Reason.BAD_CLAIM, "found " + noise);

        assertThat(rejection.sentence())
                .startsWith("peering token rejected: found ?[2Jxxx")
                .endsWith("x…")
                .hasSizeLessThan(1100);
    }

    @Test
    void deepNestingCannotOverflowTheStack() {
        var deep = "[".repeat(24_000);
        var parts = good.split("\\.");

        assertRejected(
                parts[0] + "." + encoded("{\"ver\":1,\"x\":" + deep + "}") + "." + parts[2],
                Reason.MALFORMED);
        assertRejected(
                parts[0]
                        + "."
                        + encoded(
                                "{\"ver\":1,\"x\":"
                                        + deep.substring(0, 20_000)
                                        + "]".repeat(20_000)
                                        + "}")
                        + "."
                        + parts[2],
                Reason.MALFORMED,
                Reason.BAD_CLAIM);
        assertRejected(
                encoded("{\"alg\":" + deep.substring(0, 12_000)) + "." + parts[1] + "." + parts[2],
                Reason.MALFORMED);
    }

    @Test
    void eachClaimIsNeededInItsForm() {
        for (var name :
                List.of(
                        "iss",
                        "dc",
                        "iat",
                        "nbf",
                        "exp",
                        "jti",
                        "peer_id",
                        "server_name",
                        "server_addresses",
                        "manual_server_addresses",
                        "ca",
                        "secret")) {
            var missing = claims().build().toJSONObject();
            missing.remove(name);
            assertRejected(issue(missing), Reason.BAD_CLAIM);
            var wrong = claims().build().toJSONObject();
            wrong.put(name, Map.of("a", 1));
            assertRejected(issue(wrong), Reason.BAD_CLAIM, Reason.MALFORMED);
        }
    }

    @Test
    void claimsThatCannotBeTrueAreRefused() {
        for (var bad :
                List.of(
                        claims().issuer("west example"),
                        claims().claim("dc", "-"),
                        claims().claim("dc", "a".repeat(513)),
                        claims().claim("server_name", "server.west.peering.east.example"),
                        claims().claim("server_addresses", List.of()),
                        claims().claim("server_addresses", List.of("192.0.2.1")),
                        claims().claim("server_addresses", List.of("192.0.2.1:0")),
                        claims().claim("server_addresses", List.of("192.0.2.1:65536")),
                        claims().claim("server_addresses", List.of("http://192.0.2.1:80")),
                        claims().claim("server_addresses", List.of(":80")),
                        claims().claim("server_addresses", List.of("a\nb:80")),
                        claims().claim("server_addresses", List.of(1)),
                        claims().claim("server_addresses", Collections.nCopies(65, "a:1")),
                        claims().claim("ca", List.of()),
                        claims().claim("ca", List.of("no certificate")),
                        claims().claim("ca", Collections.nCopies(17, "x")),
                        claims().expirationTime(Date.from(NOW)))) {
            assertRejected(issue(bad), Reason.BAD_CLAIM);
        }
    }

    @Test
    void manualAddressesAloneAreEnough() {
        assertThat(
                        read(
                                issue(
                                        claims().claim("server_addresses", List.of())
                                                .claim(
                                                        "manual_server_addresses",
                                                        List.of(
                                                                "gw.example:8443",
                                                                "[2001:db8::1]:443")))))
                .isInstanceOf(TokenReading.Accepted.class);
    }

    @Test
    void secretsAreRandomAndKeptAsHashes() {
        var secret = EstablishmentSecret.random();

        assertThat(secret.value())
                .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
        assertThat(EstablishmentSecret.random()).isNotEqualTo(secret);
        assertThat(Sha256.hex(new Secret("abc")))
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
