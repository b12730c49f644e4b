package dev.hansa.peering.stream;

import io.vertx.core.MultiMap;
import java.util.Optional;
import java.util.regex.Pattern;

/// What one side of a stream says of itself beyond Consul, as gRPC metadata both ways: a list of
/// words separated by commas. A peer that does not know it ignores it, and says nothing.
///
/// @param pings takes HTTP/2 pings at any time
/// @param largest bytes of the largest message that it takes, if it says so
record Capabilities(boolean pings, Optional<Integer> largest) {
    private static final String HEADER = "hansa-capabilities";
    private static final String PINGS = "pings";
    private static final Pattern MESSAGE = Pattern.compile("message=([0-9]{1,9})");

    static void announce(MultiMap headers, int largest) {
        headers.set(HEADER, PINGS + ", message=" + largest);
    }

    static Capabilities of(MultiMap headers) {
        var pings = false;
        Optional<Integer> largest = Optional.empty();
        for (var list : headers.getAll(HEADER)) {
            for (var text : list.split(",", -1)) {
                var word = text.strip();
                pings |= word.equals(PINGS);
                var message = MESSAGE.matcher(word);
                if (message.matches()) {
                    largest = Optional.of(Integer.valueOf(message.group(1)));
                }
            }
        }
        return new Capabilities(pings, largest);
    }

    boolean isHansa() {
        return pings;
    }
}
