package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.wire.Transport;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// GET of a path: 2xx is well. One connection for all questions, for as long as the application
/// keeps it; an end of it that was not announced is told.
final class HttpQuestion implements Question {
    /// An answer that does not come is waited for again, so that an application that is stopped
    /// does not find a heap of questions; but not for ever, as it may be this connection alone.
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /// It ended the connection in place of an answer.
    private static final Answer DROPPED = new Answer.Bad("closed without an answer");

    private final Endpoint application;
    private final String path;
    private final Duration timeout;
    private final Transport transport;
    private final Runnable ended;
    private @Nullable Talk talk;

    /// @param ended called on a loop when a connection has ended unannounced
    HttpQuestion(
            Endpoint application,
            String path,
            Duration timeout,
            Transport transport,
            Runnable ended) {
        this.application = application;
        this.path = path;
        this.timeout = timeout;
        this.transport = transport;
        this.ended = ended;
    }

    @Override
    public Answer ask() throws InterruptedException {
        var deadline = System.nanoTime() + timeout.toNanos();
        var stood = talk != null && !talk.closed;
        var answer = answer(deadline);
        if (answer == DROPPED && stood) {
            // it may have taken the connection for idle while the question was on its way
            answer = answer(deadline);
        }
        return answer == DROPPED ? new Answer.Bad(application + ": " + answer.words()) : answer;
    }

    private Answer answer(long deadline) throws InterruptedException {
        var present = talk;
        if (present == null || present.closed && !present.outstanding) {
            present = new Talk(transport.loops().next());
            talk = present;
            present.begin();
        } else if (!present.outstanding) {
            present.request();
        }
        var answer = present.answers.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (answer == null) {
            if (System.nanoTime() - present.askedAt > PATIENCE.toNanos()) {
                close();
            }
            return new Answer.Silent(
                    "GET " + path + ": no answer within " + timeout.toMillis() + " ms");
        }
        present.outstanding = false;
        return answer;
    }

    @Override
    public void close() {
        var present = talk;
        talk = null;
        if (present != null) {
            present.close();
        }
    }

    /// One connection. What is said of the asking thread is its own; the rest happens on the loop.
    private final class Talk extends ChannelInboundHandlerAdapter {
        private final EventLoop loop;

        /// One answer for each question at most.
        private final BlockingQueue<Answer> answers = new ArrayBlockingQueue<>(1);

        /// Of the asking thread: an answer has not been taken yet.
        private boolean outstanding;

        private long askedAt;
        private volatile boolean closed;
        private volatile boolean unwanted;
        private @Nullable Channel channel;
        private boolean awaiting;
        private boolean announced;
        private String status = "";
        private boolean good;

        Talk(EventLoop loop) {
            this.loop = loop;
        }

        void begin() {
            outstanding = true;
            askedAt = System.nanoTime();
            transport.connect(
                    loop,
                    application,
                    timeout,
                    new HttpClientCodec(),
                    (reached, failure) -> {
                        awaiting = true;
                        if (failure != null) {
                            closed = true;
                            answer(
                                    failure instanceof ConnectTimeoutException
                                            ? new Answer.Silent(
                                                    application
                                                            + ": no connection within "
                                                            + timeout.toMillis()
                                                            + " ms")
                                            : new Answer.Bad(
                                                    application + ": " + failure.getMessage()));
                            return;
                        }
                        channel = reached;
                        reached.pipeline().addLast(this);
                        reached.config().setAutoRead(true);
                        if (unwanted) {
                            reached.close();
                        } else {
                            write(reached);
                        }
                    });
        }

        void request() {
            outstanding = true;
            askedAt = System.nanoTime();
            loop.execute(() -> {
                awaiting = true;
                if (channel == null || closed) {
                    answer(DROPPED);
                } else {
                    write(channel);
                }
            });
        }

        private void write(Channel to) {
            var request =
                    new DefaultFullHttpRequest(
                            HttpVersion.HTTP_1_1, HttpMethod.GET, path, Unpooled.EMPTY_BUFFER);
            request.headers()
                    .set(HttpHeaderNames.HOST, application.toString())
                    .set(HttpHeaderNames.USER_AGENT, "hansa-check");
            to.writeAndFlush(request)
                    .addListener(written -> {
                        if (!written.isSuccess()) {
                            answer(DROPPED);
                            to.close();
                        }
                    });
        }

        private void answer(Answer heard) {
            if (awaiting) {
                awaiting = false;
                answers.offer(heard);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                if (message instanceof HttpResponse response) {
                    status = response.status().codeAsText().toString();
                    good = response.status().codeClass() == HttpStatusClass.SUCCESS;
                    announced =
                            !HttpUtil.isKeepAlive(response) || response.decoderResult().isFailure();
                }
                if (message instanceof LastHttpContent last) {
                    answer(
                            last.decoderResult().isFailure()
                                    ? new Answer.Bad("GET " + path + ": expected HTTP")
                                    : good
                                            ? new Answer.Good("GET " + path + ": " + status)
                                            : new Answer.Bad("GET " + path + ": " + status));
                    if (announced) {
                        ctx.close();
                    }
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                ctx.close();
            }
            ctx.fireUserEventTriggered(event);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            closed = true;
            answer(DROPPED);
            if (!announced && !unwanted) {
                ended.run();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }

        void close() {
            unwanted = true;
            loop.execute(() -> {
                if (channel != null) {
                    channel.close();
                }
            });
        }
    }
}
