package dev.hansa.cli;

import dev.hansa.failover.VirtualAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/// What [RedirectRules] are to `iptables`, as tables of the kernel's own (`nf_tables`): it takes no
/// other program, and all of them are there from one moment on, or nothing is. What comes in over
/// IPv6 is redirected too, or whoever knows such an address would go around the sidecar; what goes
/// out over IPv6 is left alone, as the sidecar's listener is of IPv4.
final class KernelTable {
    static final String NAME = "hansa_redirect";

    private static final String OUTPUT = "output";
    private static final String INPUT = "prerouting";

    /// Each has a table of its own, of one name.
    enum Family {
        IP("ip", 2),
        IP6("ip6", 10);

        private final String word;
        private final int number;

        Family(String word, int number) {
            this.word = word;
            this.number = number;
        }

        private String table() {
            return "table " + word + " " + NAME;
        }
    }

    /// Where the kernel calls a chain, and when, as `iptables` has its `nat` table called.
    private enum Hook {
        PREROUTING(0, INPUT),
        OUTPUT(3, KernelTable.OUTPUT);

        private static final int PRIORITY = -100;

        private final int number;
        private final String chain;

        Hook(int number, String chain) {
            this.number = number;
            this.chain = chain;
        }
    }

    /// What has to hold of a connection for a rule to be followed.
    sealed interface Condition {
        record Tcp() implements Condition {}

        record Port(int number) implements Condition {}

        /// Of the process that dials, as the network's user namespace has it.
        record User(long uid) implements Condition {}

        /// @param address of four bytes
        record Network(int address, int bits) implements Condition {}

        /// What this machine passes on to others.
        record NotForHere() implements Condition {}
    }

    /// @param redirectedTo a port here; empty: it is left alone, and the chain is done with
    record Rule(Condition when, OptionalInt redirectedTo) {
        String text() {
            return KernelTable.text(when)
                    + (redirectedTo.isPresent()
                            ? "redirect to :" + redirectedTo.getAsInt()
                            : "return");
        }
    }

    private record Chain(Family family, Hook hook, List<Rule> rules) {
        String text() {
            return rules.stream()
                    .map(rule -> "    " + rule.text() + "\n")
                    .collect(
                            Collectors.joining(
                                    "",
                                    "  chain "
                                            + hook.chain
                                            + " {\n    type nat hook "
                                            + hook.chain
                                            + " priority "
                                            + Hook.PRIORITY
                                            + "; policy accept;\n",
                                    "  }\n"));
        }
    }

    private final List<Chain> chains = new ArrayList<>();

    /// @throws NumberFormatException for a user that is no number
    KernelTable(RedirectRules rules) {
        var out = new ArrayList<Rule>();
        var tcp = new Condition.Tcp();
        out.add(leave(new Condition.User(Long.parseLong(rules.proxyUid()))));
        for (var uid : rules.outsideUids()) {
            out.add(leave(new Condition.User(Long.parseLong(uid))));
        }
        out.add(leave(network(RedirectRules.LOOPBACK)));
        rules.outsideOutboundPorts().forEach(port -> out.add(leave(new Condition.Port(port))));
        rules.outsideOutboundCidrs().forEach(cidr -> out.add(leave(network(cidr))));
        out.add(
                redirect(
                        rules.onlyVirtual() ? network(VirtualAddress.BLOCK) : tcp,
                        rules.outboundPort()));
        chains.add(new Chain(Family.IP, Hook.OUTPUT, out));
        if (rules.inboundPort().isPresent()) {
            var in = new ArrayList<Rule>();
            in.add(leave(new Condition.NotForHere()));
            rules.outsideInboundPorts().forEach(port -> in.add(leave(new Condition.Port(port))));
            in.add(redirect(tcp, rules.inboundPort().getAsInt()));
            for (var family : Family.values()) {
                chains.add(new Chain(family, Hook.PREROUTING, in));
            }
        }
    }

    private static Rule leave(Condition when) {
        return new Rule(when, OptionalInt.empty());
    }

    private static Rule redirect(Condition when, int port) {
        return new Rule(when, OptionalInt.of(port));
    }

    private static Condition network(String cidr) {
        var parts = cidr.split("/", 2);
        var address = 0;
        for (var part : parts[0].split("\\.", -1)) {
            address = address << 8 | Integer.parseInt(part);
        }
        return new Condition.Network(
                address, parts.length == 1 ? Integer.SIZE : Integer.parseInt(parts[1]));
    }

    private static int mask(int bits) {
        return bits == 0 ? 0 : -1 << (Integer.SIZE - bits);
    }

