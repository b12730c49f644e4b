package dev.hansa.benchmarks.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(0);
    private static final Rival HANSA = new Rival("hansa", "default", ANY, List.of("x"));
    private static final Rival NGINX = new Rival("nginx", "tuned", ANY, List.of("x"));

    private static JsonNode figures() throws JsonProcessingException {
        var results = new Results();
        for (var cost : List.of(2.0, 3.0, 4.0)) {
            results.add(HANSA, "bulk", cost, 0);
            results.add(NGINX, "bulk", cost * 2, 1);
        }
        results.add(HANSA, "idle_kb_per_connection", 1000, 1.5, 0);
        results.addAbsent(HANSA, "tls_resume", "sidecars resume nothing");
        return new ObjectMapper()
                .readTree(
                        new ObjectMapper()
                                .writeValueAsString(
                                        Map.of(
                                                "results",
                                                results.rows(),
                                                "ratios",
                                                results.ratios(HANSA, List.of(NGINX)),
                                                "pinning",
                                                "none")));
    }

    @Test
    void resultsHaveMedianExtremesUnitAndFailures() throws JsonProcessingException {
        var row = figures().path("results").path(1);

        assertThat(row.path("proxy").asText()).isEqualTo("nginx");
        assertThat(row.path("config").asText()).isEqualTo("tuned");
        assertThat(row.path("median").asDouble()).isEqualTo(6);
        assertThat(row.path("min").asDouble()).isEqualTo(4);
        assertThat(row.path("max").asDouble()).isEqualTo(8);
        assertThat(row.path("unit").asText()).isEqualTo("s/GB");
        assertThat(row.path("failed").asInt()).isEqualTo(3);
    }

    @Test
    void ratiosHaveAnEntryForEachPeerAndConfiguration() throws JsonProcessingException {
        var ratio = figures().path("ratios").path("bulk").path("nginx/tuned");

        assertThat(ratio.path("ratio").asDouble()).isEqualTo(0.5);
        assertThat(ratio.path("lo").asDouble()).isEqualTo(0.5);
        assertThat(ratio.path("hi").asDouble()).isEqualTo(0.5);
    }

    @Test
    void tablesSayTheSameAsTheFigures() throws JsonProcessingException {
        assertThat(Report.tables(figures()))
                .contains("| hansa / peer | nginx/tuned |")
                .contains("| `bulk` | 0.50 (0.50 to 0.50) |")
                .contains("| `bulk`, s/GB | 3 (2 to 4) | 6 (4 to 8) |")
                .contains("| `idle_kb_per_connection` at 1000, KB | 1.50 |  |");
    }

    @Test
    void whatThereIsNotIsNullWithTheReason() throws JsonProcessingException {
        var row = figures().path("results").path(3);

        assertThat(row.path("metric").asText()).isEqualTo("tls_resume");
        assertThat(row.path("median").isNull()).isTrue();
        assertThat(row.path("why").asText()).isEqualTo("sidecars resume nothing");
        assertThat(Report.tables(figures())).contains("| `tls_resume`, µs | none |  |");
    }

    @Test
    void chartHasABarForEachRatio() throws JsonProcessingException {
        assertThat(Report.chart(figures()))
                .startsWith("<svg ")
                .endsWith("</svg>\n")
                .contains(">bulk</text>", ">nginx/tuned</text>", ">0.50</text>", "pinning: none");
    }
}
