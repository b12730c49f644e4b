package dev.hansa.gateway.discovery;

import dev.hansa.gateway.discovery.DnsAnswer.Addresses;
import dev.hansa.gateway.discovery.DnsAnswer.NoAnswer;
import dev.hansa.gateway.discovery.DnsAnswer.NoSuchName;
import dev.hansa.gateway.discovery.NamedEndpoints.Found;
import dev.hansa.gateway.discovery.NamedEndpoints.Resolver;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.resolver.HostsFileEntriesProvider;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.SequentialDnsServerAddressStreamProvider;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Asks the machine's name servers, which say for how long an answer holds. What they do not answer
/// for is looked up as the machine is set up to, which may know of more than name servers.
///
/// Netty sends, receives and decodes. It does not choose: its own choice takes half an answer for a
/// whole one, and reads the hosts file and the domains to search once in a process.
final class DnsLookup implements Resolver {
    /// Both files are read each time: a machine may get other name servers while a proxy runs.
    static final Resolver OF_THE_MACHINE =
            new DnsLookup(
                    Path.of("/etc/hosts"),
                    () -> ResolvConf.read(Path.of("/etc/resolv.conf")),
                    Resolver.OF_THE_SYSTEM);

    /// For each question to each name server, one of which may be away. The C library asks another
    /// after 5 s.
    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(2);

    /// For all of them and all domains to search: a thread waits.
    private static final Duration ALL_WITHIN = Duration.ofSeconds(10);

    /// Of the process, and made when there is a name to look up: most proxies have none.
    private static final class Loops {
        private static final MultiThreadIoEventLoopGroup ONE =
                new MultiThreadIoEventLoopGroup(
                        1, new DefaultThreadFactory("dns", true), NioIoHandler.newFactory());
    }

    private final Path hosts;
    private final SetUp setUp;
    private final Resolver otherwise;

    /// Which name servers to ask.
    @FunctionalInterface
    interface SetUp {
        ResolvConf now() throws IOException;
    }

    /// @param otherwise asked when no name server has an answer
    DnsLookup(Path hosts, SetUp setUp, Resolver otherwise) {
        this.hosts = hosts;
        this.setUp = setUp;
        this.otherwise = otherwise;
    }

    @Override
    public Found resolve(String host) throws UnknownHostException {
        var listed = listed(host);
        if (!listed.isEmpty()) {
            return Found.of(listed);
        }
        try {
            var found = ask(host, setUp.now());
            if (found.isPresent()) {
                return found.get();
            }
        } catch (IOException | RuntimeException | LinkageError _) {
            // nobody to ask, or no socket to ask by, or no such name can be: the system has its say
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnknownHostException("'" + host + "': interrupted");
        }
        return otherwise.resolve(host);
    }

    /// In the hosts file.
    private List<InetAddress> listed(String host) {
        try {
            var entries =
                    HostsFileEntriesProvider.parser().parse(hosts.toFile(), StandardCharsets.UTF_8);
            var name = host.toLowerCase(Locale.ENGLISH);
            var addresses = new ArrayList<>(entries.ipv4Entries().getOrDefault(name, List.of()));
            addresses.addAll(entries.ipv6Entries().getOrDefault(name, List.of()));
            return addresses;
        } catch (IOException | RuntimeException _) {
            // whatever it says, the system can read it if anybody can
            return List.of();
        }
    }

