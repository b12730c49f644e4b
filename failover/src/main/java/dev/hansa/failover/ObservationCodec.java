package dev.hansa.failover;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.wire.Observed;
import dev.hansa.failover.wire.ObservedCaller;
import dev.hansa.failover.wire.ObservedCallers;
import dev.hansa.failover.wire.ObservedEndpoint;
import dev.hansa.failover.wire.ObservedTarget;
import dev.hansa.failover.wire.ObservedUpstream;
import dev.hansa.trustbundle.SpiffeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalLong;

/// Between [Sightings] and the proxies' protocol. What a proxy says is bounded when it is read.
public final class ObservationCodec {
    /// A label, a host or a sign.
    private static final int MAX_TEXT = 256;

    /// Connections that stand at one proxy: far more than a machine has ports and files for.
    private static final long MAX_OPEN = 1L << 31;

    private ObservationCodec() {}

    public static Observed encode(Sightings sightings) {
        var message = Observed.newBuilder();
        sightings.callers().ifPresent(callers -> message.setCallers(encode(callers)));
        for (var one : sightings.upstreams()) {
            var upstream =
                    ObservedUpstream.newBuilder()
                            .setUpstream(RouteCodec.encode(one.upstream()))
                            .setRefused(one.refused())
                            .addAllTook(one.took());
            one.targets().forEach(target -> upstream.addTargets(encode(target)));
            message.addUpstreams(upstream);
        }
        return message.build();
    }

    private static ObservedCallers encode(Callers callers) {
        var message =
                ObservedCallers.newBuilder()
                        .setBeyondOpen(callers.beyond().open())
                        .setBeyondCarried(callers.beyond().carried());
        callers.each()
                .forEach(caller ->
                        message.addEach(
                                ObservedCaller.newBuilder()
                                        .setSource(caller.id().uri())
                                        .setOpen(caller.count().open())
                                        .setCarried(caller.count().carried())));
        return message.build();
    }

    private static ObservedTarget encode(Observation.OfTarget target) {
        var message =
                ObservedTarget.newBuilder()
                        .setTarget(target.label())
                        .setCarried(target.carried())
                        .setFailed(target.failed());
        target.open().ifPresent(message::setOpen);
        target.suspects().stream()
                .limit(Observation.MOST_SUSPECTS)
                .forEach(suspect ->
                        message.addSuspects(
                                ObservedEndpoint.newBuilder()
                                        .setAddress(RouteCodec.encode(suspect.address()))
                                        .setSign(suspect.sign())
                                        .setFailures(suspect.failures())
                                        .setForMs(suspect.lasting().toMillis())));
        return message.build();
    }

    /// @param asked the upstreams that the proxy has: there is nothing to say of others
    /// @throws IllegalArgumentException when it is not what a sidecar sends; names expected and
    ///   found
    public static Sightings decode(Observed message, Collection<UpstreamName> asked) {
        var all =
                message.getUpstreamsList().stream()
                        .map(ObservationCodec::decode)
                        .filter(one -> asked.contains(one.upstream()))
                        .toList();
        if (all.stream().map(Observation::upstream).distinct().count() != all.size()) {
            throw new IllegalArgumentException(
                    "observations: expected each upstream once; found one again");
        }
        return new Sightings(
                all,
                message.hasCallers()
                        ? Optional.of(decode(message.getCallers()))
                        : Optional.empty());
    }

    private static Callers decode(ObservedCallers message) {
        // before any of them is read
        bound("callers", message.getEachCount(), Callers.MOST);
        var each = new ArrayList<Callers.OfCaller>();
        var beyond = count(message.getBeyondOpen(), message.getBeyondCarried());
        for (var caller : message.getEachList()) {
            var count = count(caller.getOpen(), caller.getCarried());
            var id = identity(caller.getSource());
            if (id.isPresent()) {
                each.add(new Callers.OfCaller(id.get(), count));
            } else {
                beyond = beyond.plus(count);
            }
        }
        return new Callers(each, beyond);
    }

    private static Callers.Count count(long open, long carried) {
        held("open connections", open, MAX_OPEN);
        held("connections", carried, Callers.Count.MOST);
        return new Callers.Count(open, carried);
    }

    /// Empty for what is none: a caller chooses its name, and the sidecar that passes it on must
    /// not lose its stream for it.
    private static Optional<SpiffeId> identity(String text) {
        try {
            return text.length() > Callers.MAX_IDENTITY
                    ? Optional.empty()
                    : Optional.of(SpiffeId.parse(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static Observation decode(ObservedUpstream message) {
        bound("targets of one upstream", message.getTargetsCount(), Observation.MOST_TARGETS);
        bound("classes of time", message.getTookCount(), Observation.TIMES);
        held("refusals", message.getRefused(), Callers.Count.MOST);
        message.getTookList().forEach(count -> held("connections", count, Callers.Count.MOST));
        return new Observation(
                RouteCodec.decode(message.getUpstream()),
                message.getRefused(),
                message.getTookList(),
                message.getTargetsList().stream().map(ObservationCodec::decode).toList());
    }

    private static Observation.OfTarget decode(ObservedTarget message) {
        bound("suspects of one target", message.getSuspectsCount(), Observation.MOST_SUSPECTS);
        count(message.getOpen(), message.getCarried());
        held("failed attempts", message.getFailed(), Callers.Count.MOST);
        return new Observation.OfTarget(
                cut(message.getTarget()),
                message.getCarried(),
                message.hasOpen() ? OptionalLong.of(message.getOpen()) : OptionalLong.empty(),
                message.getFailed(),
                message.getSuspectsList().stream()
                        .map(suspect ->
                                new Observation.Suspect(
                                        new Endpoint(
                                                cut(suspect.getAddress().getHost()),
                                                suspect.getAddress().getPort()),
                                        cut(suspect.getSign()),
                                        suspect.getFailures(),
                                        Duration.ofMillis(Math.max(0, suspect.getForMs()))))
                        .toList());
    }

    private static void bound(String what, int found, int most) {
        if (found > most) {
            throw new IllegalArgumentException(
                    "observations: expected at most " + most + " " + what + "; found " + found);
        }
    }

    private static void held(String what, long found, long most) {
        if (found < 0 || found > most) {
            throw new IllegalArgumentException(
                    "observations: expected counts from 0 to "
                            + most
                            + " of "
                            + what
                            + "; found "
                            + found);
        }
    }

    private static String cut(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
    }
}
