package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/// HTTP/1.1.
final class HttpWire extends Wire {
    private static final Pattern LENGTH =
            Pattern.compile("\r\nContent-Length: (\\d{1,6})\r\n", Pattern.CASE_INSENSITIVE);

    private final boolean keeps;

    HttpWire(InetAddress source, InetSocketAddress to, long deadline, boolean keeps)
            throws IOException {
        super(source, to, deadline);
        this.keeps = keeps;
    }

    @Override
    String ask(String number, long deadline) throws IOException {
        var request =
                "GET /"
                        + number
                        + " HTTP/1.1\r\nHost: web\r\n"
                        + (keeps ? "" : "Connection: close\r\n")
                        + "\r\n";
        write(request.getBytes(StandardCharsets.US_ASCII));
        var head = head(deadline);
        if (!head.startsWith("HTTP/1.1 200 ")) {
            throw new IOException("expected status 200; found " + head.lines().findFirst());
        }
        var length = LENGTH.matcher(head);
        if (!length.find()) {
            throw new IOException("answer: expected a Content-Length; found none");
        }
        var body = text(await(Integer.parseInt(length.group(1)), deadline));
        taken(body.length());
        return Answer.from(body, number);
    }

    private String head(long deadline) throws IOException {
        for (var wanted = 1; ; wanted = waiting() + 1) {
            var text = text(await(wanted, deadline));
            var end = text.indexOf("\r\n\r\n");
            if (end >= 0) {
                taken(end + 4);
                return text.substring(0, end + 2);
            }
        }
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.US_ASCII.decode(bytes).toString();
    }
}
