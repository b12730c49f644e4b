package dev.hansa.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The thirteen steps. Each throws [StepFailed] unless it held, and returns one sentence otherwise.
final class Story {
    /// A change that one datacenter makes is seen by all its processes, and by the other, within
    /// this; the usual time is far below a second.
    static final Duration SEEN = Duration.ofSeconds(15);

    /// Starting a JVM, joining, and the first check.
    private static final Duration STARTED = Duration.ofSeconds(30);

    private static final int LOAD_PER_SECOND = 60;
    private static final Duration LOAD = Duration.ofSeconds(10);
    private static final String SHIPPING = Datacenter.SHIPPING;
    private static final String PRODUCT = "OLJCESPC7Z";

    private final Datacenter eks;
    private final Datacenter lke;
    private final Children children;
    private final Patience patience;
    private final Console console;
    private final Report report;
    private final HttpClient client;
    private final Shopper shopper;

    /// A step by its stable name, and whose logs to look at when it fails.
    record Step(String id, List<String> roles, Body body) {
        Step {
            roles = List.copyOf(roles);
        }
    }

    /// What a step does; the sentence says what was seen.
    @FunctionalInterface
    interface Body {
        String tell() throws StepFailed, IOException, InterruptedException;
    }

    Story(
            Datacenter eks,
            Datacenter lke,
            Children children,
            Patience patience,
            Console console,
            Report report,
            HttpClient client) {
        this.eks = eks;
        this.lke = lke;
        this.children = children;
        this.patience = patience;
        this.console = console;
        this.report = report;
        this.client = client;
        this.shopper = new Shopper(client, eks.shop(), "demo-customer");
    }

    List<Step> steps() {
        var calling = List.of("server", "sidecars", "frontend", SHIPPING, "shipping-sidecar");
        var between = List.of("server", "gateway");
        var failing = List.of("server", "gateway", "sidecars", "shipping-sidecar", "frontend");
        return List.of(
                new Step("up", List.of(), this::up),
                new Step("shop", calling, this::shop),
                new Step("outage", calling, this::outage),
                new Step("mesh", List.of("server"), this::mesh),
                new Step("peer", between, this::peer),
                new Step("export", between, this::export),
                new Step("direct", failing, this::direct),
                new Step("resolver", List.of("server", "sidecars"), this::resolver),
                new Step("failover", failing, this::failover),
                new Step(
                        "order",
                        List.of("paymentservice", "checkoutservice", "sidecars"),
                        this::order),
                new Step("failback", failing, this::failback),
                new Step("unexport", failing, this::unexport),
                new Step("delete", between, this::delete));
    }

    private String up() throws StepFailed, IOException, InterruptedException {
        for (var datacenter : List.of(eks, lke)) {
            datacenter.startServer();
        }
        for (var datacenter : List.of(eks, lke)) {
            datacenter.awaitServer();
            if (datacenter.deniesByDefault()) {
                for (var entry : Entries.SHOP_INTENTIONS) {
                    datacenter.write(entry);
                }
            }
            datacenter.startRest();
        }
        for (var datacenter : List.of(eks, lke)) {
            var passing =
                    new ArrayList<>(
                            List.of(
                                    "consul",
                                    "mesh-gateway",
                                    "frontend",
                                    "cartservice",
                                    "checkoutservice",
                                    SHIPPING,
                                    "redis-cart"));
            if (datacenter == eks) {
                passing.add("debug");
            }
            for (var service : passing) {
                awaitHealth(datacenter, service, "passing", STARTED);
            }
            awaitHealth(datacenter, "paymentservice", "critical", STARTED);
        }
        return "eks and lke are up: every service passing, paymentservice critical in both";
    }

    private String shop() throws StepFailed, IOException, InterruptedException {
        patience.until(
                "an item goes into the cart",
                SEEN,
                () -> {
                    var added = shopper.add(PRODUCT);
                    return added.status() == 303 ? new Patience.Look.Found<>(added) : notYet(added);
                });
        awaitCartFrom("eks");
        return "an item is in the cart, and eks's shippingservice named the price";
    }

    private String outage() throws StepFailed, IOException, InterruptedException {
        eks.killShipping();
        var failure = awaitCartFailure();
        console.detail("the shop says: " + failure);
        new SidecarRefusal(patience, children, console, shopper)
                .show(eks, "Connection refused", "-shippingservice-sidecar-proxy is critical");
        eks.startShipping();
        awaitHealth(eks, SHIPPING, "passing", STARTED);
        awaitCartFrom("eks");
        return "without shippingservice the cart failed, and the sidecar said why; started again, it works";
    }

    private String mesh() throws StepFailed, IOException, InterruptedException {
        eks.write(Entries.MESH);
        lke.write(Entries.MESH);
        for (var datacenter : List.of(eks, lke)) {
            patience.untilTrue(
                    datacenter.name() + ": mesh entry",
                    SEEN,
                    () ->
                            datacenter
                                    .server()
                                    .json("/v1/config/mesh/mesh")
                                    .path("Peering")
                                    .path("PeerThroughMeshGateways")
                                    .asBoolean());
        }
        return "both sides peer through their mesh gateways";
    }

