package dev.hansa.gateway.discovery;

import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// What a name server says of a name's addresses of one family.
sealed interface DnsAnswer {
    /// @param addresses none: it has none of this family
    /// @param seconds for how long each part of the answer holds
    record Addresses(List<InetAddress> addresses, long seconds) implements DnsAnswer {
        public Addresses {
            addresses = List.copyOf(addresses);
        }
    }

    /// It has none of any family.
    record NoSuchName() implements DnsAnswer {}

    /// It is not known whether there are any.
    record NoAnswer(String why) implements DnsAnswer {}

    static DnsAnswer of(DnsQuestion question, DnsResponse response) {
        if (response.code().equals(DnsResponseCode.NXDOMAIN)) {
            return new NoSuchName();
        }
        if (!response.code().equals(DnsResponseCode.NOERROR)) {
            return new NoAnswer(response.code().toString());
        }
        var records =
                IntStream.range(0, response.count(DnsSection.ANSWER))
                        .mapToObj(i -> response.recordAt(DnsSection.ANSWER, i))
                        .filter(DnsRawRecord.class::isInstance)
                        .map(DnsRawRecord.class::cast)
                        .toList();
        if (response.isTruncated()) {
            return new NoAnswer("there is more of it than has arrived");
        }
        var found = among(records, question);
        // it knows nothing of the name, or where another one leads, and asks nobody
        return found.addresses().isEmpty()
                        && !response.isAuthoritativeAnswer()
                        && !response.isRecursionAvailable()
                ? new NoAnswer("nothing in it")
                : found;
    }

    private static Addresses among(List<DnsRawRecord> records, DnsQuestion question) {
        var addresses = new ArrayList<InetAddress>();
        var seconds = Long.MAX_VALUE;
        var name = question.name();
        // no chain of aliases is longer than what it is written in
        for (var i = 0; i < records.size(); i++) {
            var alias = of(records, name, DnsRecordType.CNAME);
            if (alias.isEmpty()) {
                break;
            }
            seconds = Math.min(seconds, alias.getFirst().timeToLive());
            name = DefaultDnsRecordDecoder.decodeName(alias.getFirst().content().duplicate());
        }
        for (var record : of(records, name, question.type())) {
            seconds = Math.min(seconds, record.timeToLive());
            addresses.add(address(record));
        }
        return new Addresses(addresses, seconds);
    }

    private static List<DnsRawRecord> of(
            List<DnsRawRecord> records, String name, DnsRecordType type) {
        return records.stream()
                .filter(record ->
                        record.type().equals(type) && record.name().equalsIgnoreCase(name))
                .toList();
    }

    /// @throws IllegalArgumentException when it is none
    private static InetAddress address(DnsRawRecord record) {
        var content = new byte[record.content().readableBytes()];
        record.content().duplicate().readBytes(content);
        try {
            return InetAddress.getByAddress(content);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(
                    record.type() + ": expected an address; found " + content.length + " bytes", e);
        }
    }
}
