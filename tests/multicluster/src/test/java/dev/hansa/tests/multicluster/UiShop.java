package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.hansa.shop.ShopMain;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// The demo's shop behind the sidecars of eks and lke, each service on a thread of this process: it
/// sells in eks, and its shippingservice runs in both. And callers that open one connection to it
/// after another.
final class UiShop implements AutoCloseable {
    static final String FRONT = "frontend";
    static final String SHIPPING = "shippingservice";
    private static final String HOST = PeeredPair.EKS + ".10";
    private static final int REDIS = 6379;
    private static final int CART = 7070;
    private static final int CHECKOUT = 5050;
    private static final int PAYMENT = 50061;

    /// What a client of HTTP/2 says first: its preface and an empty frame of settings.
    private static final byte[] GREETING =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
                    .getBytes(StandardCharsets.US_ASCII);

    /// Of a frame, which the server's settings are.
    private static final int HEADER = 9;

    private final InetSocketAddress shipping;
    private final String shippingHost;
    private final Map<String, Thread> services = new HashMap<>();
    private final List<Thread> callers = new CopyOnWriteArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);

    /// @param shipping where the sidecar of the frontend takes connections to shippingservice
    /// @param shippingHost of shippingservice in eks
    UiShop(InetSocketAddress shipping, String shippingHost) {
        this.shipping = shipping;
        this.shippingHost = shippingHost;
    }

    void open() {
        var upstream = HOST + ":" + shipping.getPort();
        startShipping();
        start("lke", SHIPPING, PeeredPair.LKE + ".10", PeeredPair.APP_PORT, Map.of());
        start("eks", "redis-cart", HOST, REDIS, Map.of());
        start("eks", "cartservice", HOST, CART, Map.of("REDIS_ADDR", HOST + ":" + REDIS));
        start("eks", "paymentservice", HOST, PAYMENT, Map.of("PAYMENT_PROCESSOR", "test"));
        start(
                "eks",
                "checkoutservice",
                HOST,
                CHECKOUT,
                Map.of(
                        "CART_SERVICE_ADDR", HOST + ":" + CART,
                        "SHIPPING_SERVICE_ADDR", upstream,
                        "PAYMENT_SERVICE_ADDR", HOST + ":" + PAYMENT));
        start(
                "eks",
                FRONT,
                HOST,
                PeeredPair.APP_PORT,
                Map.of(
                        "CART_SERVICE_ADDR", HOST + ":" + CART,
                        "SHIPPING_SERVICE_ADDR", upstream,
                        "CHECKOUT_SERVICE_ADDR", HOST + ":" + CHECKOUT));
    }

    void startShipping() {
        start("eks", SHIPPING, shippingHost, PeeredPair.APP_PORT, Map.of());
    }

    void endShipping() throws InterruptedException {
        end(Objects.requireNonNull(services.remove("eks " + SHIPPING)));
    }

    private void start(
            String datacenter, String service, String host, int port, Map<String, String> more) {
        var environment = new HashMap<>(more);
        environment.put("DATACENTER", datacenter);
        environment.put("LISTEN_HOST", host);
        environment.put("PORT", String.valueOf(port));
        var name = datacenter + " " + service;
        services.put(
                name,
                Thread.ofPlatform()
                        .name(name)
                        .daemon()
                        .start(() -> ShopMain.run(service, environment)));
        await().until(() -> EchoLoad.isListening(new InetSocketAddress(host, port)));
    }

    private static void end(Thread service) throws InterruptedException {
        service.interrupt();
        service.join();
    }

    /// Somebody looks at a product and puts it into the cart.
    void isEntered(Page shop) throws IOException {
        shop.locator("a.card").first().click();
        shop.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Add to cart")).click();
        assertThat(shop.locator("h1")).hasText("Your cart");
        answeredFrom(shop, "eks");
        UiBrowser.picture(shop, "shop.png");
    }

    /// It sells while shippingservice answers from another datacenter.
    void sells(Page shop, String datacenter) throws IOException {
        // a channel that has lost its connection tries again in a while
        await().until(() -> {
            shop.reload();
            return shop.locator(".answered").textContent().contains(answered(datacenter));
        });
        shop.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Place order")).click();
        assertThat(shop.locator("h1")).hasText("Your order is complete");
        answeredFrom(shop, datacenter);
        UiBrowser.picture(shop, "shop-failed-over.png");
    }

    private static void answeredFrom(Page shop, String datacenter) {
        assertThat(shop.locator(".answered")).containsText(answered(datacenter));
    }

    private static String answered(String datacenter) {
        return SHIPPING + " answered from " + datacenter;
    }

    /// The editor of a new entry of this kind. The list has a field of the same label: the editor
    /// is there first.
    static void newEntry(Page page, String kind) {
        UiBrowser.go(page, "Config entries");
        page.getByRole(
                        AriaRole.LINK,
                        new Page.GetByRoleOptions().setName("New entry").setExact(true))
                .click();
        assertThat(page.locator("h1")).hasText("New config entry");
        page.getByLabel("Kind").selectOption(kind);
        assertThat(entryBox(page)).hasValue(Pattern.compile("Kind = \"" + kind + '"'));
    }

    private static Locator entryBox(Page page) {
        return page.getByLabel("The entry, as HCL, JSON or YAML");
    }

    /// An entry as an operator writes it: its kind chosen, its names filled in, looked at and
    /// saved.
    ///
    /// @param names by what stands before them in the text that a new entry begins with
    static void writeEntry(Page page, String kind, Map<String, String> names) {
        newEntry(page, kind);
        var box = entryBox(page);
        var text = box.inputValue();
        for (var name : names.entrySet()) {
            text =
                    text.replace(
                            name.getKey() + "\"\"", name.getKey() + "\"" + name.getValue() + "\"");
        }
        box.fill(text);
        assertThat(page.locator("#verdict")).containsText("valid");
        UiBrowser.button(page, "Review and save…").click();
        UiBrowser.button(page, "Save").click();
        assertThat(page.locator("dialog[open]")).hasCount(0);
        assertThat(page).hasTitle(Pattern.compile(kind + "/.*"));
    }

    /// From now on until [#stopCalls], as programs that greet and go.
    void startCalls() {
        for (var i = 0; i < 2; i++) {
            callers.add(Thread.ofVirtual().start(this::call));
        }
    }

    private void call() {
        while (over.getCount() > 0) {
            try (var socket = EchoLoad.connect(shipping)) {
                socket.getOutputStream().write(GREETING);
                socket.getInputStream().readNBytes(HEADER);
                over.await(20, TimeUnit.MILLISECONDS);
            } catch (IOException _) {
                // the drill's report counts what failed
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    void stopCalls() throws InterruptedException {
        over.countDown();
        for (var caller : callers) {
            caller.join();
        }
    }

    @Override
    public void close() throws InterruptedException {
        stopCalls();
        for (var service : services.values()) {
            end(service);
        }
    }
}