    private static String text(Condition condition) {
        return switch (condition) {
            case Condition.Tcp _ -> "meta l4proto tcp ";
            case Condition.Port(var number) -> "tcp dport " + number + " ";
            case Condition.User(var uid) -> "meta skuid " + uid + " ";
            case Condition.Network(var address, var bits) ->
                    "meta l4proto tcp ip daddr "
                            + (address >>> 24)
                            + "."
                            + (address >>> 16 & 255)
                            + "."
                            + (address >>> 8 & 255)
                            + "."
                            + (address & 255)
                            + "/"
                            + bits
                            + " ";
            case Condition.NotForHere _ -> "fib daddr type != local ";
        };
    }

    /// As `nft -f` reads it: the tables in the place of those before.
    String text() {
        return removalText()
                + Arrays.stream(Family.values())
                        .map(this::text)
                        .filter(text -> !text.isEmpty())
                        .collect(Collectors.joining());
    }

    private String text(Family family) {
        var of = of(family);
        return of.isEmpty()
                ? ""
                : of.stream()
                        .map(Chain::text)
                        .collect(Collectors.joining("", "\n" + family.table() + " {\n", "}"));
    }

    private List<Chain> of(Family family) {
        return chains.stream().filter(chain -> chain.family() == family).toList();
    }

    static String removalText() {
        return Arrays.stream(Family.values())
                .map(family -> family.table() + "\ndelete " + family.table())
                .collect(Collectors.joining("\n"));
    }

    /// In the place of the tables before, where there are some.
    ///
    /// @param families that the network has
    Netlink.Batch replacement(Set<Family> families) {
        var batch = new Writer();
        batch.begin();
        for (var family : families) {
            remove(batch, family);
            var of = of(family);
            if (!of.isEmpty()) {
                batch.table(Writer.NEW_TABLE, family);
            }
            for (var chain : of) {
                batch.chain(chain);
                chain.rules().forEach(rule -> batch.rule(chain, rule));
            }
        }
        return batch.end();
    }

    static Netlink.Batch removal(Set<Family> families) {
        var batch = new Writer();
        batch.begin();
        families.forEach(family -> remove(batch, family));
        return batch.end();
    }

    /// What is made first can be taken away whether it was there or not.
    private static void remove(Writer batch, Family family) {
        batch.table(Writer.NEW_TABLE, family);
        batch.table(Writer.DELETE_TABLE, family);
    }

    /// Messages of netlink: their heads and the heads of attributes in the machine's order of
    /// bytes, numbers in attributes in the network's. Values are those of Linux'
    /// `uapi/linux/netfilter/nf_tables.h`.
    private static final class Writer {
        /// A rule is 352 bytes at most, those of ports 284, which come in are there twice: as many
        /// as the command takes have room. What a socket sends at once with the room that it has by
        /// itself (208 KiB) is more.
        private static final int MOST = 192 << 10;

        static final int NEW_TABLE = 0;
        static final int DELETE_TABLE = 2;
        private static final int NEW_CHAIN = 3;
        private static final int NEW_RULE = 6;

        private static final int BATCH_BEGIN = 16;
        private static final int BATCH_END = 17;
        private static final int SUBSYSTEM = 10;

        private static final int REQUEST = 1;
        private static final int ACKNOWLEDGE = 4;
        private static final int CREATE = 0x400;
        private static final int APPEND = 0x800;
        private static final int NESTED = 0x8000;

        private static final int ACCEPT = 1;
        private static final int RETURN = -5;
        private static final int REGISTER = 1;
        private static final int VERDICT = 0;
        private static final int EQUAL = 0;
        private static final int UNEQUAL = 1;
        private static final int NETWORK_HEADER = 1;
        private static final int TRANSPORT_HEADER = 2;
        private static final int TCP = 6;

        /// `RTN_LOCAL`.
        private static final int LOCAL = 2;

        private final ByteBuffer bytes = ByteBuffer.allocate(MOST).order(ByteOrder.nativeOrder());
        private final List<String> steps = new ArrayList<>();
        private int last;

        private int open(int kind, int flags, int family, int resource, String step) {
            var at = bytes.position();
            bytes.putInt(0)
                    .putShort((short) kind)
                    .putShort((short) (REQUEST | flags))
                    .putInt(steps.size())
                    .putInt(0)
                    .put((byte) family)
                    .put((byte) 0)
                    .put((byte) (resource >> 8))
                    .put((byte) resource);
            steps.add(step);
            return at;
        }

        private void close(int at) {
            bytes.putInt(at, bytes.position() - at);
        }

        void begin() {
            close(open(BATCH_BEGIN, 0, 0, SUBSYSTEM, "a change of its tables"));
        }

        /// Only the last step is acknowledged: all of them hold then.
        Netlink.Batch end() {
            var flags = last + 6;
            bytes.putShort(flags, (short) (bytes.getShort(flags) | ACKNOWLEDGE));
            close(open(BATCH_END, 0, 0, SUBSYSTEM, "the end of the change"));
            var all = new byte[bytes.position()];
            bytes.get(0, all);
            return new Netlink.Batch(all, steps);
        }

