package dev.hansa.peering.store;

import dev.hansa.bootstrap.OwnDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where a server has all that it keeps.
final class DataDirectory {
    private DataDirectory() {}

    /// Makes it, its owner's alone; or takes what is there, as a volume's root that is another's.
    ///
    /// @throws StoreFailure when it is another's, and others may write to it
    static void take(Path dataDir) throws IOException {
        Files.createDirectories(dataDir);
        var found = OwnDisk.ownFolder(dataDir);
        if (found.isPresent()) {
            throw new StoreFailure(
                    "data directory '"
                            + dataDir
                            + "': expected one of this process's user, or one that others may not write to;"
                            + " found "
                            + found.get()
                            + ": name a folder in it",
                    null);
        }
    }
}
