package dev.hansa.shop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.bootstrap.Closer;
import io.grpc.CallOptions;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ShopTest {
    private static final String COOKIE = "shop_session-id=a-customer";

    private final Closer closer = new Closer();
    private final HttpClient browser = closer.add(HttpClient.newHttpClient());
    private ShopService shipping;
    private int shippingPort;
    private URI shop;

    @BeforeEach
    void openTheShop() throws Exception {
        var redis = start("redis-cart", Map.of());
        var carts = start("cartservice", Map.of("REDIS_ADDR", at(redis.port())));
        shipping = start("shippingservice", Map.of());
        shippingPort = shipping.port();
        var payment = start("paymentservice", Map.of("PAYMENT_PROCESSOR", "test"));
        var upstreams =
                Map.of(
                        "CART_SERVICE_ADDR", at(carts.port()),
                        "SHIPPING_SERVICE_ADDR", at(shippingPort),
                        "PAYMENT_SERVICE_ADDR", at(payment.port()));
        var checkout = start("checkoutservice", upstreams);
        var all = new HashMap<>(upstreams);
        all.put("CHECKOUT_SERVICE_ADDR", at(checkout.port()));
        shop = URI.create("http://" + at(start("frontend", all).port()));
    }

    @AfterEach
    void closeTheShop() throws Exception {
        closer.close();
    }

    @Test
    void cartShowsShippingPriceAndWhoAnswered() throws Exception {
        assertThat(post("/cart", "product_id=OLJCESPC7Z&quantity=2").statusCode()).isEqualTo(303);

        var cart = page("/cart");

        assertThat(cart.statusCode()).isEqualTo(200);
        assertThat(cart.body()).contains("Sea chest", "$378.00", "$9.49", "$387.49");
        assertThat(cart.headers().firstValue("X-Answered-By"))
                .contains("cartservice=west,shippingservice=west");
    }

    @Test
    void lostQuoteFailsTheCartPageWithTheShopsOwnMessage() throws Exception {
        shipping.close();

        var cart = page("/cart");

        assertThat(cart.statusCode()).isEqualTo(500);
        assertThat(cart.body()).contains("failed to get shipping quote: UNAVAILABLE");
    }

    @Test
    void shopUsesShippingAgainAsSoonAsItIsBack() throws Exception {
        shipping.close();
        assertThat(page("/cart").statusCode()).isEqualTo(500);
        start("shippingservice", Map.of("PORT", Integer.toString(shippingPort)));

        assertThat(page("/cart").statusCode()).isEqualTo(200);
    }

    @Test
    void openConnectionsMoveToAnotherInstanceWithinTheirAge() throws Exception {
        assertThat(page("/cart").statusCode()).isEqualTo(200);
        shipping.close();
        start(
                "shippingservice",
                Map.of("PORT", Integer.toString(shippingPort), "DATACENTER", "east"));

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() ->
                        page("/cart")
                                .headers()
                                .firstValue("X-Answered-By")
                                .orElse("")
                                .contains("shippingservice=east"));
    }

    @Test
    void orderShipsAndEmptiesTheCart() throws Exception {
        post("/cart", "product_id=66VCHSJNUP&quantity=1");

        var order =
                post(
                        "/cart/checkout",
                        "email=a%40example.com&credit_card_number=4432-8015-6152-0454");

        assertThat(order.statusCode()).isEqualTo(200);
        assertThat(order.body()).contains("Brass compass", "WEST-");
        assertThat(order.headers().firstValue("X-Answered-By").orElseThrow())
                .contains("checkoutservice=west", "paymentservice=west", "shippingservice=west");
        assertThat(page("/cart").body()).contains("Your cart is empty");
    }

    @Test
    void refusedCardIsToldAndNothingIsShipped() throws Exception {
        post("/cart", "product_id=66VCHSJNUP&quantity=1");

        var order = post("/cart/checkout", "credit_card_number=<script>");

        assertThat(order.statusCode()).isEqualTo(500);
        assertThat(order.body())
                .contains("paymentservice failed: card refused by test")
                .doesNotContain("<script>");
        assertThat(page("/cart").body()).contains("Brass compass");
    }

    @Test
    void pagesOfEveryProductAreServedAndOthersAreMissing() throws Exception {
        for (var product : Catalogue.PRODUCTS) {
            assertThat(page("/").body()).contains(Pages.escape(product.name()));
            assertThat(page("/product/" + product.id()).statusCode()).isEqualTo(200);
        }
        assertThat(page("/product/none").statusCode()).isEqualTo(404);
        assertThat(page("/_healthz").body()).isEqualTo("ok");
        assertThat(post("/cart", "product_id=none").statusCode()).isEqualTo(400);
    }

    @Test
    void servicesAnswerGrpcHealthChecks() throws Exception {
        var channel =
                NettyChannelBuilder.forAddress("127.0.0.1", shippingPort).usePlaintext().build();
        try {
            var answer =
                    ClientCalls.blockingUnaryCall(
                            channel,
                            HealthGrpc.getCheckMethod(),
                            CallOptions.DEFAULT,
                            HealthCheckRequest.getDefaultInstance());

            assertThat(answer.getStatus()).isEqualTo(ServingStatus.SERVING);
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void paymentWithoutProcessorRefusesToStart() {
        assertThat(ShopMain.run("paymentservice", Map.of("PORT", "0"))).isEqualTo(2);
    }

    @Test
    void portInUseEndsTheProcessWithOneSentence() {
        assertThat(ShopMain.run("shippingservice", Map.of("PORT", Integer.toString(shippingPort))))
                .isEqualTo(1);
    }

    private ShopService start(String service, Map<String, String> variables) throws Exception {
        var environment = new HashMap<>(Map.of("PORT", "0", "DATACENTER", "west"));
        environment.putAll(variables);
        return closer.add(ShopMain.start(service, new ShopEnvironment(environment)).orElseThrow());
    }

    private HttpResponse<String> page(String path) throws Exception {
        return browser.send(
                HttpRequest.newBuilder(shop.resolve(path))
                        .header("Cookie", COOKIE)
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String form) throws Exception {
        return browser.send(
                HttpRequest.newBuilder(shop.resolve(path))
                        .header("Cookie", COOKIE)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .timeout(Duration.ofSeconds(10))
                        .POST(HttpRequest.BodyPublishers.ofString(form))
                        .build(),
                BodyHandlers.ofString());
    }

    private static String at(int port) {
        return "127.0.0.1:" + port;
    }
}
