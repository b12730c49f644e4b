package dev.hansa.gateway.sidecar;

/// What came of one question to an application.
sealed interface Answer {
    String words();

    /// It is well.
    record Good(String words) implements Answer {}

    /// It says that it is not, or nobody is there: nothing to wait for.
    record Bad(String words) implements Answer {}

    /// Nothing was heard in time: it hangs, is stopped, or is slow.
    record Silent(String words) implements Answer {}
}
