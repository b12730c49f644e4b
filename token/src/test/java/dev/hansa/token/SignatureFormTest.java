package dev.hansa.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.impl.ECDSA;
import com.nimbusds.jose.util.Base64URL;
import dev.hansa.token.TokenRejection.Reason;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Texts that the right key signed, in forms that other verifiers took for what they are not.
class SignatureFormTest extends TokenWorld {
    private static final BigInteger ORDER =
            new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

    private final String[] parts = good.split("\\.");
    private final byte[] signature = Base64.getUrlDecoder().decode(parts[2]);

    private String withSignature(byte[] other) {
        return parts[0] + "." + parts[1] + "." + Base64URL.encode(other);
    }

    private static String text(String part) {
        return new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
    }

    /// Signs two parts as they stand, whatever they hold.
    private String signedAsItStands(String header, String payload) throws GeneralSecurityException {
        var signer = Signature.getInstance("SHA256withECDSAinP1363Format");
        signer.initSign(key.getPrivate());
        signer.update((header + "." + payload).getBytes(StandardCharsets.UTF_8));
        return header + "." + payload + "." + Base64URL.encode(signer.sign());
    }

    @Test
    void whatSignsAsItStandsMakesAGoodToken() throws Exception {
        assertThat(read(signedAsItStands(parts[0], parts[1])))
                .isInstanceOf(TokenReading.Accepted.class);
    }

    @Test
    void signatureInDerOrOfAnotherLengthIsRefused() throws Exception {
        for (var other :
                List.of(
                        ECDSA.transcodeSignatureToDER(signature),
                        new byte[0],
                        Arrays.copyOf(signature, 63),
                        Arrays.copyOf(signature, 65),
                        Arrays.copyOf(signature, 96),
                        Arrays.copyOf(signature, 132))) {
            assertRejected(withSignature(other), Reason.MALFORMED);
        }
    }

    @Test
    void halvesInTheWrongOrderOrAllOnesAreRefused() {
        var swapped = new byte[64];
        System.arraycopy(signature, 0, swapped, 32, 32);
        System.arraycopy(signature, 32, swapped, 0, 32);
        var ones = new byte[64];
        Arrays.fill(ones, (byte) 0xff);

        assertRejected(withSignature(swapped), Reason.ALTERED);
        assertRejected(withSignature(ones), Reason.ALTERED);
    }

    /// ECDSA gives each signature a twin (RFC 7518 forbids neither), so a text is no identity: the
    /// secret is what works once, and the claims are what was signed.
    @Test
    void twinOfASignatureSaysTheSame() {
        var s = ORDER.subtract(new BigInteger(1, Arrays.copyOfRange(signature, 32, 64)));
        var bytes = s.toByteArray();
        var twin = signature.clone();
        Arrays.fill(twin, 32, 64, (byte) 0);
        var length = Math.min(32, bytes.length);
        System.arraycopy(bytes, bytes.length - length, twin, 64 - length, length);

        assertThat(twin).isNotEqualTo(signature);
        assertThat(read(withSignature(twin))).isEqualTo(read(good));
    }

    @Test
    void headerParameterGivenTwiceIsRefusedEvenWhenSigned() throws Exception {
        var twice = text(parts[0]).replaceFirst("\\{", "{\"alg\":\"ES256\",");

        assertRejected(signedAsItStands(encoded(twice), parts[1]), Reason.MALFORMED);
    }

    @Test
    void claimGivenTwiceIsRefusedEvenWhenSigned() throws Exception {
        var twice = text(parts[1]).replaceFirst("\\{", "{\"iss\":\"east.example\",");

        assertRejected(signedAsItStands(parts[0], encoded(twice)), Reason.MALFORMED);
    }

    @Test
    void payloadThatIsAnotherTokenOrIsNotEncodedIsRefused() throws Exception {
        assertRejected(signedAsItStands(parts[0], encoded(good)), Reason.MALFORMED);
        var unencoded = text(parts[0]).replaceFirst("\\{", "{\"b64\":false,\"crit\":[\"b64\"],");
        assertRejected(
                signedAsItStands(encoded(unencoded), parts[1]),
                Reason.FORBIDDEN_HEADER,
                Reason.MALFORMED);
        assertRejected(signedAsItStands(encoded(unencoded), text(parts[1])), Reason.MALFORMED);
    }

    @Test
    void partsTooFewOrTooManyAreRefused() {
        for (var text :
                List.of(
                        good + ".",
                        good + "..",
                        "." + good,
                        parts[0] + "." + parts[1],
                        parts[0] + ".." + parts[2],
                        good + "." + parts[2] + "." + parts[2])) {
            assertRejected(text, Reason.MALFORMED);
        }
    }
}
