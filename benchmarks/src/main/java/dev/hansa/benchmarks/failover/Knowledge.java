package dev.hansa.benchmarks.failover;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.OptionalLong;

/// When somebody outside can see that the control plane knows what has happened.
sealed interface Knowledge {
    /// When it was first seen to know that the victim is gone, on the clock of `System.nanoTime`;
    /// empty when it was not by the deadline.
    OptionalLong gone(long deadline) throws InterruptedException;

    /// The same for its coming back.
    OptionalLong back(long deadline) throws InterruptedException;

    /// Nobody is there who could know.
    record None() implements Knowledge {
        @Override
        public OptionalLong gone(long deadline) {
            return OptionalLong.empty();
        }

        @Override
        public OptionalLong back(long deadline) {
            return OptionalLong.empty();
        }
    }

    /// A catalog, asked for the instances of a service that pass.
    ///
    /// @param path of the read, with its question mark
    /// @param node of the instance that is the victim
    record Catalog(ControlPlane plane, String path, String node) implements Knowledge {
        @Override
        public OptionalLong gone(long deadline) throws InterruptedException {
            return plane.seen(path, instances -> !has(instances), deadline);
        }

        @Override
        public OptionalLong back(long deadline) throws InterruptedException {
            return plane.seen(path, this::has, deadline);
        }

        private boolean has(JsonNode instances) {
            return instances
                    .valueStream()
                    .anyMatch(one -> one.path("Node").path("Node").asText().equals(node));
        }
    }

    /// Without a control plane: an instance is back when its sidecar takes connections.
    record Port(InetSocketAddress address) implements Knowledge {
        private static final Duration CONNECT_LIMIT = Duration.ofMillis(200);

        @Override
        public OptionalLong gone(long deadline) {
            return OptionalLong.empty();
        }

        @Override
        public OptionalLong back(long deadline) throws InterruptedException {
            var left = Duration.ofNanos(deadline - System.nanoTime());
            return Patience.within(left, this::isOpen)
                    ? OptionalLong.of(System.nanoTime())
                    : OptionalLong.empty();
        }

        private boolean isOpen() throws IOException {
            try (var socket = new Socket()) {
                socket.connect(address, Math.toIntExact(CONNECT_LIMIT.toMillis()));
                return true;
            }
        }
    }
}
