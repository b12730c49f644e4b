package dev.hansa.tests.multicluster;

import static dev.hansa.tests.multicluster.SoakClients.ask;

import dev.hansa.peering.store.StrangerCall;
import dev.hansa.peering.wire.ExchangeSecretRequest;
import dev.hansa.tests.multicluster.SoakHistory.Kind;
import dev.hansa.tests.multicluster.SoakHistory.Outcome;
import dev.hansa.token.PeeringToken;
import dev.hansa.token.TokenReader;
import dev.hansa.token.TokenReading;
import dev.hansa.token.TokenTerms;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustBundle;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// Makes peering tokens at whichever server of a datacenter, and shows them more often than they
/// may be used.
final class SoakTokens {
    private static final String PEER_STREAM =
            "hashicorp.consul.internal.peerstream.PeerStreamService";

    private static final int READS = 2;

    /// The peering of the two datacenters is renewed this often at most: each attempt of a dialer
    /// waits for its peer, which may be what is hurt.
    private static final int RENEWAL_MILLIS = 2_000;

    /// As far as [SoakFaults] sets one.
    private static final Duration CLOCK_OFF = Duration.ofHours(1);

    private final ServerGroup group;
    private final SoakHistory history;
    private final SoakChoices choices;
    private final BooleanSupplier isOver;

    SoakTokens(
            ServerGroup group, SoakHistory history, SoakChoices choices, BooleanSupplier isOver) {
        this.group = group;
        this.history = history;
        this.choices = choices;
        this.isOver = isOver;
    }

    /// Peerings that nobody dials, each under a name of its own. One whose token was acknowledged
    /// is shown by whichever server until it is deleted, and by none after that; its secret is
    /// exchanged once, of two who show it at the same time and one who does later.
    void invite() throws InterruptedException {
        for (var n = 0; !isOver.getAsBoolean(); n++) {
            choices.nextRound();
            var name = group.name() + "-p" + n;
            var token = generate(name, Optional.of(name));
            if (token.isPresent()) {
                var read = read(name, token.get());
                var one = choices.server(group);
                var other = choices.server(group);
                var first = Thread.ofVirtual().start(() -> exchange(name, read, one));
                var second = Thread.ofVirtual().start(() -> exchange(name, read, other));
                first.join();
                second.join();
                exchange(name, read, choices.server(group));
                for (var i = 0; i < READS; i++) {
                    choices.pause(SoakClients.OPERATION_MILLIS);
                    present(group, name);
                }
                delete(name);
            }
            choices.pause(SoakClients.OPERATION_MILLIS);
        }
    }

    /// @param key of the history, where the peering is a new one
    private Optional<String> generate(String peer, Optional<String> key)
            throws InterruptedException {
        var begun = System.nanoTime();
        var told =
                ask(
                        group,
                        choices.server(group),
                        "POST",
                        "/v1/peering/token",
                        "{\"PeerName\":\"" + peer + "\"}");
        var isTaken = told.status() == 200;
        key.ifPresent(name ->
                history.add(
                        new SoakHistory.Write(
                                Kind.TOKEN_GENERATED,
                                name,
                                SoakHistory.THERE,
                                isTaken,
                                begun,
                                System.nanoTime())));
        return isTaken
                ? Optional.of(SoakClients.json(told.body()).path("PeeringToken").asText())
                : Optional.empty();
    }

    /// A server whose clock is an hour off makes tokens by it; they are no less to be used once.
    ///
    /// @param peer whose datacenter it is for, by the same name
    private static PeeringToken read(String peer, String text) {
        var terms = TokenTerms.of(new Datacenter(peer));
        var now = Instant.now();
        var found = "";
        for (var at : List.of(now, now.plus(CLOCK_OFF), now.minus(CLOCK_OFF))) {
            switch (new TokenReader().read(text, at, terms)) {
                case TokenReading.Accepted(var token, _, _) -> {
                    return token;
                }
                case TokenReading.Rejected(var rejection) -> found = rejection.sentence();
            }
        }
        throw new IllegalStateException(found);
    }

