package dev.hansa.peering.cluster;

import dev.hansa.peering.store.CaRecord;
import dev.hansa.peering.store.MemberTls;
import dev.hansa.peering.store.StoreState;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import java.time.Clock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Who this server is to the other members of the log. The log keeps the authority that says so,
/// and opening the log takes an identity: it begins with the authority of this server's last life,
/// or makes the first one, and follows the log from then on.
public final class MemberIdentity {
    private final Datacenter datacenter;
    private final Supplier<CaRecord> maker;
    private final Clock clock;
    private volatile @Nullable CaRecord first;
    private volatile @Nullable Supplier<ServerCertificate> own;
    private volatile @Nullable Supplier<TrustBundle> bundle;

    /// @param maker makes the datacenter's first authority; called once at most
    public MemberIdentity(Datacenter datacenter, Supplier<CaRecord> maker, Clock clock) {
        this.datacenter = datacenter;
        this.maker = maker;
        this.clock = clock;
    }

    /// @param atStart what this server's disk says
    public MemberTls tls(StoreState atStart) {
        if (atStart.ca().isPresent() || own == null) {
            begin(atStart);
        }
        var domain = present(bundle).get().trustDomain();
        return new MemberTls(
                new ServerKeyManager(() -> present(own).get()),
                new MemberTrust(
                        SpiffeId.server(domain, datacenter), () -> present(bundle).get(), clock));
    }

    private void begin(StoreState atStart) {
        var ca = atStart.ca().orElseGet(maker);
        var issuing = ca.issuing();
        var authority = new CertificateAuthority(() -> issuing, clock);
        var certificate = ServerCertificate.issue(authority, issuing.trustDomain(), datacenter);
        first = ca;
        follow(() -> certificate, authority::bundle);
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("no identity yet");
        }
        return value;
    }

    /// The authority of the identity: for the log to begin with, when it has none.
    ///
    /// @throws IllegalStateException before [#tls], and for a server that has joined others
    public CaRecord authority() {
        return present(first);
    }

    /// This server has been told who it is by the others: they have the authority.
    public void joined(ServerCertificate certificate, TrustBundle roots) {
        follow(() -> certificate, () -> roots);
    }

    /// From now on the certificate and the roots are these.
    public void follow(Supplier<ServerCertificate> certificate, Supplier<TrustBundle> roots) {
        own = certificate;
        bundle = roots;
    }
}
