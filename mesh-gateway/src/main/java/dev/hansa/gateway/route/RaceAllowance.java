package dev.hansa.gateway.route;

/// How many connections may start a second attempt while the first is only late: each new
/// connection earns a share of one, up to a stock. A target that has become slow for good does not
/// get twice its connections for good. Safe for all event loops.
public final class RaceAllowance {
    /// Those that are under way when a target dies: a second's worth of 100 connections a second,
    /// or a tenth of a second's of 1,000.
    public static final int STOCK = 100;

    /// What a second attempt for one connection in ten adds to a target that is late already.
    public static final double SHARE = 0.1;

    private final int stock;
    private final double share;
    private double left;

    public RaceAllowance() {
        this(STOCK, SHARE);
    }

    /// @param stock at the beginning and at most
    /// @param share earned by each connection, from 0 to 1
    public RaceAllowance(int stock, double share) {
        this.stock = stock;
        this.share = share;
        this.left = stock;
    }

    /// A connection begins.
    public synchronized void begun() {
        left = Math.min(stock, left + share);
    }

    /// Takes one, if there is one.
    public synchronized boolean tryTake() {
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }
}
