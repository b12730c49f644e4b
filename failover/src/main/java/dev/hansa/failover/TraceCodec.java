package dev.hansa.failover;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.wire.Trace;
import dev.hansa.failover.wire.Traced;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// Between traces and the proxies' protocol. What a proxy says is bounded when it is read.
public final class TraceCodec {
    /// A label, a host, an identity, or why something failed.
    private static final int MAX_TEXT = 512;

    /// A proxy gives up long before; more is no time but a mistake.
    private static final long MAX_MICROS = Duration.ofHours(1).toNanos() / 1000;

    private TraceCodec() {}

    /// @param id names the answer
    public static Trace encode(long id, TraceOrder order) {
        var message = Trace.newBuilder().setId(id);
        return switch (order) {
            case TraceOrder.OfUpstream(var upstream) ->
                    message.setUpstream(RouteCodec.encode(upstream)).build();
            case TraceOrder.OfName(var sni) -> message.setSni(sni).build();
        };
    }

    /// @throws IllegalArgumentException when it asks for nothing that is known here
    public static TraceOrder decode(Trace message) {
        return switch (message.getWhatCase()) {
            case UPSTREAM -> new TraceOrder.OfUpstream(RouteCodec.decode(message.getUpstream()));
            case SNI -> new TraceOrder.OfName(message.getSni());
            case WHAT_NOT_SET ->
                    throw new IllegalArgumentException(
                            "trace: expected an upstream or a name; found neither");
        };
    }

    public static Traced encode(long id, Collection<TracedWay> ways) {
        var message = Traced.newBuilder().setId(id);
        ways.stream().limit(TracedWay.MOST).forEach(way -> message.addWays(encode(way)));
        return message.build();
    }

    /// @param problem why there was nothing to try
    public static Traced problem(long id, String problem) {
        return Traced.newBuilder().setId(id).setProblem(problem).build();
    }

    private static dev.hansa.failover.wire.TracedWay encode(TracedWay way) {
        return dev.hansa.failover.wire.TracedWay.newBuilder()
                .setTarget(way.target())
                .setAddress(RouteCodec.encode(way.address()))
                .setConnected(way.connected().isPresent())
                .setConnectUs(way.connected().map(TraceCodec::micros).orElse(0L))
                .setTookUs(micros(way.took()))
                .setProtocol(way.protocol())
                .setIdentity(way.identity())
                .setFailure(way.failure().orElse(""))
                .build();
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1000;
    }

    /// @throws IllegalArgumentException when it is not what a proxy sends; names expected and found
    public static List<TracedWay> decode(Traced message) {
        if (message.getWaysCount() > TracedWay.MOST) {
            throw new IllegalArgumentException(
                    "trace: expected at most "
                            + TracedWay.MOST
                            + " ways; found "
                            + message.getWaysCount());
        }
        return message.getWaysList().stream().map(TraceCodec::decode).toList();
    }

    /// As a proxy said it, cut to a length that can be read.
    public static String problem(Traced message) {
        return cut(message.getProblem());
    }

    private static TracedWay decode(dev.hansa.failover.wire.TracedWay message) {
        return new TracedWay(
                cut(message.getTarget()),
                new Endpoint(cut(message.getAddress().getHost()), message.getAddress().getPort()),
                message.getConnected()
                        ? Optional.of(duration(message.getConnectUs()))
                        : Optional.empty(),
                duration(message.getTookUs()),
                cut(message.getProtocol()),
                cut(message.getIdentity()),
                message.getFailure().isEmpty()
                        ? Optional.empty()
                        : Optional.of(cut(message.getFailure())));
    }

    private static Duration duration(long micros) {
        return Duration.of(Math.clamp(micros, 0, MAX_MICROS), ChronoUnit.MICROS);
    }

    private static String cut(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
    }
}
