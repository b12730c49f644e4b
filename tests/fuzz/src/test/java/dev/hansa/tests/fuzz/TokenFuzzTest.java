package dev.hansa.tests.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hansa.token.TokenForm;
import dev.hansa.token.TokenReader;
import dev.hansa.token.TokenReading;
import dev.hansa.token.TokenTerms;
import dev.hansa.trustbundle.Datacenter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TokenFuzzTest {
    /// While the seeds' certificates and the signed one itself are good.
    private static final Instant NOW = Instant.parse("2026-11-23T05:13:38Z");

    private static final TokenTerms TERMS = TokenTerms.of(new Datacenter("lke"));

    private static TokenReading read(byte[] bytes) {
        return new TokenReader().read(new String(bytes, StandardCharsets.UTF_8), NOW, TERMS);
    }

    /// A seed that is refused at its first byte would lead nowhere.
    @ParameterizedTest
    @EnumSource(TokenForm.class)
    void seedsAreGoodTokens(TokenForm form) throws IOException {
        var seed = "TokenFuzzTestInputs/tokenIsTakenOrRefusedWithAReason/" + form;
        try (var file = Objects.requireNonNull(getClass().getResourceAsStream(seed))) {
            assertThat(read(file.readAllBytes())).isInstanceOf(TokenReading.Accepted.class);
        }
    }

    @FuzzTest(maxDuration = "15s")
    void tokenIsTakenOrRefusedWithAReason(byte[] bytes) {
        switch (read(bytes)) {
            case TokenReading.Accepted(var token, var fingerprint, _) -> {
                assertThat(
                                token.serverAddresses().isEmpty()
                                        && token.manualServerAddresses().isEmpty())
                        .isFalse();
                assertThat(token.caPems()).isNotEmpty();
                assertThat(fingerprint.toString()).isNotEmpty();
            }
            case TokenReading.Rejected(var rejection) ->
                    // a sentence for a terminal, whatever was in the token
                    assertThat(rejection.sentence())
                            .hasSizeLessThan(2048)
                            .doesNotContainPattern("\\p{Cntrl}");
        }
    }
}
