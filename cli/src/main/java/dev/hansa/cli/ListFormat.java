package dev.hansa.cli;

/// What `-format` takes where a list is printed, spelt as on the command line.
enum ListFormat {
    pretty,
    json,
    table
}
