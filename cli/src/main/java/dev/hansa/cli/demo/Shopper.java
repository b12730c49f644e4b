package dev.hansa.cli.demo;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// A customer with a browser: one session, pages and forms, no retries.
final class Shopper {
    private static final Pattern FAILURE =
            Pattern.compile("<pre id=failure>(.*?)</pre>", Pattern.DOTALL);
    private static final Pattern TRACKING = Pattern.compile("<code id=tracking>(.*?)</code>");

    /// Longer than the shop's own deadlines, so that the shop's message arrives.
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient client;
    private final URI shop;
    private final String session;

    /// A page, and which datacenter answered which service's call for it.
    record Page(int status, String html, String answeredBy) {
        boolean ok() {
            return status == 200;
        }

        /// The datacenter of the last answer of a service.
        Optional<String> from(String service) {
            return Arrays.stream(answeredBy.split(","))
                    .filter(pair -> pair.startsWith(service + "="))
                    .reduce((_, last) -> last)
                    .map(pair -> pair.substring(service.length() + 1));
        }

        /// What the shop told the customer.
        String failure() {
            var matcher = FAILURE.matcher(html);
            return matcher.find() ? matcher.group(1) : "";
        }

        Optional<String> tracking() {
            var matcher = TRACKING.matcher(html);
            return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
        }
    }

    Shopper(HttpClient client, String shop, String session) {
        this.client = client;
        this.shop = URI.create(shop);
        this.session = session;
    }

    Page cart() throws IOException, InterruptedException {
        return page(client.send(request("/cart").build(), BodyHandlers.ofString()));
    }

    CompletableFuture<Page> cartLater() {
        return client.sendAsync(request("/cart").build(), BodyHandlers.ofString())
                .thenApply(Shopper::page);
    }

    Page add(String product) throws IOException, InterruptedException {
        return post("/cart", Map.of("product_id", product, "quantity", "1"));
    }

    Page order() throws IOException, InterruptedException {
        return post(
                "/cart/checkout",
                Map.of(
                        "email",
                        "someone@example.com",
                        "street_address",
                        "Breite Strasse 6",
                        "city",
                        "Luebeck",
                        "country",
                        "Germany",
                        "credit_card_number",
                        "4432-8015-6152-0454"));
    }

    private Page post(String path, Map<String, String> form)
            throws IOException, InterruptedException {
        var body =
                form.entrySet().stream()
                        .map(field ->
                                field.getKey()
                                        + "="
                                        + URLEncoder.encode(
                                                field.getValue(), StandardCharsets.UTF_8))
                        .collect(Collectors.joining("&"));
        return page(
                client.send(
                        request(path)
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.ofString()));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(shop.resolve(path))
                .timeout(TIMEOUT)
                .header("Cookie", "shop_session-id=" + session);
    }

    private static Page page(HttpResponse<String> response) {
        return new Page(
                response.statusCode(),
                response.body(),
                response.headers().firstValue("X-Answered-By").orElse(""));
    }
}
