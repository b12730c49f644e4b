package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    private final List<String> lines = new ArrayList<>();

    @Test
    void emptyLinesAreDroppedAndReadingEndsWhenItHasEnough() throws IOException {
        var text = "a\n\n\nb\nc\n".getBytes(StandardCharsets.UTF_8);

        LogLines.read(
                new ByteArrayInputStream(text),
                LogLines.SILENCE,
                line -> {
                    lines.add(line);
                    return !line.equals("b");
                });

        assertThat(lines).containsExactly("a", "b");
    }

    @Test
    void serverThatIsSilentForLongIsGone() throws Exception {
        var here = InetAddress.getLoopbackAddress();
        try (var listener = new ServerSocket(0, 1, here);
                var near = new Socket(here, listener.getLocalPort());
                var far = listener.accept()) {
            far.getOutputStream().write("a\n".getBytes(StandardCharsets.UTF_8));

            assertThatThrownBy(() ->
                            LogLines.read(
                                    near.getInputStream(), Duration.ofMillis(200), lines::add))
                    .isInstanceOf(IOException.class)
                    .hasMessage("nothing for 0 s");
        }
        assertThat(lines).containsExactly("a");
    }
}
