package dev.hansa.token;

import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Locale;

/// Whose token it is, short enough to compare: SHA-256 over a trust domain and its root keys.
///
/// @param hex 64 hexadecimal digits, a colon after every fourth
public record Fingerprint(String hex) {
    private static final String CONSONANTS = "bdfghjklmnprstvz";
    private static final String VOWELS = "aiou";

    /// 96 of the 256 bits: a key that is made to fit them is out of anyone's reach, and two people
    /// still read six words to each other without a mistake.
    private static final int WORDS = 6;

    private static final int BYTES = 32;

    /// @throws IllegalArgumentException when it is not such a text
    public Fingerprint {
        if (bytes(hex).length != BYTES) {
            throw new IllegalArgumentException(
                    "fingerprint: expected " + BYTES + " bytes in hexadecimal; found others");
        }
    }

    public static Fingerprint of(TrustBundle bundle) {
        return new Fingerprint(CertificateAuthority.fingerprint(bundle));
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(":", ""));
    }

    /// To be read to each other over the phone: a word is five letters that can be spoken and
    /// stands for 16 bits, as a proquint does (D. Wilkerson, arXiv 0901.4016).
    public String words() {
        var bytes = bytes(hex);
        var words = new ArrayList<String>();
        for (var i = 0; i < WORDS; i++) {
            words.add(word((bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff));
        }
        return String.join("-", words);
    }

    private static String word(int bits) {
        return ""
                + CONSONANTS.charAt(bits >> 12 & 0xf)
                + VOWELS.charAt(bits >> 10 & 0x3)
                + CONSONANTS.charAt(bits >> 6 & 0xf)
                + VOWELS.charAt(bits >> 4 & 0x3)
                + CONSONANTS.charAt(bits & 0xf);
    }

    /// Is this what somebody wrote down, in digits or in words: all of it, whatever stands between
    /// and in either case.
    public boolean isSaidBy(String said) {
        var letters = said.toLowerCase(Locale.ROOT).replaceAll("[\\s:._-]", "");
        return letters.equals(hex.replace(":", "")) || letters.equals(words().replace("-", ""));
    }

    @Override
    public String toString() {
        return hex;
    }
}
