package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Lines of cells, printed so that columns stand under each other.
final class Columns {
    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();
    private final Set<Integer> states = new TreeSet<>();
    private boolean headed;

    /// A table of some keys of each item, under the keys' names.
    static Columns of(Iterable<? extends JsonNode> items, String... keys) {
        var table = new Columns().heading(keys);
        for (var item : items) {
            table.row(
                    Stream.of(keys)
                            .map(key -> ClientCommand.text(item, key))
                            .toArray(String[]::new));
        }
        return table;
    }

    /// The first line, above a table.
    Columns heading(String... cells) {
        headed = true;
        return row(cells);
    }

    Columns row(String... cells) {
        rows.add(List.of(cells).stream().map(PlainText::line).toList());
        return this;
    }

    /// The column, from 0 on, tells how well something is.
    Columns state(int column) {
        states.add(column);
        return this;
    }

    /// One line for each row; no blanks at the end of a line.
    String text() {
        return text(false);
    }

    /// The same, with colours for a terminal. What is in the cells is without control characters,
    /// so that all colours are ours.
    String text(boolean coloured) {
        var text = new StringBuilder();
        for (var i = 0; i < rows.size(); i++) {
            var isHeading = headed && i == 0;
            var line = line(rows.get(i), coloured && !isHeading);
            text.append(coloured && isHeading ? Tone.HEADING + line + Tone.END : line);
            text.append('\n');
        }
        return text.toString();
    }

    private String line(List<String> row, boolean coloured) {
        var line = new StringBuilder();
        var owed = 0;
        for (var i = 0; i < row.size(); i++) {
            var cell = row.get(i);
            if (!cell.isEmpty()) {
                line.repeat(' ', owed);
                line.append(coloured && states.contains(i) ? Tone.of(cell).paint(cell) : cell);
                owed = 0;
            }
            owed += width(i) - cell.length() + GAP.length();
        }
        return line.toString();
    }

    private int width(int column) {
        return rows.stream()
                .filter(row -> column < row.size())
                .mapToInt(row -> row.get(column).length())
                .max()
                .orElse(0);
    }
}
