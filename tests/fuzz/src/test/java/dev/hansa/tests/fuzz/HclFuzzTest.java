package dev.hansa.tests.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.configentry.ParsedEntry;
import dev.hansa.peering.hcl.HclException;
import dev.hansa.peering.hcl.HclReader;
import java.nio.charset.StandardCharsets;

class HclFuzzTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @FuzzTest(maxDuration = "15s")
    void hclIsTakenOrRefused(byte[] bytes) throws JsonProcessingException {
        var text = new String(bytes, StandardCharsets.UTF_8);
        try {
            var read = HclReader.read(text);
            assertThat(depth(read)).isLessThanOrEqualTo(HclReader.MAX_DEPTH + 1);
            assertThat(JSON.readTree(read.toString())).isEqualTo(read);
        } catch (HclException refused) {
            assertThat(refused.sentence()).isNotBlank().doesNotContain("\n").hasSizeLessThan(1000);
            assertThat(refused.line()).isPositive();
            assertThat(refused.column()).isPositive();
        }
        if (ConfigEntries.parse(text) instanceof ParsedEntry.Invalid(var sentence, var status)) {
            assertThat(sentence).isNotBlank().doesNotContain("\n");
            assertThat(status).isIn(400, 500);
        }
    }

    private static int depth(JsonNode node) {
        var deepest = 0;
        for (var item : node) {
            deepest = Math.max(deepest, depth(item));
        }
        return node.isContainerNode() ? deepest + 1 : 0;
    }
}
