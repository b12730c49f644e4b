package dev.hansa.benchmarks.gateway;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// How one proxy's cost stands to another's, when both were measured in the same rounds: the median
/// of the rounds' ratios, and the interval in which it falls in 95 of 100 of the samples that can
/// be drawn from them (bootstrap).
///
/// @param lo where the interval begins
/// @param hi where it ends
public record Ratios(double ratio, double lo, double hi) {
    private static final int SAMPLES = 10_000;

    /// The same figures give the same interval.
    private static final long SEED = 8;

    /// @throws IllegalArgumentException when there are not as many rounds of one as of the other,
    ///   or none
    public static Ratios of(List<Double> ours, List<Double> theirs) {
        if (ours.size() != theirs.size() || ours.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected as many rounds of both; found "
                            + ours.size()
                            + " and "
                            + theirs.size());
        }
        var ratios = new double[ours.size()];
        for (var i = 0; i < ratios.length; i++) {
            ratios[i] = ours.get(i) / theirs.get(i);
        }
        var random = new Random(SEED);
        var medians = new double[SAMPLES];
        var sample = new double[ratios.length];
        for (var i = 0; i < SAMPLES; i++) {
            for (var j = 0; j < sample.length; j++) {
                sample[j] = ratios[random.nextInt(ratios.length)];
            }
            medians[i] = median(sample);
        }
        Arrays.sort(medians);
        return new Ratios(
                median(ratios), medians[(int) (SAMPLES * 0.025)], medians[(int) (SAMPLES * 0.975)]);
    }

    /// Of an even number, the mean of the middle two.
    static double median(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        var middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    static double median(List<Double> values) {
        return median(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    public Map<String, Object> json() {
        var json = new LinkedHashMap<String, Object>();
        json.put("ratio", rounded(ratio));
        json.put("lo", rounded(lo));
        json.put("hi", rounded(hi));
        return json;
    }

    /// To four digits that count.
    static double rounded(double value) {
        return value == 0 || !Double.isFinite(value)
                ? value
                : new java.math.BigDecimal(value).round(new java.math.MathContext(4)).doubleValue();
    }
}
