package dev.hansa.cli.demo;

import java.util.List;

/// Where a datacenter's processes have their addresses, and what must stand before a command for it
/// to run there.
///
/// @param prefix the first three numbers of its addresses
/// @param gatewayWan where its gateway is reached from the other datacenter
record Site(String name, String prefix, String gatewayWan, List<String> enter) {
    static final int SERVER = 1;
    static final int GATEWAY = 2;
    static final int SIDECARS = 3;
    static final int SHIPPING_SIDECAR = 4;
    static final int FRONTEND = 10;
    static final int CART = 11;
    static final int CHECKOUT = 12;
    static final int SHIPPING = 13;
    static final int PAYMENT = 14;
    static final int REDIS = 15;
    static final int DEBUG = 17;

    static final List<Integer> HOSTS =
            List.of(
                    SERVER,
                    GATEWAY,
                    SIDECARS,
                    SHIPPING_SIDECAR,
                    FRONTEND,
                    CART,
                    CHECKOUT,
                    SHIPPING,
                    PAYMENT,
                    REDIS,
                    DEBUG);

    Site {
        enter = List.copyOf(enter);
    }

    String host(int number) {
        return prefix + "." + number;
    }

    String at(int number, int port) {
        return host(number) + ":" + port;
    }
}
