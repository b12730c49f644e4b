package dev.hansa.peering.api;

import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.store.Store;
import dev.hansa.trustbundle.TrustBundle;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.time.Clock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The operators' door: Consul's HTTP API.
public final class ApiRouter implements AutoCloseable {
    public ApiRouter(
            ApiSettings settings,
            Store store,
            LiveCatalog catalog,
            PeeringOperations peerings,
            JoinTokens joinTokens,
            Supplier<TrustBundle> bundle,
            Clock clock,
            Consumer<PeeringEvent> events) {}

    public Router router(Vertx vertx) {
        return Router.router(vertx);
    }

    /// Keeps the registrations that the store holds in the catalog, from now until closed.
    public static Latest.Subscription mirrorRegistrations(Store store, LiveCatalog catalog) {
        return () -> {};
    }

    @Override
    public void close() {}
}
