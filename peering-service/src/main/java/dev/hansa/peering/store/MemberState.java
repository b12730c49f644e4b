package dev.hansa.peering.store;

import java.time.Duration;
import java.util.Optional;

/// One member of the log, as its leader sees it.
///
/// @param address where the others reach it
/// @param silent since when it has not answered; empty: not known here, because this server does
///   not lead
public record MemberState(
        String name, String address, boolean leader, boolean self, Optional<Duration> silent) {}
