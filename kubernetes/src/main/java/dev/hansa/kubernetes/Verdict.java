package dev.hansa.kubernetes;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What is to be said of an object in its status.
///
/// @param synced whether the server has what the object says
/// @param ready whether it works too
/// @param fields beside the conditions; null values are taken out
/// @param written whether something was written for it just now
record Verdict(Word synced, Word ready, Map<String, Object> fields, boolean written) {
    private static final int MAX_MESSAGE = 4000;

    /// A peering's, as it was known before.
    private static final Map<String, Object> NO_STATE = Map.of("state", "");

    Verdict {
        fields = Map.copyOf(fields);
    }

    /// @param status `True`, `False` or `Unknown`
    /// @param reason in one word
    record Word(String status, String reason, String message) {
        static Word yes(String reason, String message) {
            return new Word("True", reason, message);
        }

        static Word no(String reason, String message) {
            return new Word("False", reason, message);
        }
    }

    static Verdict synced(String message, Map<String, Object> fields, boolean written) {
        var word = Word.yes("Synced", message);
        return new Verdict(word, word, fields, written);
    }

    static Verdict refused(String reason, String message) {
        var word = Word.no(reason, message);
        return new Verdict(word, word, NO_STATE, false);
    }

    /// What the server has it did not say.
    static Verdict unknown(String reason, String message) {
        var word = new Word("Unknown", reason, message);
        return new Verdict(word, word, NO_STATE, false);
    }

    /// The status with this in it. Times move only when something has changed.
    Map<String, Object> on(Map<String, Object> before, long generation, Instant now) {
        var status = new LinkedHashMap<>(before);
        var old = new HashMap<String, Map<?, ?>>();
        if (before.get("conditions") instanceof List<?> list) {
            for (var one : list) {
                if (one instanceof Map<?, ?> condition) {
                    old.put(String.valueOf(condition.get("type")), condition);
                }
            }
        }
        var conditions = new ArrayList<Map<String, Object>>();
        conditions.add(condition("Synced", synced, old, generation, now));
        conditions.add(condition("Ready", ready, old, generation, now));
        status.put("conditions", conditions);
        status.put("observedGeneration", generation);
        var wrong = synced.status().equals("True") ? ready : synced;
        if (!wrong.status().equals("True")) {
            status.put("lastError", cut(wrong.message()));
        } else {
            status.remove("lastError");
        }
        fields.forEach((key, value) -> {
            if (value.equals("")) {
                status.remove(key);
            } else {
                status.put(key, value);
            }
        });
        if (written) {
            status.put("lastSyncedTime", moment(now));
        }
        return status;
    }

    private static Map<String, Object> condition(
            String type, Word word, Map<String, Map<?, ?>> old, long generation, Instant now) {
        var before = old.getOrDefault(type, Map.of());
        var condition = new LinkedHashMap<String, Object>();
        condition.put("type", type);
        condition.put("status", word.status());
        condition.put("observedGeneration", generation);
        condition.put(
                "lastTransitionTime",
                word.status().equals(before.get("status"))
                        ? Objects.requireNonNullElse(before.get("lastTransitionTime"), moment(now))
                        : moment(now));
        condition.put("reason", word.reason());
        condition.put("message", cut(word.message()));
        return condition;
    }

    private static String cut(String message) {
        return message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) + "…" : message;
    }

    /// As Kubernetes writes moments.
    static String moment(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
