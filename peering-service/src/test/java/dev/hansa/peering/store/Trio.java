package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.tests.support.FreePorts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Three members of one log on loopback, mutual TLS between them, each with a data directory of its
/// own. As a store it is the first of them that runs, leader or not.
final class Trio implements Store {
    private static final CaRecord AUTHORITY = TestStore.authority();

    /// As long as a write may take.
    private static final Duration SOON = Duration.ofSeconds(30);

    private final LogSettings settings;
    private final Supplier<MemberTls> tls;
    private final List<Membership> memberships;
    private final @Nullable RaftStore[] members = new RaftStore[3];

    Trio(LogSettings settings) {
        this(settings, "127.0.0.1");
    }

    /// @param host where all three listen
    Trio(LogSettings settings, String host) {
        this(settings, host, () -> TestStore.tls(AUTHORITY));
    }

    /// @param tls for each member each time it opens
    Trio(LogSettings settings, Supplier<MemberTls> tls) {
        this(settings, "127.0.0.1", tls);
    }

    private Trio(LogSettings settings, String host, Supplier<MemberTls> tls) {
        this(settings, host, "s", tls);
    }

    /// @param prefix of the members' names, where others of this process must not have the same
    static Trio named(String prefix, LogSettings settings) {
        return new Trio(settings, "127.0.0.1", prefix, () -> TestStore.tls(AUTHORITY));
    }

    private Trio(LogSettings settings, String host, String prefix, Supplier<MemberTls> tls) {
        this.settings = settings;
        this.tls = tls;
        this.memberships = memberships(host, prefix);
    }

    private static List<Membership> memberships(String host, String prefix) {
        var group = Optional.of(UUID.randomUUID());
        var all = new ArrayList<Membership.Member>();
        for (var port : FreePorts.some(3)) {
            all.add(
                    new Membership.Member(
                            prefix + all.size(), InetSocketAddress.createUnresolved(host, port)));
        }
        return all.stream()
                .map(member -> new Membership(group, member.name(), member.address(), all))
                .toList();
    }

    private RaftStore opened(Path folder, int number) throws IOException {
        var data = folder.resolve("s" + number);
        if (!Files.exists(data)) {
            // one datacenter seals with one key
            Files.createDirectories(data);
            Files.write(data.resolve(SecretSeal.FILE), new byte[32]);
        }
        return TestStore.led(
                RaftStore.open(
                        data,
                        SealKey.IN_DATA_DIR,
                        memberships.get(number),
                        _ -> tls.get(),
                        Throwable::printStackTrace,
                        Clock.systemUTC(),
                        1L << 30,
                        settings));
    }

    /// Opens those that are closed, all at a time: none can begin without another.
    void openAll(Path folder) {
        open(folder, List.of(0, 1, 2));
    }

    /// All but one.
    void openTwo(Path folder, int closed) {
        open(folder, List.of((closed + 1) % 3, (closed + 2) % 3));
    }

    private void open(Path folder, List<Integer> numbers) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var opening = new HashMap<Integer, Future<RaftStore>>();
            for (var number : numbers) {
                var running = members[number];
                Callable<RaftStore> open = () -> running == null ? opened(folder, number) : running;
                opening.put(number, threads.submit(open));
            }
            for (var number : numbers) {
                members[number] = Objects.requireNonNull(opening.get(number)).get();
            }
            level(numbers);
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Each counts its start, and a follower hears of the others' a little later: whoever reads an
    /// index and then writes would find more than its own write.
    private void level(List<Integer> numbers) throws InterruptedException {
        var most = numbers.stream().mapToLong(n -> member(n).now().index()).max().orElseThrow();
        for (var number : numbers) {
            var now = member(number).state().await(state -> state.index() >= most, SOON);
            if (now.index() < most) {
                throw new IllegalStateException(
                        "s" + number + " is at index " + now.index() + "; expected " + most);
            }
        }
    }

    /// Until each member has the beginning of the audit log.
    void awaitAudit() throws InterruptedException {
        for (var i = 0; i < members.length; i++) {
            var head = member(i).audit().head().await(mark -> mark.number() > 0, SOON);
            if (head.number() == 0) {
                throw new IllegalStateException("s" + i + " has no audit log");
            }
        }
    }

    int port(int number) {
        return memberships.get(number).listen().getPort();
    }

    RaftStore member(int number) {
        var member = members[number];
        if (member == null) {
            throw new IllegalStateException("s" + number + " is closed");
        }
        return member;
    }

    int leader() {
        for (var i = 0; i < members.length; i++) {
            if (members[i] != null && member(i).leads()) {
                return i;
            }
        }
        throw new IllegalStateException("nobody leads");
    }

    void close(int number) {
        member(number).close();
        members[number] = null;
    }

    private RaftStore any() {
        for (var member : members) {
            if (member != null) {
                return member;
            }
        }
        throw new StoreFailure("closed", null);
    }

    @Override
    public StoreAnswer apply(StoreCommand command) {
        return any().apply(command);
    }

    @Override
    public void confirm() {
        any().confirm();
    }

    @Override
    public Optional<String> problem() {
        return any().problem();
    }

    @Override
    public Latest<StoreState> state() {
        return any().state();
    }

    @Override
    public void close() {
        for (var i = 0; i < members.length; i++) {
            if (members[i] != null) {
                close(i);
            }
        }
    }

    @Override
    public String toString() {
        return Arrays.toString(members);
    }
}