    /// Empty: nobody has an address of it.
    private static Optional<Found> ask(String host, ResolvConf setUp) throws InterruptedException {
        if (setUp.nameServers().isEmpty()) {
            return Optional.empty();
        }
        var question = new Question(setUp.nameServers());
        try (var resolver = question.resolver) {
            for (var name : setUp.names(host)) {
                var answers = question.ask(name);
                var found = found(answers);
                // where one of them may have addresses, the name is not another's
                if (found.isPresent() || !isNo(answers)) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Found> found(Map<StandardProtocolFamily, DnsAnswer> answers) {
        var addresses = new ArrayList<InetAddress>();
        var unanswered = new EnumMap<StandardProtocolFamily, String>(StandardProtocolFamily.class);
        var seconds = Long.MAX_VALUE;
        for (var answer : answers.entrySet()) {
            switch (answer.getValue()) {
                case Addresses(var all, var holds) -> {
                    addresses.addAll(all);
                    seconds = Math.min(seconds, holds);
                }
                // contradicts the other one, which has some: there are such name servers
                case NoSuchName _ -> unanswered.put(answer.getKey(), "no such name");
                case NoAnswer(var why) -> unanswered.put(answer.getKey(), why);
            }
        }
        return addresses.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Found(addresses, unanswered, Optional.of(Duration.ofSeconds(seconds))));
    }

    private static boolean isNo(Map<StandardProtocolFamily, DnsAnswer> answers) {
        return answers.values().stream().anyMatch(NoSuchName.class::isInstance)
                || answers.values().stream().noneMatch(NoAnswer.class::isInstance);
    }

    /// One lookup, with a port of its own.
    private static final class Question {
        private final EventLoop loop = Loops.ONE.next();
        private final List<InetSocketAddress> nameServers;
        private final DnsNameResolver resolver;
        private final long until = System.nanoTime() + ALL_WITHIN.toNanos();

        Question(List<InetSocketAddress> nameServers) {
            this.nameServers = nameServers;
            this.resolver =
                    new DnsNameResolverBuilder(loop)
                            .datagramChannelFactory(NioDatagramChannel::new)
                            // for what is too long for a datagram
                            .socketChannelFactory(NioSocketChannel::new)
                            // or public ones count as set up
                            .nameServerProvider(
                                    new SequentialDnsServerAddressStreamProvider(nameServers))
                            .queryTimeoutMillis(ANSWERS_WITHIN.toMillis())
                            // some refuse what they do not know; the C library does not ask so
                            .optResourceEnabled(false)
                            .build();
        }

        /// For both families at once, name server after name server until both are answered.
        Map<StandardProtocolFamily, DnsAnswer> ask(String name) throws InterruptedException {
            var answers =
                    new EnumMap<StandardProtocolFamily, DnsAnswer>(StandardProtocolFamily.class);
            NamedEndpoints.families()
                    .forEach(family -> answers.put(family, new NoAnswer("nobody was asked")));
            for (var server : nameServers) {
                var asked =
                        new EnumMap<StandardProtocolFamily, Promise<DnsAnswer>>(
                                StandardProtocolFamily.class);
                answers.forEach((family, answer) -> {
                    if (answer instanceof NoAnswer) {
                        asked.put(family, ask(server, name, type(family)));
                    }
                });
                for (var each : asked.entrySet()) {
                    var left = Math.max(0, until - System.nanoTime());
                    answers.put(
                            each.getKey(),
                            each.getValue().await(left, TimeUnit.NANOSECONDS)
                                    ? each.getValue().getNow()
                                    : new NoAnswer("no time is left to ask " + server));
                }
            }
            return answers;
        }

        private static DnsRecordType type(StandardProtocolFamily family) {
            return family == StandardProtocolFamily.INET ? DnsRecordType.A : DnsRecordType.AAAA;
        }

        /// Succeeds always.
        private Promise<DnsAnswer> ask(InetSocketAddress server, String name, DnsRecordType type) {
            Promise<DnsAnswer> answer = loop.newPromise();
            var question = new DefaultDnsQuestion(name, type);
            resolver.query(server, question)
                    .addListener((Future<AddressedEnvelope<DnsResponse, InetSocketAddress>> done) ->
                            answer.trySuccess(taken(question, server, done)));
            return answer;
        }

        private static DnsAnswer taken(
                DnsQuestion question,
                InetSocketAddress server,
                Future<AddressedEnvelope<DnsResponse, InetSocketAddress>> done) {
            if (!done.isSuccess()) {
                return new NoAnswer(server + ": " + done.cause().getMessage());
            }
            var envelope = done.getNow();
            try {
                var answer = DnsAnswer.of(question, envelope.content());
                return answer instanceof NoAnswer(var why)
                        ? new NoAnswer(server + ": " + why)
                        : answer;
            } catch (RuntimeException e) {
                return new NoAnswer(server + ": " + e.getMessage());
            } finally {
                envelope.release();
            }
        }
    }
}
