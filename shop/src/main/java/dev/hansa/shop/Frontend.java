package dev.hansa.shop;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hansa.shop.wire.AddItemRequest;
import dev.hansa.shop.wire.Address;
import dev.hansa.shop.wire.CartItem;
import dev.hansa.shop.wire.CreditCardInfo;
import dev.hansa.shop.wire.GetCartRequest;
import dev.hansa.shop.wire.GetQuoteRequest;
import dev.hansa.shop.wire.PlaceOrderRequest;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/// The shop's pages. Each says which datacenter answered each call that it took to make it, in its
/// text and in the header `X-Answered-By`.
final class Frontend implements ShopService {
    static final int PORT = 8080;

    private static final String SESSION_COOKIE = "shop_session-id";
    private static final Pattern SESSION = Pattern.compile("[A-Za-z0-9-]{1,64}");

    /// No form of the shop is longer.
    private static final int MAX_FORM_BYTES = 16 * 1024;

    private final String datacenter;
    private final Upstream carts;
    private final Upstream shipping;
    private final Upstream checkout;
    private final HttpServer server;
    private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();

    /// A call that a page needed, with who answered it.
    record Answered(String service, String datacenter) {}

    /// What goes back to the browser.
    private record Page(
            int status, String html, List<Answered> answered, Optional<String> location) {
        static Page of(int status, String html, List<Answered> answered) {
            return new Page(status, html, answered, Optional.empty());
        }
    }

    /// A call failed; `message` is for the customer.
    private static final class CallFailed extends Exception {
        private static final long serialVersionUID = 1;

        CallFailed(String message, StatusRuntimeException cause) {
            super(message, cause);
        }
    }

    private Frontend(
            HttpServer server,
            String datacenter,
            Upstream carts,
            Upstream shipping,
            Upstream checkout) {
        this.server = server;
        this.datacenter = datacenter;
        this.carts = carts;
        this.shipping = shipping;
        this.checkout = checkout;
    }

    static Frontend start(ShopEnvironment environment) throws IOException {
        // without it every answer waits for the client's delayed acknowledgement, 40 ms
        System.setProperty("sun.net.httpserver.nodelay", "true");
        var carts =
                new Upstream(
                        "cartservice", environment.upstream("CART_SERVICE_ADDR", "127.0.0.1:7070"));
        var shipping =
                new Upstream(
                        "shippingservice",
                        environment.upstream("SHIPPING_SERVICE_ADDR", "127.0.0.1:50051"));
        var checkout =
                new Upstream(
                        "checkoutservice",
                        environment.upstream("CHECKOUT_SERVICE_ADDR", "127.0.0.1:5050"));
        var server = HttpServer.create(environment.listen(PORT), 0);
        var frontend = new Frontend(server, environment.datacenter(), carts, shipping, checkout);
        server.setExecutor(frontend.requests);
        server.createContext("/", frontend::handle);
        server.start();
        return frontend;
    }

