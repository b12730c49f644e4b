package dev.hansa.peering.checks;

import dev.hansa.bootstrap.ForeignText;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Where this server sends requests that users of the API have asked for, as [CheckNetworks] says.
public final class AllowedAddresses implements AutoCloseable {
    /// As many as checks at once, so that a name server that hangs holds up none but those that ask
    /// it. Names are remembered, so that few wait here, and idle threads go.
    private final ExecutorService names =
            new ThreadPoolExecutor(
                    0,
                    CheckRounds.MOST_AT_ONCE,
                    30,
                    TimeUnit.SECONDS,
                    new SynchronousQueue<>(),
                    Thread.ofPlatform().daemon().name("outbound-names-", 0).factory());

    private final Lookup lookup;
    private final CheckNetworks networks;

    /// All addresses of a name.
    @FunctionalInterface
    public interface Lookup {
        InetAddress[] all(String host) throws UnknownHostException;
    }

    public AllowedAddresses() {
        this(CheckNetworks.DEFAULT);
    }

    AllowedAddresses(CheckNetworks networks) {
        this(InetAddress::getAllByName, networks);
    }

    public AllowedAddresses(Lookup lookup) {
        this(lookup, CheckNetworks.DEFAULT);
    }

    private AllowedAddresses(Lookup lookup, CheckNetworks networks) {
        this.lookup = lookup;
        this.networks = networks;
    }

    /// Whoever asks connects to this address and looks the name up no more: a name may have another
    /// address a moment later.
    ///
    /// @throws UnknownHostException when there is none, or one of them is not allowed
    public InetAddress of(String host, Duration timeout)
            throws UnknownHostException, InterruptedException {
        return allOf(host, timeout).getFirst();
    }

    /// [#of], for whoever asks at the next address where one does not answer.
    ///
    /// @return one at least, in the resolver's order
    /// @throws UnknownHostException when there is none, or one of them is not allowed
    public List<InetAddress> allOf(String host, Duration timeout)
            throws UnknownHostException, InterruptedException {
        var all = all(host, timeout);
        for (var address : all) {
            var refusal = networks.refusal(address);
            if (refusal.isPresent()) {
                throw unknown(host, refusal.get());
            }
        }
        return List.of(all);
    }

    /// Looked up on threads of its own: a resolver that hangs would hold up the others, which all
    /// else runs on.
    private InetAddress[] all(String host, Duration timeout)
            throws UnknownHostException, InterruptedException {
        try {
            return new InetAddress[] {InetAddress.ofLiteral(host)};
        } catch (IllegalArgumentException _) {
            // a name
        }
        // throws when all are busy, which is no verdict: nothing is known of the target by that
        var asked = names.submit(() -> lookup.all(host));
        try {
            return asked.get(Math.max(1, timeout.toMillis()), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw unknown(host, "no address for it");
        } catch (TimeoutException _) {
            throw unknown(host, "no answer to its name");
        } finally {
            asked.cancel(true);
        }
    }

    private static UnknownHostException unknown(String host, String found) {
        return new UnknownHostException(found + ": '" + ForeignText.shown(host) + "'");
    }

    /// A URL's, without the brackets of an IPv6 address.
    public static String host(URI url) {
        var host = url.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    @Override
    public void close() {
        names.shutdownNow();
    }
}
