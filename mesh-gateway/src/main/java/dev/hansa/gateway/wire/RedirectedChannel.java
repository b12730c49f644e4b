package dev.hansa.gateway.wire;

import io.netty.channel.Channel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/// A connection that the kernel may have redirected here.
public final class RedirectedChannel extends NioSocketChannel {
    private final Optional<InetSocketAddress> dialled;

    RedirectedChannel(Channel parent, SocketChannel socket, Optional<InetSocketAddress> dialled) {
        super(parent, socket);
        this.dialled = dialled;
    }

    /// Where it wanted to go, over IPv4; empty where that cannot be known.
    public Optional<InetSocketAddress> dialled() {
        return dialled;
    }
}
