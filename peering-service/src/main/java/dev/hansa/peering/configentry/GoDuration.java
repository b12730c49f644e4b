package dev.hansa.peering.configentry;

import dev.hansa.bootstrap.ForeignText;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/// Durations as Consul writes them: `1h30m`, `250ms`, `1.5s`.
public final class GoDuration {
    private static final Pattern WHOLE =
            Pattern.compile("[-+]?(\\d+(\\.\\d+)?(ns|us|µs|ms|s|m|h))+");
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h)");

    /// Above this a count of nanoseconds does not fit in Go's 64 bits, nor in anybody's plans.
    private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

    /// Longer text is no duration, and numbers of any length cost time to read.
    private static final int MAX_CHARACTERS = 64;

    private static final Map<String, Long> NANOS =
            Map.of(
                    "ns", 1L,
                    "us", 1_000L,
                    "µs", 1_000L,
                    "ms", 1_000_000L,
                    "s", 1_000_000_000L,
                    "m", 60_000_000_000L,
                    "h", 3_600_000_000_000L);

    private GoDuration() {}

    /// @throws IllegalArgumentException when the text is not a duration, saying what one is
    public static Duration parse(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        if (text.length() <= MAX_CHARACTERS && WHOLE.matcher(text).matches()) {
            var sum = BigDecimal.ZERO;
            var parts = PART.matcher(text);
            while (parts.find()) {
                var unit = NANOS.getOrDefault(parts.group(2), 0L);
                sum = sum.add(new BigDecimal(parts.group(1)).multiply(BigDecimal.valueOf(unit)));
            }
            if (sum.compareTo(MOST) <= 0) {
                var nanos = Duration.ofNanos(sum.longValue());
                return text.startsWith("-") ? nanos.negated() : nanos;
            }
        }
        throw new IllegalArgumentException(
                "expected a duration such as 250ms, 10s or 1h30m; found '"
                        + ForeignText.shown(text)
                        + "'");
    }

    /// In the form that Go prints: hours, minutes, then seconds with a fraction; below a second in
    /// the largest unit that fits.
    public static String format(Duration duration) {
        var nanos = duration.abs().toNanos();
        var sign = duration.isNegative() ? "-" : "";
        if (nanos == 0) {
            return "0s";
        }
        if (nanos < 1_000) {
            return sign + nanos + "ns";
        }
        if (nanos < 1_000_000) {
            return sign + decimal(nanos, 3) + "µs";
        }
        if (nanos < 1_000_000_000) {
            return sign + decimal(nanos, 6) + "ms";
        }
        var hours = nanos / 3_600_000_000_000L;
        var minutes = nanos / 60_000_000_000L % 60;
        var text = new StringBuilder(sign);
        if (hours > 0) {
            text.append(hours).append('h');
        }
        if (hours > 0 || minutes > 0) {
            text.append(minutes).append('m');
        }
        return text.append(decimal(nanos % 60_000_000_000L, 9)).append('s').toString();
    }

    private static String decimal(long nanos, int shift) {
        return nanos == 0
                ? "0"
                : BigDecimal.valueOf(nanos, shift).stripTrailingZeros().toPlainString();
    }
}
