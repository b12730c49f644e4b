package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.wire.ReplicationMessage;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// What waits for a peer, and what waits of it, is bounded in bytes, not in messages alone.
class AnswersTest extends RawCaller {
    private static final int LONG = 60_000;

    /// A short goodbye.
    @Override
    StreamTimes times() {
        return new StreamTimes(SOON, SOON, SOON, Duration.ofSeconds(1), SOON, SOON, SOON);
    }

    private static ReplicationMessage ofBytes(int bytes) {
        return ReplicationMessage.newBuilder()
                .setRequest(
                        ReplicationMessage.Request.newBuilder().setResourceURL("x".repeat(bytes)))
                .build();
    }

    @Test
    void answersAreTakenUpToTheirBytes() {
        var message = ofBytes(LONG);
        var most = 2 * (message.getSerializedSize() + 256);
        var answers = new Answers(most);
        answers.add(message);
        answers.add(message);
        answers.addOnce(message);
        assertThat(answers.tooMany()).isEmpty();

        answers.add(message);
        assertThat(answers.tooMany())
                .contains(
                        "the peer does not read: expected at most "
                                + most
                                + " bytes of answers unwritten (peer.max-pending); found "
                                + most / 2 * 3);
        assertThat(answers.poll()).contains(message);
        assertThat(answers.tooMany()).isEmpty();
        answers.poll();
        answers.poll();
        assertThat(answers.poll()).isEqualTo(Optional.empty());
    }

    @Test
    void messagesThatComeInAreTakenUpToTheirBytesAndOneMore() throws Exception {
        var mailbox = new Mailbox();
        mailbox.received(ofBytes(LONG));
        assertThat(mailbox.hasRoom(LONG)).isFalse();
        assertThat(mailbox.hasRoom(2 * LONG)).isTrue();

        mailbox.take(System.nanoTime());
        assertThat(mailbox.hasRoom(LONG)).isTrue();
        for (var i = 0; i < Mailbox.CREDITS; i++) {
            assertThat(mailbox.hasRoom(LONG)).isTrue();
            mailbox.received(ofBytes(1));
        }
        assertThat(mailbox.hasRoom(LONG)).isFalse();
    }

    /// The peer chooses how long its answers are: each repeats what it is for. It has not read what
    /// it was told of it either, so that its connection is dropped in the end.
    @Test
    void peerThatAsksForLongAnswersAndReadsNoneIsLeft() throws Exception {
        var stream = opened();
        // the first fill what a caller's side takes in by itself, by number; the others by bytes
        for (var i = 0; i < 300; i++) {
            stream.channel()
                    .write(
                            ReplicationMessage.newBuilder()
                                    .setResponse(
                                            ReplicationMessage.Response.newBuilder()
                                                    .setNonce("00000001")
                                                    .setResourceURL("x".repeat(i < 100 ? 1 : LONG))
                                                    .setResource(Any.getDefaultInstance()))
                                    .build());
        }

        Awaitility.await()
                .atMost(SOON)
                .until(() ->
                        eks.events.stream()
                                .anyMatch(event ->
                                        event instanceof PeeringEvent.StreamEnded(_, var reason)
                                                && reason.startsWith(
                                                        "the peer does not read: expected at most "
                                                                + PeerLimits.PENDING)));
        Awaitility.await().atMost(SOON).until(stream.mailbox()::isBroken);
    }
}
