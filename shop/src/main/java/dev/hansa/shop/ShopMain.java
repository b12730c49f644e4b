package dev.hansa.shop;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// One service of the shop as a process: `ShopMain <service>`, told the rest by its environment.
public final class ShopMain {
    /// The services by name.
    public static final List<String> SERVICES =
            List.of(
                    "frontend",
                    "cartservice",
                    "checkoutservice",
                    "shippingservice",
                    "paymentservice",
                    "redis-cart",
                    "debug");

    private ShopMain() {}

    public static void main(String[] arguments) {
        if (arguments.length != 1) {
            System.err.println(
                    "shop: expected one service name ("
                            + String.join(", ", SERVICES)
                            + "); found "
                            + arguments.length
                            + " arguments");
            System.exit(2);
        }
        System.exit(run(arguments[0], System.getenv()));
    }

    /// Runs a service until the process is told to end. 0 after a clean end, 2 when the environment
    /// makes no sense, 1 when the service could not start.
    public static int run(String service, Map<String, String> environment) {
        var ended = new CountDownLatch(1);
        var closed = new CountDownLatch(1);
        try {
            var started = start(service, new ShopEnvironment(environment));
            if (started.isEmpty()) {
                System.err.println(
                        "shop: expected one of "
                                + String.join(", ", SERVICES)
                                + "; found '"
                                + service
                                + "'");
                return 2;
            }
            try (var running = started.get()) {
                Runtime.getRuntime()
                        .addShutdownHook(
                                Thread.ofPlatform()
                                        .unstarted(() -> {
                                            ended.countDown();
                                            try {
                                                closed.await();
                                            } catch (InterruptedException e) {
                                                Thread.currentThread().interrupt();
                                            }
                                        }));
                System.out.println(service + " listens on port " + running.port());
                ended.await();
            } finally {
                closed.countDown();
            }
            return 0;
        } catch (ShopEnvironment.InvalidEnvironment e) {
            System.err.println(service + ": " + e.getMessage());
            return 2;
        } catch (Exception e) {
            System.err.println(
                    service
                            + " failed: "
                            + e.getMessage()
                            + (e.getCause() == null ? "" : ": " + e.getCause().getMessage()));
            return 1;
        }
    }

    /// Empty when there is no such service.
    ///
    /// @throws IOException when it cannot listen
    static Optional<ShopService> start(String service, ShopEnvironment environment)
            throws IOException {
        return switch (service) {
            case "frontend" -> Optional.of(Frontend.start(environment));
            case "cartservice" -> Optional.of(CartService.start(environment));
            case "checkoutservice" -> Optional.of(CheckoutService.start(environment));
            case "shippingservice" -> Optional.of(ShippingService.start(environment));
            case "paymentservice" -> Optional.of(PaymentService.start(environment));
            case "redis-cart" -> {
                InetSocketAddress listen = environment.listen(RedisStandIn.PORT);
                yield Optional.of(RedisStandIn.start(listen, Clock.systemUTC()));
            }
            case "debug" -> Optional.of(QuoteProbe.start(environment));
            default -> Optional.empty();
        };
    }
}
