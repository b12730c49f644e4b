package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/// A command that prints a list, or one of it: as Consul's command does, as the JSON that was
/// answered, or as a table with a heading.
abstract class ListCommand extends ClientCommand {
    @Option(
            names = "--format",
            order = 80,
            paramLabel = "pretty|json|table",
            description = "How to print (default: pretty).")
    private OutputFormat format = OutputFormat.pretty;

    ListCommand(Surroundings surroundings) {
        super(surroundings);
    }

    final boolean isPretty() {
        return format == OutputFormat.pretty;
    }

    final boolean isTable() {
        return format == OutputFormat.table;
    }

    /// Where the table is what Consul's command prints.
    final void print(PrintWriter out, JsonNode answer, Columns table)
            throws CommandFailedException {
        print(out, answer, table, text(table));
    }

    /// @param none said instead of a table without rows
    final void printOr(PrintWriter out, JsonNode answer, Columns table, String none)
            throws CommandFailedException {
        print(out, answer, table, answer.isEmpty() ? none + "\n" : text(table));
    }

    /// @param pretty what Consul's command prints
    final void print(PrintWriter out, JsonNode answer, Columns table, String pretty)
            throws CommandFailedException {
        switch (format) {
            case pretty -> out.print(pretty);
            case json -> out.println(Json.pretty(answer));
            case table -> out.print(text(table));
        }
    }

    private String text(Columns table) {
        return table.text(surroundings().terminal().colours());
    }
}
