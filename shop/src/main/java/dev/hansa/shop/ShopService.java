package dev.hansa.shop;

/// A running service of the shop.
interface ShopService extends AutoCloseable {
    /// Where it listens, for callers that asked for any port.
    int port();
}
