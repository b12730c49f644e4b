package dev.hansa.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.stream.StreamSupport;

/// JSON as Consul's commands print it: four blanks of indentation, `"key": value`.
///
/// A mapper takes as long to make as a command takes to ask and to print: answers are read into
/// trees without one.
final class Json {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final JsonFactory TOKENS = new JsonFactory();

    private Json() {}

    /// Made when something is printed as JSON, or a file is read.
    private static final class Mapped {
        static final ObjectMapper MAPPER = new ObjectMapper();
        static final ObjectWriter PRETTY = MAPPER.writer(printer());
    }

    static ObjectMapper mapper() {
        return Mapped.MAPPER;
    }

    static ObjectNode object() {
        return NODES.objectNode();
    }

    static ArrayNode array() {
        return NODES.arrayNode();
    }

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
        try (var tokens = TOKENS.createParser(text)) {
            return tokens.nextToken() == null ? MissingNode.getInstance() : tree(tokens);
        } catch (IOException e) {
            throw new CommandFailedException(
                    subject
                            + ": expected JSON; found '"
                            + PlainText.of(text.substring(0, Math.min(80, text.length())))
                            + "'",
                    e);
        }
    }

    /// What begins with the present token, as a mapper would read it. As deep as a parser goes,
    /// which is less than a thread's stack has room for.
    private static JsonNode tree(JsonParser tokens) throws IOException {
        return switch (tokens.currentToken()) {
            case START_OBJECT -> {
                var object = NODES.objectNode();
                while (tokens.nextToken() != JsonToken.END_OBJECT) {
                    var name = tokens.currentName();
                    tokens.nextToken();
                    object.set(name, tree(tokens));
                }
                yield object;
            }
            case START_ARRAY -> {
                var array = NODES.arrayNode();
                while (tokens.nextToken() != JsonToken.END_ARRAY) {
                    array.add(tree(tokens));
                }
                yield array;
            }
            case VALUE_STRING -> NODES.textNode(tokens.getText());
            case VALUE_NUMBER_INT ->
                    switch (tokens.getNumberType()) {
                        case INT -> NODES.numberNode(tokens.getIntValue());
                        case LONG -> NODES.numberNode(tokens.getLongValue());
                        case BIG_INTEGER, FLOAT, DOUBLE, BIG_DECIMAL ->
                                NODES.numberNode(tokens.getBigIntegerValue());
                    };
            case VALUE_NUMBER_FLOAT -> NODES.numberNode(tokens.getDoubleValue());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                    throw new IllegalStateException(
                            "JSON: expected a value; found " + tokens.currentToken());
        };
    }

    static String pretty(JsonNode node) throws CommandFailedException {
        try {
            return Mapped.PRETTY.writeValueAsString(node);
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
