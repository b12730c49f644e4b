package dev.hansa.cli;

/// What `-format` takes, spelt as on the command line.
enum OutputFormat {
    pretty,
    json
}
