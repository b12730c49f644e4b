package dev.hansa.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SealKeyTest {
    private static final byte[] TEXT = "the text".getBytes(StandardCharsets.UTF_8);
    private static final byte[] KEY =
            "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final String ENCODED = Base64.getEncoder().encodeToString(KEY);

    @TempDir Path folder;

    /// As an operator's own would be.
    public static final class Vault implements SealKeyProvider {
        @Override
        public String scheme() {
            return "vault";
        }

        @Override
        public byte[] key(String reference) throws IOException {
            if (!reference.equals("//keys/hansa")) {
                throw new IOException("the vault: expected a key that it has; found none");
            }
            return KEY.clone();
        }
    }

    private Path file() {
        return folder.resolve("seal.key");
    }

    private static SealKey read(String text) throws InvalidConfigException {
        var settings = Settings.of(Map.of("seal.key", text), Map.of(), Optional.empty());
        var key = SealKey.read(settings);
        settings.finish();
        return key;
    }

    private Seal load(String text) throws Exception {
        return read(text).load(file(), false, Map.of("SEAL", ENCODED + "\n", "SHORT", "c2hvcnQ="));
    }

    @Test
    void keyIsMadeOnceAndIsItsOwnersAlone() throws Exception {
        var made = SealKey.IN_DATA_DIR.load(file(), true);
        var found = SealKey.IN_DATA_DIR.load(file(), true);

        assertThat(found.open(made.seal(TEXT, "here"), "here")).isEqualTo(TEXT);
        assertThat(Files.size(file())).isEqualTo(Seal.KEY_BYTES);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    @Test
    void keyIsNotMadeWhereSomethingIsSealedAlready() {
        assertThatThrownBy(() -> SealKey.IN_DATA_DIR.load(file(), false))
                .isInstanceOf(SealException.class)
                .hasMessageContaining("'" + file() + "': expected the key")
                .hasMessageContaining("found no such file");
        assertThat(file()).doesNotExist();
    }

    @Test
    void sameKeyComesFromEachPlaceThatAnOperatorMayName() throws Exception {
        Files.write(folder.resolve("raw"), KEY);
        Files.writeString(folder.resolve("text"), ENCODED + "\n");
        var sealed = load("file:" + folder.resolve("raw")).seal(TEXT, "here");

        for (var place :
                new String[] {"file:" + folder.resolve("text"), "env:SEAL", "vault://keys/hansa"}) {
            assertThat(load(place).open(sealed, "here")).as(place).isEqualTo(TEXT);
        }
        assertThat(file()).doesNotExist();
    }

    @Test
    void sealedTextOpensOnlyAtItsPlaceAndWithItsKey() throws Exception {
        var seal = load("env:SEAL");
        var sealed = seal.seal(TEXT, "here");

        assertThat(sealed).hasSize(12 + TEXT.length + 16);
        assertThat(seal.seal(TEXT, "here")).isNotEqualTo(sealed);
        assertRefused(seal, sealed, "there");
        for (var i = 0; i < sealed.length; i++) {
            var altered = sealed.clone();
            altered[i] ^= 1;
            assertRefused(seal, altered, "here");
            assertRefused(seal, Arrays.copyOf(sealed, i), "here");
        }
        var other = SealKey.IN_DATA_DIR.load(file(), true);
        assertRefused(other, sealed, "here");
        assertThat(other.digest()).isNotEqualTo(seal.digest());
        assertThat(load("vault://keys/hansa").digest()).isEqualTo(seal.digest());
    }

    private static void assertRefused(Seal seal, byte[] sealed, String place) {
        assertThatThrownBy(() -> seal.open(sealed, place))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("secret of '" + place + "': expected one sealed with the ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"env:MISSING", "env:SHORT", "file:/nowhere/key", "file:/etc", "other:x"})
    void whatIsNoKeyIsNamed(String place) {
        assertThatThrownBy(() -> load(place))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected")
                .hasMessageNotContaining("short");
    }

    @ParameterizedTest
    @ValueSource(strings = {":x", "env:", "c2VjcmV0c2VjcmV0", "C:\\key", "key"})
    void settingThatNamesNoPlaceIsRefusedAndNotShown(String text) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("seal.key: expected where the key is")
                .hasMessageNotContaining(text + "'");
    }

    @Test
    void keyThatWasPastedIntoAFileWithSomethingElseIsNotShown() throws Exception {
        Files.writeString(folder.resolve("wrong"), "key=" + ENCODED);

        assertThatThrownBy(() -> load("file:" + folder.resolve("wrong")))
                .isInstanceOf(SealException.class)
                .hasMessageContaining(
                        "'" + folder.resolve("wrong") + "': expected a key of 32 bytes")
                .hasMessageNotContaining(ENCODED);
    }
}
