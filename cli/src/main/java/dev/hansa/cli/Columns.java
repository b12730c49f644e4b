package dev.hansa.cli;

import java.util.ArrayList;
import java.util.List;

/// Lines of cells, printed so that columns stand under each other.
final class Columns {
    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();

    Columns row(String... cells) {
        rows.add(List.of(cells).stream().map(PlainText::of).toList());
        return this;
    }

    /// One line for each row; no blanks at the end of a line.
    String text() {
        var text = new StringBuilder();
        for (var row : rows) {
            var line = new StringBuilder();
            for (var i = 0; i < row.size(); i++) {
                if (i > 0) {
                    line.append(GAP);
                }
                var cell = row.get(i);
                line.append(cell).repeat(' ', width(i) - cell.length());
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private int width(int column) {
        return rows.stream()
                .filter(row -> column < row.size())
                .mapToInt(row -> row.get(column).length())
                .max()
                .orElse(0);
    }
}
