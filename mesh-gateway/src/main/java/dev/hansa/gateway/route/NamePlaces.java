package dev.hansa.gateway.route;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How many connections there are to each name, so that those to one leave places to the others. A
/// row for each name that has any. Safe for all event loops.
public final class NamePlaces {
    private final int most;
    private final Map<String, Integer> taken = new ConcurrentHashMap<>();

    /// @param most to one name
    public NamePlaces(int most) {
        this.most = most;
    }

    /// @return false: there is none
    public boolean take(String name) {
        if (taken.merge(name, 1, Integer::sum) <= most) {
            return true;
        }
        giveBack(name);
        return false;
    }

    public void giveBack(String name) {
        taken.computeIfPresent(name, (_, count) -> count == 1 ? null : count - 1);
    }

    /// What is said to whoever gets none.
    public String sentence(String name) {
        return "expected at most " + most + " connections to '" + name + "'";
    }
}