    private void exchange(String name, PeeringToken token, int asked) {
        var request =
                ExchangeSecretRequest.newBuilder()
                        .setPeerID(token.peerId())
                        .setEstablishmentSecret(token.establishmentSecret().value())
                        .build()
                        .toByteArray();
        var roots = TrustBundle.fromPem(token.issuer(), token.caPems()).roots();
        SoakClients.show(
                group,
                asked,
                history,
                Kind.ESTABLISHMENT_SECRET,
                name,
                number ->
                        StrangerCall.unary(
                                group.host(number) + ":8503",
                                token.serverName(),
                                roots,
                                PEER_STREAM,
                                "ExchangeSecret",
                                request,
                                SoakClients.PROBE_LIMIT));
    }

    /// A peering that was not deleted.
    private void present(ServerGroup at, String name) throws InterruptedException {
        var begun = System.nanoTime();
        var told = peering(at, name);
        if (told.status() == 200 || told.status() == 404) {
            history.add(
                    new SoakHistory.Read(
                            "inviter",
                            name,
                            told.status() == 404 ? SoakHistory.ABSENT : SoakHistory.THERE,
                            told.status() == 404
                                    ? 0
                                    : SoakClients.json(told.body()).path("ModifyIndex").asLong(),
                            begun,
                            System.nanoTime()));
        }
    }

    private SoakClients.Told peering(ServerGroup at, String name) throws InterruptedException {
        return ask(at, choices.server(at), "GET", "/v1/peering/" + name, "");
    }

    private void delete(String name) throws InterruptedException {
        if (ask(group, choices.server(group), "DELETE", "/v1/peering/" + name, "").status()
                != 200) {
            return;
        }
        history.add(new SoakHistory.Revocation(Kind.PEERING_DELETION, name, System.nanoTime()));
        for (var i = 0; i < READS; i++) {
            var begun = System.nanoTime();
            var told = peering(group, name);
            // marked first, and then cleared away
            if (told.status() == 200
                    && !SoakClients.json(told.body())
                            .path("State")
                            .asText()
                            .toUpperCase(Locale.ROOT)
                            .equals("DELETING")) {
                history.add(new SoakHistory.Seen(name, begun));
            }
            choices.pause(SoakClients.OPERATION_MILLIS);
        }
    }

    /// The two datacenters' own peering, with a fresh token each time, shown to two servers of the
    /// dialer at the same time and once more later. It is there all the while.
    void renew(ServerGroup dialer) throws InterruptedException {
        // one of which nobody knows what became may still be made, and makes the next one worthless
        var isSure = true;
        for (var n = 0; !isOver.getAsBoolean(); n++) {
            choices.nextRound();
            var token = generate(dialer.name(), Optional.empty());
            isSure &= token.isPresent();
            if (token.isPresent()) {
                var secret = "renewal-" + n;
                var refused = isSure ? Outcome.REFUSED : Outcome.UNKNOWN;
                var first = establishing(dialer, secret, token.get(), refused);
                var second = establishing(dialer, secret, token.get(), refused);
                first.join();
                second.join();
                establishing(dialer, secret, token.get(), refused).join();
                present(dialer, group.name());
            }
            choices.pause(RENEWAL_MILLIS);
        }
    }

    private Thread establishing(ServerGroup dialer, String secret, String token, Outcome refused) {
        var asked = choices.server(dialer);
        return Thread.ofVirtual()
                .start(() -> {
                    try {
                        establish(dialer, asked, secret, token, refused);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    private void establish(
            ServerGroup dialer, int asked, String secret, String token, Outcome refused)
            throws InterruptedException {
        var begun = System.nanoTime();
        var told =
                ask(
                        dialer,
                        asked,
                        "POST",
                        "/v1/peering/establish",
                        "{\"PeerName\":\""
                                + group.name()
                                + "\",\"PeeringToken\":\""
                                + token
                                + "\"}");
        var ended = System.nanoTime();
        var outcome =
                switch (told.status()) {
                    case 200 -> Outcome.TAKEN;
                    // an earlier attempt of the same dialer may be who used it
                    case 403 ->
                            told.body().contains("earlier attempts") ? Outcome.UNKNOWN : refused;
                    default -> Outcome.UNKNOWN;
                };
        history.add(new SoakHistory.Use(Kind.ESTABLISHMENT_SECRET, secret, outcome, begun, ended));
        history.add(
                new SoakHistory.Write(
                        Kind.TOKEN_ESTABLISHED,
                        group.name(),
                        SoakHistory.THERE,
                        outcome == Outcome.TAKEN,
                        begun,
                        ended));
    }
}
