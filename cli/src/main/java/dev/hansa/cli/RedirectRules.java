package dev.hansa.cli;

import dev.hansa.failover.VirtualAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// The rules of the kernel's `nat` table that lead a machine's or a pod's TCP connections into its
/// sidecar: which words `iptables` is run with, in order. IPv4 only, as the sidecar's listener is.
///
/// @param proxyUid whose connections go where they want: the sidecar's own
/// @param inboundPort where the sidecar takes mutual TLS; empty: what comes in is left alone
/// @param outboundPort where the sidecar takes what is redirected
/// @param onlyVirtual whether all that leads elsewhere than to a service of the mesh is left alone
/// @param outsideUids whose connections are left alone too
record RedirectRules(
        String proxyUid,
        OptionalInt inboundPort,
        int outboundPort,
        boolean onlyVirtual,
        List<Integer> outsideInboundPorts,
        List<Integer> outsideOutboundPorts,
        List<String> outsideOutboundCidrs,
        List<String> outsideUids) {
    /// With which our chains' names begin, and nobody else's.
    private static final String OURS = "HANSA_PROXY_";

    private static final String OUTPUT = OURS + "OUTPUT";
    private static final String REDIRECT = OURS + "REDIRECT";
    private static final String INBOUND = OURS + "INBOUND";
    private static final String IN_REDIRECT = OURS + "IN_REDIRECT";

    /// The kernel's own, from which ours are jumped to.
    private static final String KERNEL_OUTPUT = "OUTPUT";

    private static final String KERNEL_PREROUTING = "PREROUTING";

    /// An application that talks to its own machine does so as before.
    static final String LOOPBACK = "127.0.0.0/8";

    RedirectRules {
        outsideInboundPorts = List.copyOf(outsideInboundPorts);
        outsideOutboundPorts = List.copyOf(outsideOutboundPorts);
        outsideOutboundCidrs = List.copyOf(outsideOutboundCidrs);
        outsideUids = List.copyOf(outsideUids);
    }

    /// What takes all of them away, whichever there are: each may fail. From the first two on
    /// nothing is redirected any more.
    static List<List<String>> removal() {
        return List.of(
                outboundJump("-D"),
                inboundJump("-D"),
                List.of("-F", OUTPUT),
                List.of("-F", REDIRECT),
                List.of("-F", INBOUND),
                List.of("-F", IN_REDIRECT),
                List.of("-X", OUTPUT),
                List.of("-X", REDIRECT),
                List.of("-X", INBOUND),
                List.of("-X", IN_REDIRECT));
    }

    /// What shows where the kernel's own chains lead.
    static List<List<String>> listings() {
        return List.of(List.of("-S", KERNEL_OUTPUT), List.of("-S", KERNEL_PREROUTING));
    }

    /// Whether such a listing leads to rules of ours.
    static boolean leadsToOurs(String listing) {
        return listing.contains(OURS);
    }

    /// What makes them. Nothing is redirected before the last of its direction.
    List<List<String>> lines() {
        var lines = new ArrayList<List<String>>();
        outbound(lines);
        inboundPort.ifPresent(port -> inbound(lines, port));
        return lines;
    }

    private void outbound(List<List<String>> lines) {
        lines.add(List.of("-N", REDIRECT));
        lines.add(to(REDIRECT, outboundPort));
        lines.add(List.of("-N", OUTPUT));
        lines.add(ofUid(proxyUid));
        outsideUids.forEach(uid -> lines.add(ofUid(uid)));
        lines.add(List.of("-A", OUTPUT, "-d", LOOPBACK, "-j", "RETURN"));
        outsideOutboundPorts.forEach(port -> lines.add(ofPort(OUTPUT, port)));
        outsideOutboundCidrs.forEach(
                cidr -> lines.add(List.of("-A", OUTPUT, "-d", cidr, "-j", "RETURN")));
        lines.add(
                onlyVirtual
                        ? List.of("-A", OUTPUT, "-d", VirtualAddress.BLOCK, "-j", REDIRECT)
                        : List.of("-A", OUTPUT, "-j", REDIRECT));
        lines.add(outboundJump("-A"));
    }

    private void inbound(List<List<String>> lines, int port) {
        lines.add(List.of("-N", IN_REDIRECT));
        lines.add(to(IN_REDIRECT, port));
        lines.add(List.of("-N", INBOUND));
        outsideInboundPorts.forEach(outside -> lines.add(ofPort(INBOUND, outside)));
        lines.add(List.of("-A", INBOUND, "-j", IN_REDIRECT));
        lines.add(inboundJump("-A"));
    }

    private static List<String> to(String chain, int port) {
        return List.of(
                "-A", chain, "-p", "tcp", "-j", "REDIRECT", "--to-ports", String.valueOf(port));
    }

    private static List<String> ofUid(String uid) {
        return List.of("-A", OUTPUT, "-m", "owner", "--uid-owner", uid, "-j", "RETURN");
    }

    private static List<String> ofPort(String chain, int port) {
        return List.of("-A", chain, "-p", "tcp", "--dport", String.valueOf(port), "-j", "RETURN");
    }

    private static List<String> outboundJump(String verb) {
        return List.of(verb, KERNEL_OUTPUT, "-p", "tcp", "-j", OUTPUT);
    }

    /// What this machine passes on to others, as to its containers, is not for its sidecar.
    private static List<String> inboundJump(String verb) {
        return List.of(
                verb,
                KERNEL_PREROUTING,
                "-p",
                "tcp",
                "-m",
                "addrtype",
                "--dst-type",
                "LOCAL",
                "-j",
                INBOUND);
    }
}
