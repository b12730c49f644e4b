package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.ByteArrayInputStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class SharedAnswerTest {
    private static byte[] memory(Buffer buffer) {
        return ((BufferInternal) buffer).getByteBuf().array();
    }

    @Test
    void bytesAreInMemoryOnceHoweverManyAsk() throws Exception {
        var answer = new SharedAnswer("ä description");

        assertThat(memory(answer.plain())).isSameAs(memory(answer.plain()));
        assertThat(memory(answer.packed())).isSameAs(memory(answer.packed()));
        assertThat(answer.plain()).hasToString("ä description");
        try (var unpacked =
                new GZIPInputStream(new ByteArrayInputStream(answer.packed().getBytes()))) {
            assertThat(unpacked.readAllBytes()).isEqualTo(answer.plain().getBytes());
        }
    }

    @Test
    void descriptionOfTheApiIsMadeOnceInEachForm() {
        assertThat(OpenApi.shared().compact()).isSameAs(OpenApi.shared().compact());
        assertThat(OpenApi.shared().pretty()).isSameAs(OpenApi.shared().pretty());
        assertThat(OpenApi.shared().pretty().plain().length())
                .isGreaterThan(OpenApi.shared().compact().plain().length());
    }
}
