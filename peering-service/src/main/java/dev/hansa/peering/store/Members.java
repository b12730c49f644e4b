package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;

/// Who keeps the log together, who leads, and what they say to each other beside it. The list of
/// members is itself an entry of the log: it survives what the log survives.
public final class Members implements AutoCloseable {
    /// A new member that was away takes a copy of the state first, of at most 1 GiB.
    private static final Duration CHANGE_LIMIT = Duration.ofMinutes(2);

    /// How late a change of leaders is seen at most. What must not be done twice does not rest on
    /// it: it carries a term.
    private static final Duration LOOK_EVERY = Duration.ofMillis(50);

    /// To be told at once what a build can do.
    private static final Duration FORM_LIMIT = Duration.ofSeconds(5);

    private final RaftServer server;
    private final RaftGroupId group;
    private final RaftPeerId self;
    private final InetSocketAddress listen;
    private final MemberCalls calls;
    private final Consumer<Throwable> failures;
    private final Latest<Leadership> leadership = new Latest<>(Leadership.NONE);
    private final ClientId client = ClientId.randomId();
    private final MemberConnections connections;
    private final LeaderContact contact = new LeaderContact();
    private final Candidacy candidacy;
    private final Thread thread;

    Members(
            RaftServer server,
            RaftGroupId group,
            RaftPeerId self,
            InetSocketAddress listen,
            MemberCalls calls,
            LogSettings settings,
            Consumer<Throwable> failures) {
        this.server = server;
        this.group = group;
        this.self = self;
        this.listen = listen;
        this.calls = calls;
        this.failures = failures;
        this.connections = new MemberConnections(server, this, failures);
        this.candidacy = new Candidacy(server, group, this, calls, contact, settings, failures);
        this.thread = Thread.ofVirtual().name("leadership").start(this::watch);
    }

