package dev.hansa.peering.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Choice;
import dev.hansa.failover.Target;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.discovery.RouteView;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Whether a service would survive the loss of the target that takes its calls now.
///
/// @param live the label of that target; empty: nothing takes them
/// @param next the label of the one that would; empty: none
/// @param away calls go to another target than the first in order
/// @param obstacle why it could not fail over this minute; empty when it could
public record Readiness(
        ServiceName service,
        Optional<String> live,
        Optional<String> next,
        boolean away,
        Optional<String> obstacle) {

    /// Every service that has somewhere to fail over to, by name.
    ///
    /// @param asked the upstreams of the connected sidecars
    public static List<Readiness> of(RouteView view, Set<UpstreamName> asked) {
        return services(view, asked).stream()
                .map(service -> view.route(new UpstreamName(service, Optional.empty())))
                .filter(route -> route.targets().size() > 1)
                .map(route -> {
                    var choice = Choice.of(route);
                    var first = view.first(route.upstream());
                    var live = choice.live().map(Target::label);
                    return new Readiness(
                            route.upstream().service(),
                            live,
                            choice.next().map(Target::label),
                            live.filter(label -> !label.equals(first)).isPresent(),
                            choice.next().isPresent()
                                    ? Optional.empty()
                                    : Optional.of(Choice.evidence(route)));
                })
                .toList();
    }

    /// What has a `service-resolver`, and what is asked for without a peer's name.
    static Set<ServiceName> services(RouteView view, Set<UpstreamName> asked) {
        var services = new TreeSet<ServiceName>();
        view.world()
                .state()
                .config(Explainer.RESOLVER)
                .flatMap(entry -> named(entry.name()))
                .forEach(services::add);
        asked.stream()
                .filter(upstream -> upstream.peer().isEmpty())
                .map(UpstreamName::service)
                .forEach(services::add);
        return services;
    }

    /// None for an entry whose name no sidecar could ask for.
    private static Stream<ServiceName> named(String name) {
        try {
            return Stream.of(new ServiceName(name));
        } catch (IllegalArgumentException _) {
            return Stream.empty();
        }
    }
}
