package dev.hansa.peering.store;

import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.bootstrap.Seal;
import dev.hansa.bootstrap.SealException;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.bootstrap.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/// Seals each secret before it goes to the disk, with a key in a file of its own beside the
/// database, or kept elsewhere by the operator. A copy of the database alone then tells no secret;
/// whoever reads the whole data directory reads them all, unless the key is elsewhere.
final class SecretSeal {
    static final String FILE = "secrets.key";

    private final Seal seal;

    private SecretSeal(Seal seal) {
        this.seal = seal;
    }

    /// Fetches the key of a data directory, or makes one where there is no database yet and none is
    /// kept elsewhere.
    ///
    /// @throws StoreFailure when there is a database but not its key
    static SecretSeal open(SealKey key, Path dataDir, Path database) throws IOException {
        try {
            return new SecretSeal(key.load(dataDir.resolve(FILE), !Files.exists(database)));
        } catch (SealException e) {
            throw new StoreFailure(String.valueOf(e.getMessage()), e);
        }
    }

    Seal seal() {
        return seal;
    }

    /// Takes over the key of the datacenter's other servers, before anything was sealed.
    ///
    /// @throws StoreFailure when it is none
    static void take(Path dataDir, byte[] key) throws IOException {
        if (key.length != Seal.KEY_BYTES) {
            throw new StoreFailure(
                    "the datacenter's sealing key: expected "
                            + Seal.KEY_BYTES
                            + " bytes; found "
                            + key.length,
                    null);
        }
        OwnDisk.write(dataDir.resolve(FILE), key);
    }

    /// @param place where it is kept; not secret, and needed again to open it
    String seal(Secret secret, String place) {
        return Base64.getEncoder()
                .encodeToString(seal.seal(secret.value().getBytes(StandardCharsets.UTF_8), place));
    }

    /// @throws IllegalArgumentException when it was sealed with another key, for another place, or
    ///   not at all
    Secret open(String sealed, String place) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(sealed);
        } catch (IllegalArgumentException e) {
            // the decoder's message would show a character of what it was given
            throw seal.unopened(place);
        }
        return new Secret(new String(seal.open(bytes, place), StandardCharsets.UTF_8));
    }
}
