package dev.hansa.peering.api;

import dev.hansa.peering.acl.Resource;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/// What is mounted beside [Routes], since it has no end or is no text: for each what a caller must
/// be allowed first.
///
/// @param methods that it has
record StreamRoute(String path, Ask ask, List<HttpMethod> methods) {
    static final StreamRoute SNAPSHOT =
            new StreamRoute(
                    "/v1/snapshot",
                    Ask.write(Resource.ACL),
                    List.of(HttpMethod.GET, HttpMethod.PUT));

    static final StreamRoute EVENTS =
            new StreamRoute("/v1/hansa/events", Ask.something(), List.of(HttpMethod.GET));

    static final StreamRoute MONITOR =
            new StreamRoute(
                    "/v1/agent/monitor", Ask.read(Resource.OPERATOR), List.of(HttpMethod.GET));

    static final List<StreamRoute> ALL = List.of(SNAPSHOT, EVENTS, MONITOR);

    StreamRoute {
        methods = List.copyOf(methods);
    }

    /// Each as method and path.
    List<String> operations() {
        return methods.stream().map(method -> method.name() + " " + path).toList();
    }

    /// Asks whoever comes, before what is mounted there afterwards.
    Route mount(Router router, Doorkeeper doorkeeper) {
        var route = router.route(path);
        methods.forEach(route::method);
        return route.handler(doorkeeper.admitting(ask));
    }

    /// @param opens is told how to find out, later, whether the caller still may
    void mount(
            Router router,
            Doorkeeper doorkeeper,
            BiConsumer<RoutingContext, BooleanSupplier> opens) {
        mount(router, doorkeeper).handler(call -> opens.accept(call, doorkeeper.still(call, ask)));
    }
}
