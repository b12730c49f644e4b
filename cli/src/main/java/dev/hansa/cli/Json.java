package dev.hansa.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.util.List;
import java.util.stream.StreamSupport;

/// JSON as Consul's commands print it: four blanks of indentation, `"key": value`.
final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private static final ObjectWriter PRETTY = MAPPER.writer(printer());

    private Json() {}

    private static DefaultPrettyPrinter printer() {
        var indenter = new DefaultIndenter("    ", "\n");
        return new DefaultPrettyPrinter(
                        Separators.createDefaultInstance()
                                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                                .withObjectEmptySeparator("")
                                .withArrayEmptySeparator(""))
                .withObjectIndenter(indenter)
                .withArrayIndenter(indenter);
    }

    /// What a server answered, read.
    static JsonNode read(String text) throws CommandFailedException {
        return read(text, "answer of the server");
    }

    /// @param subject whose text it is, for the sentence
    static JsonNode read(String text, String subject) throws CommandFailedException {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new CommandFailedException(
                    subject
                            + ": expected JSON; found '"
                            + PlainText.of(text.substring(0, Math.min(80, text.length())))
                            + "'",
                    e);
        }
    }

    static String pretty(JsonNode node) throws CommandFailedException {
        try {
            return PRETTY.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new CommandFailedException(
                    "answer of the server: expected JSON that can be printed; found '"
                            + e.getOriginalMessage()
                            + "'",
                    e);
        }
    }

    /// The texts of an array, none where there is no array.
    static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
    }
}
