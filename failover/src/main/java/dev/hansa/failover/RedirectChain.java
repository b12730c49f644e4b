package dev.hansa.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy.Destination;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Where a destination really is, after every redirect. A peer's service is never redirected: what
/// a peer does with it is its own affair.
final class RedirectChain {
    private final Function<ServiceName, FailoverPolicy> policies;

    private RedirectChain(Function<ServiceName, FailoverPolicy> policies) {
        this.policies = policies;
    }

    /// One end of a chain.
    ///
    /// @param destination with the subset that holds there
    /// @param policyOf the last service on the way whose resolver is ours to ask
    /// @param circle why it is no end; then nothing may be sent there
    record Way(Destination destination, ServiceName policyOf, Optional<String> circle) {}

    /// At least one; several when a redirect names a sameness group.
    static List<Way> of(Destination asked, Function<ServiceName, FailoverPolicy> policies) {
        return new RedirectChain(policies).follow(asked, asked.service(), new LinkedHashSet<>());
    }

    /// A failover target as it is meant by callers of `current`: of the same service it is the same
    /// subset unless it says another.
    static Destination rewritten(Destination current, Destination failover) {
        return failover.peer().isEmpty()
                        && failover.subset().isEmpty()
                        && failover.service().equals(current.service())
                ? current
                : failover;
    }

    private List<Way> follow(Destination asked, ServiceName policyOf, Set<Destination> before) {
        if (asked.peer().isPresent()) {
            return List.of(new Way(asked, policyOf, Optional.empty()));
        }
        var service = asked.service();
        var policy = policies.apply(service);
        if (policy.redirect().isEmpty()) {
            return List.of(here(asked, policy));
        }
        if (before.size() == FailoverPolicy.MOST_REDIRECTS) {
            return List.of(
                    new Way(
                            asked,
                            service,
                            Optional.of(
                                    "more than "
                                            + FailoverPolicy.MOST_REDIRECTS
                                            + " redirects in a row")));
        }
        if (!before.add(asked)) {
            return List.of(new Way(asked, service, Optional.of(circle(before, asked))));
        }
        var ways = new ArrayList<Way>();
        for (var redirect : policy.redirect()) {
            var next = rewritten(asked, redirect);
            // A service that redirects to a subset of itself, or to its sameness group, arrives.
            ways.addAll(
                    next.equals(asked)
                            ? List.of(here(asked, policy))
                            : follow(next, service, new LinkedHashSet<>(before)));
        }
        return ways;
    }

    private static Way here(Destination asked, FailoverPolicy policy) {
        var subset = asked.subset().isEmpty() ? policy.defaultSubset() : asked.subset();
        return new Way(
                new Destination(asked.service(), subset, Optional.empty()),
                asked.service(),
                Optional.empty());
    }

    private static String circle(Set<Destination> before, Destination again) {
        return Stream.concat(before.stream(), Stream.of(again))
                .dropWhile(one -> !one.equals(again))
                .map(one ->
                        (one.subset().isEmpty() ? "" : one.subset() + ".") + one.service().value())
                .collect(Collectors.joining(" -> ", "detected circular resolver redirect: [", "]"));
    }
}
