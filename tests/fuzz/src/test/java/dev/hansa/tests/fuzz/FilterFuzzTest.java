package dev.hansa.tests.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.filter.Filter;
import dev.hansa.exportedservices.filter.InstanceFields;
import dev.hansa.exportedservices.filter.InvalidFilterException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class FilterFuzzTest {
    private static final ServiceInstance INSTANCE =
            new ServiceInstance(
                    new NodeRecord("", "n", "192.0.2.1", "eks", Map.of(), Map.of("zone", "a")),
                    "web-1",
                    "web",
                    ServiceKind.TYPICAL,
                    List.of("blue"),
                    "192.0.2.2",
                    80,
                    Map.of(),
                    Map.of("version", "v1"),
                    1,
                    1,
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    1,
                    1);

    @FuzzTest(maxDuration = "15s")
    void filterIsTakenOrRefused(byte[] bytes) {
        var text = new String(bytes, StandardCharsets.UTF_8);
        try {
            var filter = Filter.parse(text, InstanceFields.HEALTH);
            assertThat(filter.matches(INSTANCE)).isEqualTo(filter.matches(INSTANCE));
        } catch (InvalidFilterException refused) {
            assertThat(refused.sentence()).isNotBlank().doesNotContain("\n").hasSizeLessThan(1000);
        }
    }
}
