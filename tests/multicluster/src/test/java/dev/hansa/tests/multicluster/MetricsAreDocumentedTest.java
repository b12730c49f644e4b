package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// An operator finds every metric in docs/OPERATIONS.md.
class MetricsAreDocumentedTest {
    static Stream<String> names() {
        return Stream.of(
                        dev.hansa.peering.telemetry.MetricNames.class,
                        dev.hansa.gateway.telemetry.MetricNames.class,
                        dev.hansa.kubernetes.telemetry.MetricNames.class)
                .flatMap(owner -> Arrays.stream(owner.getDeclaredFields()))
                .filter(field ->
                        Modifier.isStatic(field.getModifiers()) && field.getType() == String.class)
                .map(field -> {
                    try {
                        return (String) field.get(null);
                    } catch (IllegalAccessException e) {
                        throw new IllegalStateException(field + " is not public", e);
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("names")
    void metricHasARow(String name) throws IOException {
        var rows =
                Files.readAllLines(Checkout.ROOT.resolve("docs/OPERATIONS.md")).stream()
                        .filter(line -> line.startsWith("|"))
                        .toList();

        assertThat(rows).anySatisfy(row -> assertThat(row).contains("`" + name + "`"));
    }
}
