package dev.hansa.cli;

import java.security.Security;

/// How long a process that runs for months believes what a name stood for.
final class NameLookups {
    /// In seconds. A pod that comes back has another address under its old name: by default the JVM
    /// would dial the old one for half a minute, and gRPC, which remembers by itself, for as long
    /// again. Names are looked up when something is dialed anew, which is seldom.
    private static final int REMEMBERED = 5;

    private static final String JVM = "networkaddress.cache.ttl";

    /// What an operator sets for the JVM by `HANSA_JAVA_OPTS`.
    private static final String ASKED_FOR = "sun.net.inetaddr.ttl";

    private NameLookups() {}

    /// For this process, before it looks up the first one.
    static void rememberBriefly() {
        var seconds = String.valueOf(Integer.getInteger(ASKED_FOR, REMEMBERED));
        if (Security.getProperty(JVM) == null) {
            Security.setProperty(JVM, seconds);
        }
        if (System.getProperty(JVM) == null) {
            // gRPC asks for a property of the system by the same name
            System.setProperty(JVM, seconds);
        }
    }
}
