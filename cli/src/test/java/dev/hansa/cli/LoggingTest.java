package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class LoggingTest {
    private final Logging logging = new Logging();

    @BeforeEach
    void initialize() {
        logging.initialize();
    }

    @Test
    void memberThatIsAwayIsNoLineForEachAttemptToReachIt() {
        var appender = logger("org.apache.ratis.grpc.server.GrpcLogAppender");

        assertThat(appender.isWarnEnabled()).isFalse();
        assertThat(appender.isErrorEnabled()).isTrue();
    }

    @Test
    void librariesWarnAndHansaTellsWhatHappens() {
        var library = logger("org.apache.ratis.server.RaftServer");

        assertThat(library.isWarnEnabled()).isTrue();
        assertThat(library.isInfoEnabled()).isFalse();
        assertThat(logger("dev.hansa.peering").isInfoEnabled()).isTrue();
    }

    private Logger logger(String name) {
        return logging.getLoggerFactory().getLogger(name);
    }
}