        private int step(int kind, int flags, Family family, String step) {
            last = open(SUBSYSTEM << 8 | kind, flags, family.number, 0, step);
            return last;
        }

        void table(int kind, Family family) {
            var at = step(kind, kind == NEW_TABLE ? CREATE : 0, family, family.table());
            text(1, NAME);
            close(at);
        }

        void chain(Chain chain) {
            var hook = chain.hook();
            var at =
                    step(
                            NEW_CHAIN,
                            CREATE,
                            chain.family(),
                            "chain " + hook.chain + " of type nat, " + chain.family().word);
            text(1, NAME);
            text(3, hook.chain);
            nested(
                    4,
                    () -> {
                        number(1, hook.number);
                        number(2, Hook.PRIORITY);
                    });
            number(5, ACCEPT);
            text(7, "nat");
            close(at);
        }

        void rule(Chain chain, Rule rule) {
            var at =
                    step(
                            NEW_RULE,
                            CREATE | APPEND,
                            chain.family(),
                            "rule '" + rule.text() + "', " + chain.family().word);
            text(1, NAME);
            text(2, chain.hook().chain);
            nested(
                    4,
                    () -> {
                        condition(rule.when());
                        if (rule.redirectedTo().isPresent()) {
                            redirect(rule.redirectedTo().getAsInt());
                        } else {
                            immediate(VERDICT, () -> nested(2, () -> number(1, RETURN)));
                        }
                    });
            close(at);
        }

        private void condition(Condition condition) {
            switch (condition) {
                case Condition.Tcp _ -> tcp();
                case Condition.Port(var port) -> {
                    tcp();
                    payload(TRANSPORT_HEADER, 2, 2);
                    compare(EQUAL, new byte[] {(byte) (port >> 8), (byte) port});
                }
                case Condition.User(var uid) -> {
                    meta(10);
                    compare(EQUAL, own((int) uid));
                }
                case Condition.Network(var address, var bits) -> {
                    tcp();
                    payload(NETWORK_HEADER, 16, 4);
                    var mask = mask(bits);
                    expression(
                            "bitwise",
                            () -> {
                                number(1, REGISTER);
                                number(2, REGISTER);
                                number(3, Integer.BYTES);
                                nested(4, () -> put(1, order(mask)));
                                nested(5, () -> put(1, order(0)));
                            });
                    compare(EQUAL, order(address & mask));
                }
                case Condition.NotForHere _ -> {
                    expression(
                            "fib",
                            () -> {
                                number(1, REGISTER);
                                // the kind of the address
                                number(2, 3);
                                // of the destination
                                number(3, 2);
                            });
                    compare(UNEQUAL, own(LOCAL));
                }
            }
        }

        private void tcp() {
            meta(16);
            compare(EQUAL, new byte[] {TCP});
        }

        private void meta(int key) {
            expression(
                    "meta",
                    () -> {
                        number(1, REGISTER);
                        number(2, key);
                    });
        }

        private void payload(int base, int offset, int length) {
            expression(
                    "payload",
                    () -> {
                        number(1, REGISTER);
                        number(2, base);
                        number(3, offset);
                        number(4, length);
                    });
        }

        private void compare(int how, byte[] with) {
            expression(
                    "cmp",
                    () -> {
                        number(1, REGISTER);
                        number(2, how);
                        nested(3, () -> put(1, with));
                    });
        }

        private void immediate(int register, Runnable value) {
            expression(
                    "immediate",
                    () -> {
                        number(1, register);
                        nested(2, value);
                    });
        }

        private void redirect(int port) {
            immediate(REGISTER, () -> put(1, new byte[] {(byte) (port >> 8), (byte) port}));
            expression("redir", () -> number(1, REGISTER));
        }

        /// An element of a rule's list.
        private void expression(String name, Runnable data) {
            nested(
                    1,
                    () -> {
                        text(1, name);
                        nested(2, data);
                    });
        }

        /// In the machine's order, in which the kernel has what is not of a packet.
        private static byte[] own(int value) {
            return ByteBuffer.allocate(Integer.BYTES)
                    .order(ByteOrder.nativeOrder())
                    .putInt(value)
                    .array();
        }

        private static byte[] order(int value) {
            return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
        }

        private void nested(int kind, Runnable inside) {
            var at = bytes.position();
            bytes.putShort((short) 0).putShort((short) (kind | NESTED));
            inside.run();
            bytes.putShort(at, (short) (bytes.position() - at));
        }

        private void number(int kind, int value) {
            put(kind, order(value));
        }

        private void text(int kind, String value) {
            put(kind, (value + "\0").getBytes(StandardCharsets.US_ASCII));
        }

        private void put(int kind, byte[] value) {
            bytes.putShort((short) (4 + value.length)).putShort((short) kind).put(value);
            // the next one begins at a multiple of four
            while (bytes.position() % 4 != 0) {
                bytes.put((byte) 0);
            }
        }
    }
}
