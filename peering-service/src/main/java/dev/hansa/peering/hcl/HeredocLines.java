package dev.hansa.peering.hcl;

import java.util.ArrayList;
import java.util.List;

/// What stands between a heredoc's first line and its last.
final class HeredocLines {
    private final boolean isIndented;
    private final List<String> lines = new ArrayList<>();

    HeredocLines(boolean isIndented) {
        this.isIndented = isIndented;
    }

    void add(String line) {
        lines.add(line);
    }

    /// Each with its end. As HCL's own reader does it, what stands before the last line is taken
    /// from all, if all have it.
    ///
    /// @param indent of the last line
    String text(String indent) {
        var cut =
                isIndented && lines.stream().allMatch(line -> line.startsWith(indent))
                        ? indent.length()
                        : 0;
        var text = new StringBuilder();
        for (var line : lines) {
            text.append(line, cut, line.length()).append('\n');
        }
        return text.toString();
    }
}