    @Override
    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        requests.close();
        carts.close();
        shipping.close();
        checkout.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var session = session(exchange);
            var answered = new ArrayList<Answered>();
            Page page;
            try {
                page = route(exchange, session, answered);
            } catch (CallFailed e) {
                page =
                        Page.of(
                                500,
                                Pages.failure(datacenter, String.valueOf(e.getMessage()), answered),
                                answered);
                System.err.println(
                        exchange.getRequestMethod()
                                + " "
                                + exchange.getRequestURI().getRawPath()
                                + ": "
                                + e.getMessage());
            }
            send(exchange, session, page);
        }
    }

    private Page route(HttpExchange exchange, String session, List<Answered> answered)
            throws IOException, CallFailed {
        var path = exchange.getRequestURI().getPath();
        var method = exchange.getRequestMethod();
        if ("GET".equals(method) || "HEAD".equals(method)) {
            if (path.startsWith("/product/")) {
                return Catalogue.find(path.substring("/product/".length()))
                        .map(product -> Page.of(200, Pages.product(datacenter, product), answered))
                        .orElseGet(() -> missing(answered));
            }
            return switch (path) {
                case "/" -> Page.of(200, Pages.products(datacenter), answered);
                case "/cart" -> cart(session, answered);
                case "/_healthz" -> Page.of(200, "ok", answered);
                default -> missing(answered);
            };
        }
        if ("POST".equals(method)) {
            var form = form(exchange);
            return switch (path) {
                case "/cart" -> add(session, form, answered);
                case "/cart/checkout" -> order(session, form, answered);
                default -> missing(answered);
            };
        }
        return Page.of(405, Pages.message(datacenter, "This page takes GET and POST."), answered);
    }

    private Page missing(List<Answered> answered) {
        return Page.of(
                404, Pages.message(datacenter, "There is no such page in this shop."), answered);
    }

    private Page add(String session, Map<String, String> form, List<Answered> answered)
            throws CallFailed {
        var product = Catalogue.find(form.getOrDefault("product_id", ""));
        var quantity = quantity(form.getOrDefault("quantity", "1"));
        if (product.isEmpty() || quantity.isEmpty()) {
            return Page.of(
                    400,
                    Pages.message(
                            datacenter,
                            "Nothing was put into the cart: expected a product of this shop and a quantity from 1 to 10."),
                    answered);
        }
        call(
                carts,
                ShopRpc.ADD_ITEM,
                AddItemRequest.newBuilder()
                        .setUserId(session)
                        .setItem(
                                CartItem.newBuilder()
                                        .setProductId(product.get().id())
                                        .setQuantity(quantity.get()))
                        .build(),
                "failed to add to cart",
                answered);
        return new Page(303, "", answered, Optional.of("/cart"));
    }

    private Page cart(String session, List<Answered> answered) throws CallFailed {
        var cart =
                call(
                        carts,
                        ShopRpc.GET_CART,
                        GetCartRequest.newBuilder().setUserId(session).build(),
                        "could not retrieve cart",
                        answered);
        var quote =
                call(
                        shipping,
                        ShopRpc.GET_QUOTE,
                        GetQuoteRequest.newBuilder().addAllItems(cart.getItemsList()).build(),
                        "failed to get shipping quote",
                        answered);
        return Page.of(
                200,
                Pages.cart(
                        datacenter,
                        cart.getItemsList(),
                        Prices.cents(quote.getCostUsd()),
                        answered),
                answered);
    }

    private Page order(String session, Map<String, String> form, List<Answered> answered)
            throws CallFailed {
        var order =
                call(
                                checkout,
                                ShopRpc.PLACE_ORDER,
                                PlaceOrderRequest.newBuilder()
                                        .setUserId(session)
                                        .setUserCurrency("USD")
                                        .setEmail(form.getOrDefault("email", ""))
                                        .setAddress(
                                                Address.newBuilder()
                                                        .setStreetAddress(
                                                                form.getOrDefault(
                                                                        "street_address", ""))
                                                        .setCity(form.getOrDefault("city", ""))
                                                        .setCountry(
                                                                form.getOrDefault("country", "")))
                                        .setCreditCard(
                                                CreditCardInfo.newBuilder()
                                                        .setCreditCardNumber(
                                                                form.getOrDefault(
                                                                        "credit_card_number", "")))
                                        .build(),
                                "failed to complete the order",
                                answered)
                        .getOrder();
        return Page.of(200, Pages.order(datacenter, order, answered), answered);
    }

    private static <Q, A> A call(
            Upstream upstream,
            MethodDescriptor<Q, A> method,
            Q request,
            String otherwise,
            List<Answered> answered)
            throws CallFailed {
        try {
            var answer = upstream.call(method, request);
            answered.add(new Answered(upstream.service(), answer.datacenter()));
            for (var other : answer.answeredBy()) {
                var equals = other.indexOf('=');
                if (equals > 0) {
                    answered.add(
                            new Answered(other.substring(0, equals), other.substring(equals + 1)));
                }
            }
            return answer.message();
        } catch (StatusRuntimeException e) {
            var description = e.getStatus().getDescription();
            throw new CallFailed(
                    otherwise
                            + ": "
                            + e.getStatus().getCode()
                            + (description == null ? "" : ": " + description),
                    e);
        }
    }

    private static Optional<Integer> quantity(String text) {
        return text.matches("[1-9]|10") ? Optional.of(Integer.valueOf(text)) : Optional.empty();
    }

    private static String session(HttpExchange exchange) {
        for (var header : exchange.getRequestHeaders().getOrDefault("Cookie", List.of())) {
            for (var cookie : header.split(";")) {
                var parts = cookie.strip().split("=", 2);
                if (parts.length == 2
                        && parts[0].equals(SESSION_COOKIE)
                        && SESSION.matcher(parts[1]).matches()) {
                    return parts[1];
                }
            }
        }
        return UUID.randomUUID().toString();
    }

    private static Map<String, String> form(HttpExchange exchange) throws IOException {
        var bytes = exchange.getRequestBody().readNBytes(MAX_FORM_BYTES);
        var form = new HashMap<String, String>();
        for (var pair : new String(bytes, StandardCharsets.UTF_8).split("&")) {
            var parts = pair.split("=", 2);
            if (parts.length == 2) {
                try {
                    form.put(
                            URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                            URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
                } catch (IllegalArgumentException e) {
                    // a field that is not form-encoded counts as not given; the page then says what
                    // it expected
                    form.remove(parts[0]);
                }
            }
        }
        return form;
    }

    private static void send(HttpExchange exchange, String session, Page page) throws IOException {
        var headers = exchange.getResponseHeaders();
        headers.set("Content-Type", "text/html; charset=utf-8");
        headers.set("Cache-Control", "no-store");
        headers.set(
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'");
        headers.set(
                "Set-Cookie",
                SESSION_COOKIE
                        + "="
                        + session
                        + "; Path=/; Max-Age=172800; HttpOnly; SameSite=Lax");
        if (!page.answered().isEmpty()) {
            headers.set(
                    "X-Answered-By",
                    String.join(
                            ",",
                            page.answered().stream()
                                    .map(one -> one.service() + "=" + one.datacenter())
                                    .toList()));
        }
        page.location().ifPresent(location -> headers.set("Location", location));
        var body = page.html().getBytes(StandardCharsets.UTF_8);
        if ("HEAD".equals(exchange.getRequestMethod()) || body.length == 0) {
            exchange.sendResponseHeaders(page.status(), -1);
            return;
        }
        exchange.sendResponseHeaders(page.status(), body.length);
        exchange.getResponseBody().write(body);
    }
}
