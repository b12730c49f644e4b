package dev.hansa.benchmarks;

import java.util.Arrays;
import java.util.List;

/// Medians and the like of what was measured.
public final class Figures {
    private Figures() {}

    public static double median(List<Double> values) {
        return quantile(values, 0.5);
    }

    /// The smallest value that at least this part of all values do not exceed (nearest rank).
    ///
    /// @throws IllegalArgumentException when there are no values
    public static double quantile(List<Double> values, double part) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("expected a measured value; found none");
        }
        var sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        var rank = (int) Math.ceil(part * sorted.length);
        return sorted[Math.max(rank, 1) - 1];
    }
}