    private String peer() throws StepFailed, IOException, InterruptedException {
        var token =
                patience.until(
                        "eks: token for peer lke",
                        SEEN,
                        () -> {
                            var answer =
                                    eks.server()
                                            .send(
                                                    "POST",
                                                    "/v1/peering/token",
                                                    Map.of("PeerName", "lke"));
                            return answer.ok()
                                    ? new Patience.Look.Found<>(
                                            answer.json().path("PeeringToken").asText())
                                    : new Patience.Look.NotYet<>(answer.body().strip());
                        });
        var begun = System.nanoTime();
        lke.server()
                .must(
                        "POST",
                        "/v1/peering/establish",
                        Map.of("PeerName", "eks", "PeeringToken", token));
        awaitPeering(lke, "eks", "ACTIVE");
        awaitPeering(eks, "lke", "ACTIVE");
        report.established(Duration.ofNanos(System.nanoTime() - begun));
        for (var datacenter : List.of(eks, lke)) {
            patience.untilTrue(
                    datacenter.name() + ": gateway carries the peer stream",
                    SEEN,
                    () ->
                            datacenter
                                    .gatewayAdmin()
                                    .json("/connections")
                                    .toString()
                                    .contains(".peering."));
        }
        var again =
                lke.server()
                        .send(
                                "POST",
                                "/v1/peering/establish",
                                Map.of("PeerName", "eks", "PeeringToken", token));
        if (again.status() != 403) {
            throw new StepFailed(
                    "token used a second time: expected '403' from its acceptor; found '"
                            + again.status()
                            + " "
                            + again.body().strip()
                            + "'");
        }
        awaitPeering(lke, "eks", "ACTIVE");
        console.detail("the same token again: " + again.status() + " " + again.body().strip());
        return "eks's token was established in lke, through both gateways; both sides are active";
    }

    private String export() throws StepFailed, IOException, InterruptedException {
        if (lke.deniesByDefault()) {
            lke.write(Entries.shippingIntentionsWith("eks"));
        }
        lke.write(Entries.exportShipping("eks"));
        patience.untilTrue(
                "eks: shippingservice of lke is imported",
                SEEN,
                () -> imported(eks).toString().contains(SHIPPING));
        patience.untilTrue(
                "eks: imported shippingservice passes",
                SEEN,
                () -> eks.health(SHIPPING, "?peer=lke").equals("passing"));
        for (var hidden :
                List.of(
                        "frontend",
                        "cartservice",
                        "checkoutservice",
                        "paymentservice",
                        "redis-cart",
                        "consul")) {
            var found = eks.health(hidden, "?peer=lke");
            if (!"absent".equals(found)) {
                throw new StepFailed(
                        hidden
                                + " of peer lke: expected to be invisible in eks; found '"
                                + found
                                + "'");
            }
        }
        return "shippingservice of lke is imported by eks, and nothing else of lke is";
    }

    private String direct() throws StepFailed, IOException, InterruptedException {
        var debug = new Api(client, eks.site().at(Site.DEBUG, 8081));
        var said =
                patience.until(
                        "a client in eks calls shippingservice of peer lke",
                        SEEN,
                        () -> {
                            var answer = debug.read("/quote");
                            return answer.ok() && answer.body().contains("in lke")
                                    ? new Patience.Look.Found<>(answer.body().strip())
                                    : new Patience.Look.NotYet<>(answer.body().strip());
                        });
        console.detail(
                patience.until(
                        "the bytes of one call are the same on every leg",
                        STARTED,
                        () -> {
                            // the next call ends the connection of the one before, and an ended one
                            // is counted
                            debug.read("/quote");
                            return Legs.compare(
                                    SHIPPING,
                                    eks.sidecarAdmin().json("/connections"),
                                    eks.gatewayAdmin().json("/connections"),
                                    lke.gatewayAdmin().json("/connections"),
                                    lke.shippingAdmin().json("/connections"));
                        }));
        return "a client in eks with an upstream of peer lke: " + said;
    }

    private String resolver() throws StepFailed, IOException, InterruptedException {
        eks.write(Entries.shippingFailsOverTo("lke"));
        patience.untilTrue(
                "eks: resolver",
                SEEN,
                () ->
                        eks.server()
                                .json("/v1/config/service-resolver/" + SHIPPING)
                                .toString()
                                .contains("\"lke\""));
        awaitCartFrom("eks");
        return "shippingservice in eks fails over to peer lke; while eks has it, eks answers";
    }

    private String failover() throws StepFailed, IOException, InterruptedException {
        awaitCartFrom("eks");
        console.waiting(
                "cart requests, "
                        + LOAD_PER_SECOND
                        + " a second, while shippingservice in eks is killed");
        var cost = new SteadyLoad(shopper, LOAD_PER_SECOND, LOAD).run(eks::killShipping, "lke");
        report.failover(cost);
        if (cost.firstSuccessMillis().isEmpty()) {
            throw new StepFailed(
                    "cart under load: expected an answer from lke after the kill; found none ("
                            + cost.failed()
                            + " of "
                            + cost.requests()
                            + " failed)");
        }
        var sentence =
                "of %d cart requests %d failed; the first answer from lke came %d ms after the kill"
                        .formatted(
                                cost.requests(),
                                cost.failed(),
                                cost.firstSuccessMillis().getAsLong());
        if (cost.failedAfterFirstSuccess() > 0) {
            throw new StepFailed(
                    sentence
                            + "; expected no failure after it, found "
                            + cost.failedAfterFirstSuccess());
        }
        return sentence;
    }

