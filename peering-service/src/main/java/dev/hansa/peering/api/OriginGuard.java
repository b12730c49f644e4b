package dev.hansa.peering.api;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Throttle;
import dev.hansa.peering.PeeringEvent;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/// Keeps web pages out that an operator's browser happens to show.
///
/// A server on a loopback address is open to whoever works on the machine, and so to every page in
/// a browser there. A page may point a host name of its own at 127.0.0.1 (DNS rebinding) and then
/// read and write as if it came from us; its requests carry its own name in Host, so any name that
/// is not ours is refused. A page may also ask blindly across origins; its requests carry its own
/// Origin, or Sec-Fetch-Site. Programs send neither.
///
/// Elsewhere a server does not know what names it is called by, and looks at the last two alone:
/// against a name that was pointed at it stands TLS, whose certificate is not that name's.
final class OriginGuard implements Handler<RoutingContext> {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    /// A page of this server, and somebody who has typed the address.
    private static final Set<String> OWN_SITES = Set.of("same-origin", "none");

    /// Between two lines of the log: what is of interest is that there are some, and from where.
    private static final Duration LINE_EVERY = Duration.ofSeconds(10);

    private final String configuredHost;
    private final boolean loopback;
    private final Throttle lines;
    private final Consumer<PeeringEvent> events;

    /// @param nanos a clock that never goes back
    OriginGuard(InetSocketAddress listen, LongSupplier nanos, Consumer<PeeringEvent> events) {
        this.lines = new Throttle(1, LINE_EVERY, nanos);
        this.events = events;
        configuredHost = listen.getHostString().toLowerCase(Locale.ROOT);
        loopback = configuredHost.equals("localhost") || isLoopback(configuredHost);
    }

    private static boolean isLoopback(String host) {
        return isAddress(host) && InetAddress.ofLiteral(unbracketed(host)).isLoopbackAddress();
    }

    private static boolean isAddress(String host) {
        try {
            InetAddress.ofLiteral(unbracketed(host));
            return IPV4.matcher(host).matches() || host.contains(":");
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host;
    }

    @Override
    public void handle(RoutingContext call) {
        var host = host(call.request());
        if (loopback && !isOurs(host)) {
            refuse(
                    call,
                    "Host: expected an IP address, localhost or '"
                            + configuredHost
                            + "'; found '"
                            + ForeignText.shown(host)
                            + "'");
            return;
        }
        var origin = call.request().getHeader("Origin");
        if (origin != null && !isSame(origin, call.request())) {
            refuse(
                    call,
                    "Origin: expected none or this server's; found '"
                            + ForeignText.shown(origin)
                            + "'");
            return;
        }
        var site = call.request().getHeader("Sec-Fetch-Site");
        if (site != null && !OWN_SITES.contains(site) && !isLink(call.request())) {
            refuse(
                    call,
                    "Sec-Fetch-Site: expected same-origin, none, or a link to a page; found '"
                            + ForeignText.shown(site)
                            + "'");
            return;
        }
        call.next();
    }

    /// What somebody has followed from another page; that page sees nothing of the answer.
    private static boolean isLink(HttpServerRequest request) {
        return request.method().equals(HttpMethod.GET)
                && "navigate".equals(request.getHeader("Sec-Fetch-Mode"))
                && "document".equals(request.getHeader("Sec-Fetch-Dest"));
    }

    private static String host(HttpServerRequest request) {
        var authority = request.authority();
        return authority == null ? "" : authority.host().toLowerCase(Locale.ROOT);
    }

    private boolean isOurs(String host) {
        return host.equals("localhost") || host.equals(configuredHost) || isAddress(host);
    }

    private static boolean isSame(String origin, HttpServerRequest request) {
        var authority = request.authority();
        try {
            return authority != null
                    && authority.toString().equalsIgnoreCase(URI.create(origin).getAuthority());
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private void refuse(RoutingContext call, String sentence) {
        var line = lines.line("");
        events.accept(
                new PeeringEvent.CrossOriginRefused(sentence, line.isPresent(), line.orElse(0)));
        call.response()
                .setStatusCode(403)
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .end(sentence);
    }
}