    private void watch() {
        var fails = false;
        try {
            while (true) {
                try {
                    look();
                    fails = false;
                    candidacy.look();
                } catch (RuntimeException | Error e) {
                    leadsNobody();
                    if (!fails) {
                        failures.accept(e);
                    }
                    fails = true;
                }
                connections.look(leadership.get());
                Thread.sleep(LOOK_EVERY);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            leadsNobody();
            failures.accept(e);
        }
    }

    /// Cuts this member off from what members ask each other before an election, as a link does.
    void aside(boolean now) {
        candidacy.out(now);
    }

    /// Whoever has no log, or cannot look, leads nobody.
    private void leadsNobody() {
        leadership.update(old -> {
            var nobody = new Leadership(old.term(), false, Optional.empty());
            return old.equals(nobody) ? old : nobody;
        });
    }

    private synchronized void look() throws IOException {
        var info = server.getDivision(group).getInfo();
        var term = info.getCurrentTerm();
        // who is ready between two looks at the same term leads in that term
        var ready = info.isLeaderReady() && info.getCurrentTerm() == term;
        var leader =
                Optional.ofNullable(info.getLeaderId())
                        .map(RaftPeerId::toString)
                        .filter(name -> ready || !name.equals(self.toString()));
        var now = new Leadership(term, ready, leader);
        contact.look(info, now);
        leadership.update(old -> old.equals(now) ? old : now);
    }

    /// Why the others may not find this server: the log has another address of it. Empty when it
    /// has none, or this one.
    public Optional<String> misplaced() {
        var all = peers();
        var own = peer(self.toString(), listen).getAddress();
        return all.stream()
                .filter(peer -> peer.getId().equals(self))
                .map(RaftPeer::getAddress)
                .filter(known -> all.size() > 1 && !known.equals(own))
                .findFirst()
                .map(known ->
                        "raft.address: expected '"
                                + known
                                + "', where this datacenter's other servers look for this one;"
                                + " found '"
                                + own
                                + "': where it is not reached by the former any more, remove it,"
                                + " and let it join anew with an empty data directory");
    }

    /// Who leads now, and every change of it.
    public Latest<Leadership> leadership() {
        return leadership;
    }

    /// How this server stands to whoever leads.
    public Contact contact() {
        return contact.of(leadership.get());
    }

    /// This server's name among the members.
    public String self() {
        return self.toString();
    }

    /// Names the log: a server that is to be added needs it.
    public String group() {
        return group.getUuid().toString();
    }

    Collection<RaftPeer> peers() {
        return division().getRaftConf().getCurrentPeers();
    }

    /// @throws StoreFailure when it is closed
    RaftServer.Division division() {
        try {
            return server.getDivision(group);
        } catch (IOException e) {
            throw new StoreFailure("members: the log is closed", e);
        }
    }

    Collection<RaftPeer> others() {
        return peers().stream().filter(peer -> !peer.getId().equals(self)).toList();
    }

    /// How many must agree.
    int majority() {
        return peers().size() / 2 + 1;
    }

    /// All members, sorted by name.
    public List<MemberState> list() {
        var leads = leadership.get();
        var silent = silences();
        return peers().stream()
                .map(peer -> {
                    var name = peer.getId().toString();
                    return new MemberState(
                            name,
                            peer.getAddress(),
                            leads.leader().equals(Optional.of(name)),
                            peer.getId().equals(self),
                            Optional.ofNullable(silent.get(name)));
                })
                .sorted(Comparator.comparing(MemberState::name))
                .toList();
    }

    /// Where a server that is to be added finds the members.
    ///
    /// @throws StoreFailure when nobody could find this one
    public List<String> addresses() {
        return peers().stream()
                .map(peer -> (peer.getId().equals(self) ? own() : peer).getAddress())
                .sorted()
                .toList();
    }

    /// Since each member was heard, by name; empty unless this one leads.
    Map<String, Duration> silences() {
        var silent = new HashMap<String, Duration>();
        var role = division().getInfo().getRoleInfoProto();
        if (role.hasLeaderInfo()) {
            silent.put(self.toString(), Duration.ZERO);
            role.getLeaderInfo()
                    .getFollowerInfoList()
                    .forEach(one ->
                            silent.put(
                                    one.getId().getId().toStringUtf8(),
                                    Duration.ofMillis(one.getLastRpcElapsedTimeMs())));
        }
        return silent;
    }

    /// Whether this server is a member: one that waits to be added, and one that was removed, are
    /// not.
    public boolean isMember() {
        return peers().stream().anyMatch(peer -> peer.getId().equals(self));
    }

    /// Adds a server that listens already; returns when it has all that the others have. This
    /// server has to lead. Added already: nothing changes.
    ///
    /// @throws StoreFailure saying why it was not added
    /// @throws InterruptedException when told to stop; it may still happen
    public void add(String name, InetSocketAddress address) throws InterruptedException {
        var next = new ArrayList<RaftPeer>();
        for (var peer : peers()) {
            if (peer.getId().toString().equals(name)) {
                return;
            }
            next.add(peer.getId().equals(self) ? own() : peer);
        }
        if (next.size() >= Membership.MAX_MEMBERS) {
            throw new StoreFailure(
                    "member '"
                            + name
                            + "': expected at most "
                            + Membership.MAX_MEMBERS
                            + " servers; found as many already",
                    null);
        }
        var added = peer(name, address);
        if (calls.form(added.getAddress(), FORM_LIMIT) < CommandCodec.FORM) {
            throw new StoreFailure(
                    "member '"
                            + name
                            + "': expected a server of this version or a newer one; found an older"
                            + " one, which cannot read what this datacenter's log has",
                    null);
        }
        next.add(added);
        change("member '" + name + "'", next);
    }

    /// Removes a member, dead or alive. This server has to lead.
    ///
    /// @throws StoreFailure saying why it was not removed
    /// @throws InterruptedException when told to stop; it may still happen
    public void remove(String name) throws InterruptedException {
        var all = List.copyOf(peers());
        var next = all.stream().filter(peer -> !peer.getId().toString().equals(name)).toList();
        if (next.size() == all.size()) {
            throw new StoreFailure(
                    "member '"
                            + name
                            + "': expected one of "
                            + all.stream().map(peer -> peer.getId().toString()).sorted().toList()
                            + "; found no such",
                    null);
        }
        if (next.isEmpty()) {
            throw new StoreFailure(
                    "member '" + name + "': expected another server that stays; found none", null);
        }
        change("member '" + name + "'", next);
    }

    /// Has another member lead, which has all that this one has. This server has to lead.
    ///
    /// @param to the one that shall; empty: whichever can, the one that was heard last first
    /// @param limit for each that is asked
    /// @return who leads now
    /// @throws StoreFailure saying why none does: this one leads on
    /// @throws InterruptedException when told to stop; it may still happen
    public String transfer(Optional<String> to, Duration limit) throws InterruptedException {
        var others =
                list().stream()
                        .filter(member -> !member.self())
                        .filter(member -> to.isEmpty() || to.get().equals(member.name()))
                        .sorted(Comparator.comparing(one -> one.silent().orElse(CHANGE_LIMIT)))
                        .map(MemberState::name)
                        .toList();
        var found = "no such";
        for (var name : others) {
            found = transfer(name, limit);
            if (found.isEmpty()) {
                return name;
            }
        }
        throw new StoreFailure(
                "the lead: expected "
                        + to.map(name -> "member '" + name + "'").orElse("another member")
                        + " to take it; found: "
                        + found,
                null);
    }

    /// @return why not; empty: it leads
    private String transfer(String name, Duration limit) throws InterruptedException {
        try {
            var reply =
                    server.transferLeadershipAsync(
                                    new TransferLeadershipRequest(
                                            client,
                                            self,
                                            group,
                                            CallId.getAndIncrement(),
                                            RaftPeerId.valueOf(name),
                                            limit.toMillis()))
                            .get(limit.toMillis() + LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
            return reply.isSuccess() ? "" : String.valueOf(reply.getException());
        } catch (TimeoutException _) {
            return "'" + name + "' does not lead within " + limit.toMillis() + " ms";
        } catch (ExecutionException | IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// A server that began alone may have told the log an address that nobody else can use.
    private RaftPeer own() {
        requireJoinable();
        return peer(self.toString(), listen);
    }

    /// @throws StoreFailure when no other server could reach this one
    public void requireJoinable() {
        if (listen.getPort() == 0) {
            var found = "members: expected the setting raft.address on '" + self;
            throw new StoreFailure(found + "', where the others reach it; found none", null);
        }
    }

    static RaftPeer peer(String name, InetSocketAddress address) {
        return RaftPeer.newBuilder()
                .setId(name)
                .setAddress(Endpoint.text(address.getHostString(), address.getPort()))
                .build();
    }

    private void change(String subject, List<RaftPeer> next) throws InterruptedException {
        String found;
        try {
            var arguments =
                    SetConfigurationRequest.Arguments.newBuilder()
                            .setServersInNewConf(next)
                            .setServersInCurrentConf(List.copyOf(peers()))
                            .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                            .build();
            var reply =
                    server.setConfigurationAsync(
                                    new SetConfigurationRequest(
                                            client,
                                            self,
                                            group,
                                            CallId.getAndIncrement(),
                                            arguments))
                            .get(CHANGE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            if (reply.isSuccess()) {
                calls.retain(next.stream().map(RaftPeer::getAddress).toList());
                return;
            }
            found = String.valueOf(reply.getException());
        } catch (TimeoutException _) {
            found = "no answer within " + CHANGE_LIMIT.toSeconds() + " s";
        } catch (ExecutionException | IOException e) {
            found = String.valueOf(e.getMessage());
        }
        throw new StoreFailure(
                subject + ": expected the members to agree on the change; found: " + found, null);
    }

    /// From now on this is what the other members are answered.
    public void serve(MemberService service) {
        calls.serve(service);
    }

    /// Asks a member, leading or not; throws [StoreFailure] for one that does not answer or is
    /// none.
    public byte[] ask(String member, byte[] question, Duration limit) {
        return calls.ask(address(member), question, limit, MemberCalls.Reason.NONE);
    }

    /// What the one that leads is asked.
    public LeaderCalls toLeader() {
        return new LeaderCalls(calls, leadership, contact, this::address);
    }

    /// Asks a member of a log that this server is not yet one of.
    ///
    /// @throws StoreFailure when it does not answer
    public byte[] askAt(String address, byte[] question, Duration limit) {
        return calls.ask(address, question, limit, MemberCalls.Reason.NONE);
    }

    /// Whether nobody else keeps this log.
    boolean isAlone() {
        var all = peers();
        return all.size() == 1 && all.iterator().next().getId().equals(self);
    }

    /// Whether all other members answer, and read entries of the log of this form.
    boolean readAlike(int form) {
        try {
            return others().stream()
                    .allMatch(peer -> calls.form(peer.getAddress(), FORM_LIMIT) >= form);
        } catch (StoreFailure _) {
            return false;
        }
    }

    private String address(String member) {
        return peers().stream()
                .filter(peer -> peer.getId().toString().equals(member))
                .findFirst()
                .map(RaftPeer::getAddress)
                .orElseThrow(() ->
                        new StoreFailure(
                                "member '" + member + "': expected one of this log; found none",
                                null));
    }

    @Override
    public void close() throws InterruptedException {
        candidacy.out(true);
        thread.interrupt();
        thread.join();
        calls.close();
    }
}
