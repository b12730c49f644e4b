package dev.hansa.shop;

import com.sun.net.httpserver.HttpServer;
import dev.hansa.shop.wire.CartItem;
import dev.hansa.shop.wire.GetQuoteRequest;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// A client of shippingservice that can be asked from a terminal: `GET /quote` answers with the
/// price and the datacenter that named it, or with the failure.
final class QuoteProbe implements ShopService {
    static final int PORT = 8081;

    private final HttpServer server;
    private final Upstream shipping;
    private final ExecutorService requests;

    private record Reply(int status, String text) {}

    private QuoteProbe(HttpServer server, Upstream shipping, ExecutorService requests) {
        this.server = server;
        this.shipping = shipping;
        this.requests = requests;
    }

    static ShopService start(ShopEnvironment environment) throws IOException {
        var shipping =
                new Upstream(
                        "shippingservice",
                        environment.upstream("SHIPPING_SERVICE_ADDR", "127.0.0.1:50051"));
        var server = HttpServer.create(environment.listen(PORT), 0);
        var probe = new QuoteProbe(server, shipping, Executors.newVirtualThreadPerTaskExecutor());
        server.setExecutor(probe.requests);
        server.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        var reply =
                                switch (exchange.getRequestURI().getPath()) {
                                    case "/quote" -> probe.quote();
                                    case "/_healthz" -> new Reply(200, "ok");
                                    default -> new Reply(404, "expected /quote");
                                };
                        var body = (reply.text() + "\n").getBytes(StandardCharsets.UTF_8);
                        exchange.getResponseHeaders()
                                .set("Content-Type", "text/plain; charset=utf-8");
                        exchange.sendResponseHeaders(reply.status(), body.length);
                        exchange.getResponseBody().write(body);
                    }
                });
        server.start();
        return probe;
    }

    private Reply quote() {
        try {
            var answer =
                    shipping.call(
                            ShopRpc.GET_QUOTE,
                            GetQuoteRequest.newBuilder()
                                    .addItems(
                                            CartItem.newBuilder()
                                                    .setProductId("probe")
                                                    .setQuantity(1))
                                    .build());
            return new Reply(
                    200,
                    Prices.text(Prices.cents(answer.message().getCostUsd()))
                            + " from shippingservice in "
                            + answer.datacenter());
        } catch (StatusRuntimeException e) {
            return new Reply(
                    502,
                    "no quote: " + e.getStatus().getCode() + ": " + e.getStatus().getDescription());
        }
    }

    @Override
    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        requests.close();
        shipping.close();
    }
}
