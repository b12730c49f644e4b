package dev.hansa.exportedservices.filter;

import java.util.List;
import java.util.Map;

/// What a filter finds in one field.
public sealed interface FilterValue {
    record Text(String value) implements FilterValue {}

    record Whole(long value) implements FilterValue {}

    record Flag(boolean value) implements FilterValue {}

    record Texts(List<String> values) implements FilterValue {
        public Texts {
            values = List.copyOf(values);
        }
    }

    /// A text of each member of a list.
    record Each(List<String> values) implements FilterValue {
        public Each {
            values = List.copyOf(values);
        }
    }

    /// Texts under keys of somebody's own; a filter reads one by its key.
    record Table(Map<String, String> values) implements FilterValue {
        public Table {
            values = Map.copyOf(values);
        }
    }

    /// A key that the table does not have: equal to nothing, and empty.
    record Absent() implements FilterValue {}
}
