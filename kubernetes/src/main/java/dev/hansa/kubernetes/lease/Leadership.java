package dev.hansa.kubernetes.lease;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One of the replicas holds the Lease and writes. It believes so for a shorter time than others
/// wait, counted from before it asked; what it begins must end within that time; and it gives the
/// Lease back only when its work has ended. A replica that cannot stop in time lets it run out.
public final class Leadership implements Fence, AutoCloseable {
    /// Renewals that may be lost before the holder must stop.
    private static final int RENEWALS = 6;

    /// Clocks of two machines do not run equally fast; a tenth is far more than they differ.
    private static final int MARGIN = 10;

    /// What becomes of the leadership.
    public interface Listener {
        void gained();

        void lost(String reason);

        /// The Lease could not be asked for or renewed; told when the reason is another one than
        /// before.
        void failed(String reason);
    }

    /// @param duration how long others wait for a holder that is silent
    public record Terms(String namespace, String name, String identity, Duration duration) {
        Duration period() {
            return duration.dividedBy(RENEWALS);
        }

        Duration margin() {
            return duration.dividedBy(MARGIN);
        }
    }

    private record Sight(String holder, String renewed, int transitions) {}

    private final Terms terms;
    private final KubernetesClient client;
    private final Clock clock;
    private final LongSupplier nanos;
    private final Listener listener;
    private final BooleanSupplier workHasEnded;
    private @Nullable Thread thread;
    private @Nullable Sight seen;
    private long seenAt;
    private volatile boolean leading;
    private volatile long until;
    private volatile long lastRound;
    private volatile boolean stopped;
    private String failure = "";

    /// @param nanos a clock that only runs forward
    /// @param workHasEnded asked when this is closed
    public Leadership(
            Terms terms,
            KubernetesClient client,
            Clock clock,
            LongSupplier nanos,
            Listener listener,
            BooleanSupplier workHasEnded) {
        this.terms = terms;
        this.client = client;
        this.clock = clock;
        this.nanos = nanos;
        this.listener = listener;
        this.workHasEnded = workHasEnded;
        this.lastRound = nanos.getAsLong();
    }

    /// Asks for the Lease from now on.
    public void start() {
        thread = Thread.ofVirtual().name("lease").start(this::run);
    }

    private void run() {
        while (!stopped) {
            round();
            try {
                Thread.sleep(terms.period());
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    /// One attempt to get or to keep it.
    void round() {
        var began = nanos.getAsLong();
        try {
            var isOurs = renew(began);
            failure = "";
            if (isOurs) {
                until = began + terms.duration().toNanos() - terms.margin().toNanos();
                if (!leading) {
                    leading = true;
                    listener.gained();
                }
            } else if (leading) {
                lose("another replica holds the lease");
            }
        } catch (KubernetesClientException e) {
            // the API server is away or somebody was faster; what we have, we have until its end
            failed(words(e));
            if (leading && nanos.getAsLong() - until >= 0) {
                lose("the lease could not be renewed: " + words(e));
            }
        }
        lastRound = nanos.getAsLong();
    }

    private static String words(KubernetesClientException e) {
        return e.getCode() > 0 ? "HTTP " + e.getCode() : "the API server does not answer";
    }

    private void failed(String reason) {
        if (!reason.equals(failure)) {
            failure = reason;
            listener.failed(reason);
        }
    }

    private void lose(String reason) {
        leading = false;
        listener.lost(reason);
    }

    /// @return whether it is ours now
    private boolean renew(long now) {
        var found = client.leases().inNamespace(terms.namespace()).withName(terms.name()).get();
        if (found == null) {
            client.leases()
                    .inNamespace(terms.namespace())
                    .resource(lease(Optional.empty(), 0))
                    .create();
            return true;
        }
        var spec = found.getSpec();
        var holder = Objects.requireNonNullElse(spec.getHolderIdentity(), "");
        var transitions = Objects.requireNonNullElse(spec.getLeaseTransitions(), 0);
        if (!holder.equals(terms.identity()) && !holder.isEmpty()) {
            var sight = new Sight(holder, String.valueOf(spec.getRenewTime()), transitions);
            if (!sight.equals(seen)) {
                seen = sight;
                seenAt = now;
                return false;
            }
            var theirs =
                    Duration.ofSeconds(
                            Objects.requireNonNullElse(spec.getLeaseDurationSeconds(), 0));
            var patience = theirs.compareTo(terms.duration()) > 0 ? theirs : terms.duration();
            if (now - seenAt < patience.toNanos()) {
                return false;
            }
        }
        var isNew = !holder.equals(terms.identity());
        client.leases()
                .inNamespace(terms.namespace())
                .resource(lease(Optional.of(found), isNew ? transitions + 1 : transitions))
                .update();
        return true;
    }

    private Lease lease(Optional<Lease> before, int transitions) {
        var now = ZonedDateTime.now(clock.withZone(ZoneOffset.UTC)).truncatedTo(ChronoUnit.MICROS);
        var acquired =
                before.filter(lease -> terms.identity().equals(lease.getSpec().getHolderIdentity()))
                        .map(lease -> lease.getSpec().getAcquireTime())
                        .orElse(now);
        return before.map(LeaseBuilder::new)
                .orElseGet(LeaseBuilder::new)
                .editOrNewMetadata()
                .withName(terms.name())
                .withNamespace(terms.namespace())
                .endMetadata()
                .editOrNewSpec()
                .withHolderIdentity(terms.identity())
                .withLeaseDurationSeconds(Math.toIntExact(terms.duration().toSeconds()))
                .withAcquireTime(acquired)
                .withRenewTime(now)
                .withLeaseTransitions(transitions)
                .endSpec()
                .build();
    }

    public boolean isLeading() {
        return leading && nanos.getAsLong() - until < 0;
    }

    @Override
    public boolean holdsFor(Duration work) {
        return leading && nanos.getAsLong() + work.toNanos() - until <= 0;
    }

    /// How long ago the last attempt ended: a loop that hangs is seen by it.
    public Duration sinceLastRound() {
        return Duration.ofNanos(nanos.getAsLong() - lastRound);
    }

    @Override
    public void close() {
        stopped = true;
        var running = thread;
        if (running != null) {
            running.interrupt();
            try {
                running.join(terms.duration());
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
        if (!leading) {
            return;
        }
        leading = false;
        if (workHasEnded.getAsBoolean()) {
            release();
        }
        listener.lost("this replica stops");
    }

    private void release() {
        try {
            var resource =
                    client.leases().inNamespace(terms.namespace()).withName(terms.name()).get();
            if (resource != null
                    && terms.identity().equals(resource.getSpec().getHolderIdentity())) {
                client.leases()
                        .inNamespace(terms.namespace())
                        .resource(
                                new LeaseBuilder(resource)
                                        .editSpec()
                                        .withHolderIdentity("")
                                        .endSpec()
                                        .build())
                        .update();
            }
        } catch (KubernetesClientException _) {
            // it runs out
        }
    }
}
