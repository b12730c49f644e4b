package dev.hansa.peering.api;

import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Locale;

/// Refuses requests about a namespace or a partition other than `default`, in the words of Consul's
/// Community Edition, which has one of each too. Read over, a write meant for another would change
/// what everybody has.
final class OneNamespace {
    private static final String ONLY = "default";

    private OneNamespace() {}

    /// @param plural as in the sentence
    private record Name(String query, String header, String plural) {}

    private static final List<Name> NAMES =
            List.of(
                    new Name("ns", "X-Consul-Namespace", "Namespaces"),
                    new Name("partition", "X-Consul-Partition", "Partitions"));

    /// Behind whatever judges that the line can be read.
    static void require(RoutingContext call) {
        if (call.normalizedPath().startsWith("/v1/")) {
            for (var name : NAMES) {
                var header = call.request().getHeader(name.header());
                if (header != null && isAnother(header)) {
                    refuse(call, "header", name.header(), name);
                    return;
                }
                if (call.queryParam(name.query()).stream().anyMatch(OneNamespace::isAnother)) {
                    refuse(call, "query parameter", name.query(), name);
                    return;
                }
            }
        }
        call.next();
    }

    private static boolean isAnother(String value) {
        return !value.isEmpty() && !value.toLowerCase(Locale.ROOT).equals(ONLY);
    }

    private static void refuse(RoutingContext call, String kind, String said, Name name) {
        AnswerWriter.plain(
                call,
                400,
                "Invalid "
                        + kind
                        + ": \""
                        + said
                        + "\" - "
                        + name.plural()
                        + " are a Consul Enterprise feature");
    }
}
