package dev.hansa.cli;

/// What `-format` takes, spelt as on the command line: as Consul's command prints it, as the JSON
/// that was answered, or with a heading above columns.
enum OutputFormat {
    pretty,
    json,
    table
}
