package dev.hansa.cli;

import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.LongConsumer;

/// Bytes that go by, counted.
final class Counted {
    private Counted() {}

    /// @param seen how many bytes have come so far
    static <T> BodySubscriber<T> received(BodySubscriber<T> body, LongConsumer seen) {
        return new BodySubscriber<>() {
            private long bytes;

            @Override
            public CompletionStage<T> getBody() {
                return body.getBody();
            }

            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                body.onSubscribe(subscription);
            }

            @Override
            public void onNext(List<ByteBuffer> buffers) {
                bytes += buffers.stream().mapToLong(ByteBuffer::remaining).sum();
                seen.accept(bytes);
                body.onNext(buffers);
            }

            @Override
            public void onError(Throwable problem) {
                body.onError(problem);
            }

            @Override
            public void onComplete() {
                body.onComplete();
            }
        };
    }

    /// @param seen how many bytes have gone so far
    static BodyPublisher sent(BodyPublisher body, LongConsumer seen) {
        return new BodyPublisher() {
            @Override
            public long contentLength() {
                return body.contentLength();
            }

            @Override
            public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
                body.subscribe(new Sent(subscriber, seen));
            }
        };
    }

    private static final class Sent implements Flow.Subscriber<ByteBuffer> {
        private final Flow.Subscriber<? super ByteBuffer> subscriber;
        private final LongConsumer seen;
        private long bytes;

        Sent(Flow.Subscriber<? super ByteBuffer> subscriber, LongConsumer seen) {
            this.subscriber = subscriber;
            this.seen = seen;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscriber.onSubscribe(subscription);
        }

        @Override
        public void onNext(ByteBuffer buffer) {
            bytes += buffer.remaining();
            seen.accept(bytes);
            subscriber.onNext(buffer);
        }

        @Override
        public void onError(Throwable problem) {
            subscriber.onError(problem);
        }

        @Override
        public void onComplete() {
            subscriber.onComplete();
        }
    }
}