    private String order() throws StepFailed, IOException, InterruptedException {
        eks.startPayment(Map.of("PAYMENT_PROCESSOR", "demo"));
        awaitHealth(eks, "paymentservice", "passing", STARTED);
        var order =
                patience.until(
                        "an order completes",
                        SEEN,
                        () -> {
                            var page = shopper.order();
                            return page.ok() ? new Patience.Look.Found<>(page) : notYet(page);
                        });
        if (!order.from(SHIPPING).orElse("").equals("lke")) {
            throw new StepFailed(
                    "order: expected to be shipped from lke; found '" + order.answeredBy() + "'");
        }
        shopper.add(PRODUCT);
        return "paymentservice is mended; an order was shipped through lke, tracking "
                + order.tracking().orElse("none");
    }

    private String failback() throws StepFailed, IOException, InterruptedException {
        var begun = System.nanoTime();
        eks.startShipping();
        awaitCartFrom("eks");
        var took = Duration.ofNanos(System.nanoTime() - begun);
        report.failback(took);
        awaitHealth(eks, SHIPPING, "passing", STARTED);
        return "shippingservice is back in eks; traffic went home %d ms after its processes were started"
                .formatted(took.toMillis());
    }

    private String unexport() throws StepFailed, IOException, InterruptedException {
        lke.write(Entries.exportNothing());
        patience.untilTrue(
                "eks: nothing is imported",
                SEEN,
                () ->
                        !imported(eks).toString().contains(SHIPPING)
                                && eks.health(SHIPPING, "?peer=lke").equals("absent"));
        eks.killShipping();
        console.detail("the shop says: " + awaitCartFailure());
        new SidecarRefusal(patience, children, console, shopper)
                .show(eks, "not exported to us by peer 'lke'");
        eks.startShipping();
        awaitHealth(eks, SHIPPING, "passing", STARTED);
        return "lke withdrew the export and eks lost it; without an instance of its own requests failed, and the sidecar said why";
    }

    private String delete() throws StepFailed, IOException, InterruptedException {
        eks.server().must("DELETE", "/v1/peering/lke", Map.of());
        awaitPeering(lke, "eks", "TERMINATED");
        patience.untilTrue(
                "eks: the peering is gone",
                SEEN,
                () -> eks.server().read("/v1/peering/lke").status() == 404);
        for (var datacenter : List.of(eks, lke)) {
            patience.untilTrue(
                    datacenter.name() + ": imported data is gone",
                    SEEN,
                    () -> imported(datacenter).isEmpty());
        }
        return "the peering is deleted in eks, terminated in lke; imported data is gone on both sides";
    }

    private static JsonNode imported(Datacenter datacenter)
            throws IOException, InterruptedException {
        return datacenter.server().json("/v1/hansa/imported-services");
    }

    private void awaitHealth(Datacenter datacenter, String service, String wanted, Duration limit)
            throws StepFailed, InterruptedException {
        patience.until(
                datacenter.name() + ": " + service + " is " + wanted,
                limit,
                () -> {
                    var found = datacenter.health(service, "");
                    return found.equals(wanted)
                            ? new Patience.Look.Found<>(found)
                            : new Patience.Look.NotYet<>(found);
                });
    }

    private void awaitPeering(Datacenter datacenter, String with, String wanted)
            throws StepFailed, InterruptedException {
        patience.until(
                datacenter.name() + ": peering with " + with + " is " + wanted,
                SEEN,
                () -> {
                    var state = datacenter.peering(with).path("State").asText();
                    return state.equals(wanted)
                            ? new Patience.Look.Found<>(state)
                            : new Patience.Look.NotYet<>(state);
                });
    }

    private void awaitCartFrom(String datacenter) throws StepFailed, InterruptedException {
        patience.until(
                "the cart shows a price from " + datacenter,
                STARTED,
                () -> {
                    var page = shopper.cart();
                    return page.ok() && page.from(SHIPPING).orElse("").equals(datacenter)
                            ? new Patience.Look.Found<>(page)
                            : notYet(page);
                });
    }

    private String awaitCartFailure() throws StepFailed, InterruptedException {
        return patience.until(
                "the cart page fails",
                SEEN,
                () -> {
                    var page = shopper.cart();
                    return page.status() == 500
                            ? new Patience.Look.Found<>(page.failure())
                            : notYet(page);
                });
    }

    private static <T> Patience.Look<T> notYet(Shopper.Page page) {
        return new Patience.Look.NotYet<>(
                page.status() + " " + page.answeredBy() + " " + page.failure());
    }
}
