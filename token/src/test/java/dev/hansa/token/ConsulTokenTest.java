package dev.hansa.token;

import static dev.hansa.token.TokenWorld.EAST;
import static dev.hansa.token.TokenWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.bootstrap.Secret;
import dev.hansa.token.TokenRejection.Reason;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The form is Consul's to decide: bytes are compared with what Go's encoder makes of its struct.
/// Rows of Consul's validate_test.go are named where they are held.
class ConsulTokenTest {
    private static final TrustDomain DOMAIN =
            new TrustDomain("11111111-2222-3333-4444-555555555555.consul");
    private static final Datacenter DC = new Datacenter("dc1");
    private static final String ROOT = CaMaterial.create(DOMAIN, DC, NOW).rootPem();
    private static final String SECRET = "e4b3d9f6-3f0c-4b6e-8e58-8d7f5d7a9b1c";
    private static final String SERVER =
            "server.dc1.peering.11111111-2222-3333-4444-555555555555.consul";

    private static PeeringToken token(List<String> manual) {
        return new PeeringToken(
                DOMAIN,
                DC,
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                Instant.MAX,
                "",
                "9e650110-ac74-4c5a-a6a8-9348b2bed4e9",
                SERVER,
                List.of("198.51.100.5:8503", "198.51.100.6:8503"),
                manual,
                List.of(ROOT),
                new Secret(SECRET));
    }

    private static String json(String ca, String addresses) {
        return "{\"CA\":"
                + ca
                + ",\"ManualServerAddresses\":null,\"ServerAddresses\":"
                + addresses
                + ",\"ServerName\":\""
                + SERVER
                + "\",\"PeerID\":\"9e650110-ac74-4c5a-a6a8-9348b2bed4e9\",\"EstablishmentSecret\":\""
                + SECRET
                + "\",\"Remote\":{\"Partition\":\"\",\"Datacenter\":\"dc1\",\"Locality\":null}}";
    }

    private static final String CA = "[\"" + ROOT.replace("\n", "\\n") + "\"]";
    private static final String ADDRESSES = "[\"198.51.100.5:8503\",\"198.51.100.6:8503\"]";

    private static String base64(String json) {
        return Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    private static TokenReading read(String json) {
        return new TokenReader().read(base64(json), NOW, TokenTerms.of(EAST));
    }

    private static void refused(String json, String detail) {
        assertThat(read(json))
                .isEqualTo(new TokenReading.Rejected(new TokenRejection(Reason.BAD_CLAIM, detail)));
    }

    @Test
    void bytesAreThoseOfGosEncoder() {
        assertThat(ConsulToken.encode(token(List.of()))).isEqualTo(base64(json(CA, ADDRESSES)));
    }

    @Test
    void textIsEscapedAsGoDoes() {
        var text =
                new String(
                        Base64.getDecoder()
                                .decode(ConsulToken.encode(token(List.of("<a>&\"\\\u2028:1")))),
                        StandardCharsets.UTF_8);

        assertThat(text).contains("[\"\\u003ca\\u003e\\u0026\\\"\\\\\\u2028:1\"]");
    }

    @Test
    void tokenComesBackAsItWas() {
        var reading = read(json(CA, ADDRESSES));

        assertThat(reading)
                .isEqualTo(
                        new TokenReading.Accepted(
                                token(List.of()),
                                ((TokenReading.Accepted) reading).fingerprint(),
                                TokenForm.CONSUL));
        assertThat(reading.toString()).doesNotContain(SECRET);
    }

    @Test
    void unknownKeysAreIgnoredAndKnownOnesTakenInAnyCase() {
        var text =
                json(CA, ADDRESSES)
                        .replace("\"PeerID\"", "\"peerid\"")
                        .replace("{\"CA\"", "{\"Later\":{\"x\":[1]},\"CA\"");

        assertThat(read(text)).isInstanceOf(TokenReading.Accepted.class);
    }

    /// Found by the fuzzer: a null is nothing, whatever the case of its key.
    @Test
    void nullUnderAKeyOfAnotherCaseIsNothing() {
        var text = json(CA, ADDRESSES);

        refused(
                text.replace(ADDRESSES, "null")
                        .replace("\"ServerAddresses\"", "\"serverAddresses\""),
                "peering token server addresses value is empty");
        refused(
                text.replaceFirst("\"PeerID\":\"[^\"]*\"", "\"peerId\":null"),
                "peering token peer ID value is empty");
    }

    @Test
    void signedOneCanBeRequired() {
        var terms = new TokenTerms(EAST, Optional.empty(), true, Optional.empty());

        assertThat(new TokenReader().read(base64(json(CA, ADDRESSES)), NOW, terms))
                .isEqualTo(
                        new TokenReading.Rejected(
                                new TokenRejection(
                                        Reason.UNSIGNED,
                                        "expected a signed token; found one in Consul's form, unsigned")));
    }

    /// TestValidatePeeringToken: no addresses, invalid address (IP, hostname, no port, port range),
    /// no server name, no peer ID, invalid CA.
    @Test
    void whatConsulRefusesIsRefusedInItsWords() {
        refused(json(CA, "null"), "peering token server addresses value is empty");
        for (var address : List.of("1.2.3.4", "1.2.3.4:0", "1.2.3.4:65536", "foo.bar", ":80")) {
            refused(
                    json(CA, "[\"" + address + "\"]"),
                    address + " is not a valid peering server address");
        }
        refused(
                json(CA, ADDRESSES).replace(SERVER, ""),
                "peering token server name value is empty");
        refused(
                json(CA, ADDRESSES).replace("9e650110-ac74-4c5a-a6a8-9348b2bed4e9", ""),
                "peering token peer ID value is empty");
        assertThat(read(json("[\"not a certificate\"]", ADDRESSES)))
                .isInstanceOf(TokenReading.Rejected.class);
    }

    @Test
    void hostnamesAreAddressesToo() {
        assertThat(read(json(CA, "[\"gateway.example.com:8443\"]")))
                .isInstanceOf(TokenReading.Accepted.class);
    }

    @Test
    void peeringWithoutTlsIsNotMade() {
        refused(
                json("null", ADDRESSES),
                "expected the CA of the issuer; found none, and a peering without TLS is not made");
    }

    @Test
    void tornOnesAreMalformed() {
        var whole = base64(json(CA, ADDRESSES));
        for (var text :
                List.of(
                        whole.substring(0, whole.length() / 2),
                        whole + "=",
                        base64("{\"CA\":["),
                        base64("{".repeat(10_000)),
                        base64("{\"CA\":" + "[".repeat(20_000) + "]".repeat(20_000) + "}"))) {
            assertThat(new TokenReader().read(text, NOW, TokenTerms.of(EAST)))
                    .isInstanceOfSatisfying(
                            TokenReading.Rejected.class,
                            rejected ->
                                    assertThat(rejected.rejection().reason())
                                            .isIn(Reason.MALFORMED, Reason.BAD_CLAIM));
        }
    }
}
