package dev.hansa.cli;

/// What `-log-level` takes, spelt as on the command line.
enum LogLevel {
    trace,
    debug,
    info,
    warn,
    error
}
