package dev.hansa.peering.store;

import java.io.ObjectInputFilter;

/// What this process takes as Java objects: the log's library hands a member's exceptions to the
/// caller so, and nothing else of ours is serialised. A class that does harm when it is read (JEP
/// 290) is refused before that.
public final class SerialFilter {
    /// An exception, its causes and their stack traces.
    private static final String PATTERN =
            "maxdepth=32;maxrefs=10000;maxarray=10000;maxbytes=1048576;"
                    + "org.apache.ratis.**;java.lang.**;java.io.**;java.util.*;"
                    + "java.util.concurrent.*;!*";

    static final ObjectInputFilter FILTER = ObjectInputFilter.Config.createFilter(PATTERN);

    private SerialFilter() {}

    /// Holds for the whole process from now on. What an operator has set with `jdk.serialFilter`
    /// stands.
    public static void install() {
        if (ObjectInputFilter.Config.getSerialFilter() == null) {
            ObjectInputFilter.Config.setSerialFilter(FILTER);
        }
    }
}
