package dev.hansa.gateway.telemetry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.Doors;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;

/// `/health`, `/metrics` and `/connections` of a proxy, for its own operators. Reads only: there is
/// nothing here that a forged request could change.
public final class AdminServer {
    /// A request has no body and few headers.
    private static final int MAX_REQUEST = 8 * 1024;

    private static final int IDLE_SECONDS = 30;

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final Supplier<Map<String, Object>> health;
    private final PrometheusMeterRegistry metrics;
    private final ConnectionLog connections;

    public AdminServer(
            Supplier<Map<String, Object>> health,
            PrometheusMeterRegistry metrics,
            ConnectionLog connections) {
        this.health = health;
        this.metrics = metrics;
        this.connections = connections;
    }

    /// @throws IOException naming the address when it cannot be bound
    public Channel listen(Doors doors, InetSocketAddress address, Admission admission)
            throws IOException {
        return doors.open(
                address,
                admission,
                channel -> {
                    channel.pipeline()
                            .addLast(
                                    new ReadTimeoutHandler(IDLE_SECONDS),
                                    new HttpServerCodec(),
                                    new HttpObjectAggregator(MAX_REQUEST),
                                    new Answers());
                    channel.config().setAutoRead(true);
                });
    }

    private final class Answers extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request)
                throws JsonProcessingException {
            if (!request.method().equals(HttpMethod.GET)) {
                answer(
                        ctx,
                        HttpResponseStatus.METHOD_NOT_ALLOWED,
                        "text/plain",
                        "expected GET; found another method\n");
                return;
            }
            switch (request.uri().split("\\?", 2)[0]) {
                case "/health" -> {
                    var state = health.get();
                    answer(
                            ctx,
                            "passing".equals(state.get("status"))
                                    ? HttpResponseStatus.OK
                                    : HttpResponseStatus.SERVICE_UNAVAILABLE,
                            "application/json",
                            JSON.writerWithDefaultPrettyPrinter().writeValueAsString(state) + "\n");
                }
                case "/metrics" ->
                        answer(
                                ctx,
                                HttpResponseStatus.OK,
                                "text/plain; version=0.0.4; charset=utf-8",
                                metrics.scrape());
                case "/connections" ->
                        answer(ctx, HttpResponseStatus.OK, "application/json", rows());
                default ->
                        answer(
                                ctx,
                                HttpResponseStatus.NOT_FOUND,
                                "text/plain",
                                "expected /health, /metrics or /connections\n");
            }
        }

        private String rows() throws JsonProcessingException {
            var rows = JsonNodeFactory.instance.arrayNode();
            for (var record : connections.newest()) {
                rows.addObject()
                        .put("began", record.began().toString())
                        .put("ms", record.millis())
                        .put("listener", record.listener())
                        .put("service", record.service())
                        .put("sni", record.name())
                        .put("purpose", record.purpose())
                        .put("peer", record.peer())
                        .put("downstream", record.downstream())
                        .put("upstream", record.upstream())
                        .put("downstreamIn", record.downstreamIn())
                        .put("downstreamOut", record.downstreamOut())
                        .put("upstreamIn", record.upstreamIn())
                        .put("upstreamOut", record.upstreamOut())
                        .put("end", record.end())
                        .put("refusal", record.refusal())
                        .put("sentence", record.sentence());
            }
            return JSON.writeValueAsString(rows) + "\n";
        }

        private void answer(
                ChannelHandlerContext ctx, HttpResponseStatus status, String type, String body) {
            var response =
                    new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1,
                            status,
                            Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, type)
                    .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
                    .set("X-Content-Type-Options", "nosniff")
                    .set(HttpHeaderNames.CONNECTION, "close");
            ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
