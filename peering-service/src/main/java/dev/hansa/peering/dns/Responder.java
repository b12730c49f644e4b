package dev.hansa.peering.dns;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.config.DnsSettings;
import dev.hansa.trustbundle.Datacenter;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Type;

/// From the bytes of a query to those of its answer, and the count of both. Confined to one thread.
public final class Responder {
    /// Of TCP's length prefix.
    private static final int TCP_MOST = 65_535;

    /// What each client takes, and no client may ask for less (RFC 6891, 6.2.5).
    private static final int UDP_LEAST = 512;

    /// The longest query that is read whole over UDP (what a datagram's buffer holds); clients are
    /// told.
    private static final int UDP_QUERY = 2048;

    private static final int TRUNCATED = 2;

    private final Zone zone;
    private final Supplier<CatalogSnapshot> catalog;
    private final ReplyWriter writer;
    private final int udpMost;
    private final Consumer<PeeringEvent> events;
    private boolean hasFailed;

    private Responder(
            Zone zone,
            Supplier<CatalogSnapshot> catalog,
            int udpMost,
            Consumer<PeeringEvent> events) {
        this.zone = zone;
        this.catalog = catalog;
        this.writer = new ReplyWriter(UDP_QUERY);
        this.udpMost = udpMost;
        this.events = events;
    }

    /// @param node this server's name in the catalog
    /// @param virtual the address that stands for a service
    public static Responder of(
            DnsSettings settings,
            Datacenter datacenter,
            String node,
            Supplier<CatalogSnapshot> catalog,
            Function<UpstreamName, Optional<VirtualAddress>> virtual,
            Consumer<PeeringEvent> events) {
        var names = new ZoneNames(settings.domain(), datacenter);
        var zone =
                new Zone(
                        names,
                        new NameReader(names.domain(), datacenter),
                        names.node(node, Optional.empty()).orElse(names.domain()),
                        settings.ttl().toSeconds(),
                        virtual,
                        RandomGenerator.getDefault());
        return new Responder(zone, catalog, settings.udpMost(), events);
    }

    /// Over UDP, as long as the client takes it, and never longer than this server sends to anybody
    /// who may not have asked.
    public Optional<byte[]> overUdp(byte[] packet) {
        return answer(packet, "udp");
    }

    public Optional<byte[]> overTcp(byte[] packet) {
        return answer(packet, "tcp");
    }

    /// Something was not answered over UDP since too much waits already.
    void dropped() {
        count("", "udp", Outcome.DROPPED);
    }

    private Optional<byte[]> answer(byte[] packet, String transport) {
        return switch (QueryReader.read(packet)) {
            case Query.Silence _ -> {
                count("", transport, Outcome.IGNORED);
                yield Optional.empty();
            }
            case Query.Faulty faulty -> {
                count(
                        "",
                        transport,
                        faulty.rcode() == Rcode.NOTIMP
                                ? Outcome.NOT_IMPLEMENTED
                                : Outcome.MALFORMED);
                yield Optional.of(ReplyWriter.write(faulty));
            }
            case Query.Question question -> Optional.of(answer(question, transport));
        };
    }

    private byte[] answer(Query.Question question, String transport) {
        byte[] bytes;
        Outcome outcome;
        try {
            var reply = zone.reply(question, catalog.get());
            bytes = writer.write(question, reply, limit(question, transport));
            outcome = (bytes[2] & TRUNCATED) != 0 ? Outcome.TRUNCATED : reply.outcome();
        } catch (RuntimeException e) {
            if (!hasFailed) {
                // once: whoever has found the defect may send it a million times
                hasFailed = true;
                events.accept(new PeeringEvent.BackgroundFailure("an answer by DNS", e));
            }
            bytes = ReplyWriter.failure(question);
            outcome = Outcome.FAILED;
        }
        count(type(question.type()), transport, outcome);
        return bytes;
    }

    private int limit(Query.Question question, String transport) {
        if (transport.equals("tcp")) {
            return TCP_MOST;
        }
        var wanted = question.edns().map(Query.Edns::payload).orElse(0);
        return Math.clamp(wanted, UDP_LEAST, udpMost);
    }

    /// The types that there is something of; a stranger cannot make more labels.
    private static String type(int type) {
        return switch (type) {
            case Type.A, Type.AAAA, Type.SRV, Type.SOA, Type.NS, Type.ANY -> Type.string(type);
            default -> "other";
        };
    }

    private void count(String type, String transport, Outcome outcome) {
        events.accept(
                new PeeringEvent.DnsAnswered(
                        type.isEmpty() ? "none" : type, transport, outcome.word()));
    }
}
