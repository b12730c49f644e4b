package dev.hansa.kubernetes.catalog;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What annotations or labels say, under our prefix and under Consul's; ours wins.
///
/// @param all as an object has them
public record Marks(Map<String, String> all) {
    static final String OURS = "hansa.dev/";
    private static final String CONSULS = "consul.hashicorp.com/";
    private static final String META = "service-meta-";

    /// Empty when there is none.
    String text(String name) {
        return all.getOrDefault(OURS + name, all.getOrDefault(CONSULS + name, "")).strip();
    }

    boolean isTrue(String name) {
        return text(name).equals("true");
    }

    /// What stands between commas.
    List<String> list(String name) {
        return Arrays.stream(text(name).split(","))
                .map(String::strip)
                .filter(one -> !one.isEmpty())
                .toList();
    }

    /// What is said of a service besides, by key.
    Map<String, String> meta() {
        var meta = new TreeMap<String, String>();
        for (var prefix : List.of(CONSULS + META, OURS + META)) {
            all.forEach((key, value) -> {
                if (key.startsWith(prefix) && key.length() > prefix.length()) {
                    meta.put(key.substring(prefix.length()), value);
                }
            });
        }
        return meta;
    }

    /// Those of these prefixes alone: the rest may be large, and is nobody's business here.
    public static Map<String, String> own(Map<String, String> all) {
        var own = new TreeMap<String, String>();
        all.forEach((key, value) -> {
            if (key.startsWith(OURS) || key.startsWith(CONSULS)) {
                own.put(key, value);
            }
        });
        return own;
    }
}
