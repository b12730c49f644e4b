package dev.hansa.peering.store;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.ratis.util.CodeInjectionForTesting;

/// Members of logs in this process that nobody hears and that hear nobody, as behind a link that
/// was cut in silence: what they ask of others, and others of them, for the log's sake is held
/// until they are joined again. By the library's own places for that, which all logs of a process
/// share; so names must differ.
final class CutMembers {
    private static final Set<String> CUT = new HashSet<>();

    static {
        for (var call : List.of("requestVote", "appendEntries", "installSnapshot")) {
            CodeInjectionForTesting.put("RaftServerImpl." + call, (to, from, _) -> held(to, from));
        }
    }

    private CutMembers() {}

    private static boolean held(Object to, Object from) {
        synchronized (CUT) {
            try {
                while (CUT.contains(String.valueOf(to)) || CUT.contains(String.valueOf(from))) {
                    CUT.wait();
                }
            } catch (InterruptedException e) {
                // the member is closed
                Thread.currentThread().interrupt();
            }
        }
        return true;
    }

    static void cut(String name) {
        synchronized (CUT) {
            CUT.add(name);
        }
    }

    /// What was held comes late.
    static void join(String name) {
        synchronized (CUT) {
            CUT.remove(name);
            CUT.notifyAll();
        }
    }
}
