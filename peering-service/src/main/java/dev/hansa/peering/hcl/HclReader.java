package dev.hansa.peering.hcl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.hcl.HclToken.Sort;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads HCL of version 1 as data: keys with values, blocks, lists; no expressions, functions or
/// variables (ADR 0027). A block `service "web" { … }` is `{"service": {"web": {…}}}`; blocks of
/// one key with other labels stand under it together, and nothing may be said twice.
public final class HclReader {
    /// In characters. As large a body as the API takes; nobody writes so much by hand.
    public static final int MAX_CHARACTERS = 512 * 1024;

    /// Objects, lists and labels within each other. The deepest schema has nine; each level costs
    /// two frames of this reader, and some of whoever walks what it read.
    public static final int MAX_DEPTH = 32;

    /// Longer than any number that fits into 64 bits needs.
    private static final int MAX_NUMBER = 40;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private static final Pattern WHOLE = Pattern.compile("-?(0|[1-9][0-9]*+)");
    private static final Pattern HEXADECIMAL = Pattern.compile("(-?)0[xX]([0-9a-fA-F]++)");
    private static final Pattern DECIMAL =
            Pattern.compile("-?(0|[1-9][0-9]*+)(\\.[0-9]++)?([eE][+-]?[0-9]++)?");

    private final HclTokens tokens;
    private HclToken now;

    /// Objects that labels made, which others of the same key may join.
    private final Set<JsonNode> labelled = Collections.newSetFromMap(new IdentityHashMap<>());

    private HclReader(HclTokens tokens) throws HclException {
        this.tokens = tokens;
        this.now = tokens.next();
    }

    /// @return an object, empty when the text says nothing
    public static JsonNode read(String text) throws HclException {
        if (text.length() > MAX_CHARACTERS) {
            throw new HclException(
                    1,
                    1,
                    "a text of at most " + MAX_CHARACTERS + " characters",
                    text.length() + " characters");
        }
        var reader = new HclReader(new HclTokens(text));
        var all = NODES.objectNode();
        while (!reader.now.is(Sort.END)) {
            reader.item(all, 0, "a key");
        }
        return all;
    }

    private HclToken take() throws HclException {
        var taken = now;
        now = tokens.next();
        return taken;
    }

    private boolean takes(Sort sort) throws HclException {
        if (now.is(sort)) {
            take();
            return true;
        }
        return false;
    }

    /// `key = value` or `key labels { … }`, and a comma if there is one.
    ///
    /// @param depth of `into`
    private void item(ObjectNode into, int depth, String expected) throws HclException {
        if (!now.isWord()) {
            throw now.expected(expected);
        }
        var path = new ArrayList<HclToken>();
        path.add(take());
        if (now.is(Sort.EQUALS)) {
            take();
            put(into, path, value(depth + 1));
        } else {
            while (now.isWord()) {
                path.add(take());
                levels(depth + path.size(), path.getLast());
            }
            if (!now.is(Sort.OPEN_BRACE)) {
                throw noBlock(path);
            }
            put(into, path, object(depth + path.size()));
        }
        takes(Sort.COMMA);
    }

    private HclException noBlock(List<HclToken> path) {
        var expected = "'=' after the key '" + ForeignText.shown(path.getFirst().text()) + "'";
        return path.size() == 1
                ? now.expected(expected + ", or '{'")
                : new HclException(
                        path.get(1).line(),
                        path.get(1).column(),
                        expected + ", or '{' after its labels",
                        path.get(1).described() + " and then " + now.described());
    }

    /// @param path a key and its labels
    private void put(ObjectNode into, List<HclToken> path, JsonNode value) throws HclException {
        var holder = into;
        for (var i = 0; i < path.size() - 1; i++) {
            var name = path.get(i).text();
            var held = holder.get(name);
            if (held == null) {
                held = holder.putObject(name);
                labelled.add(held);
            } else if (!labelled.contains(held)) {
                throw duplicate(path.subList(0, i + 1));
            }
            holder = (ObjectNode) held;
        }
        if (holder.has(path.getLast().text())) {
            throw duplicate(path);
        }
        holder.set(path.getLast().text(), value);
    }

    private static HclException duplicate(List<HclToken> path) {
        return new HclException(
                path.getFirst().line(),
                path.getFirst().column(),
                path.stream()
                                .map(word -> "'" + ForeignText.shown(word.text()) + "'")
                                .collect(Collectors.joining(" "))
                        + " once",
                "it again");
    }

    private static void levels(int depth, HclToken where) throws HclException {
        if (depth > MAX_DEPTH) {
            throw new HclException(
                    where.line(),
                    where.column(),
                    "at most " + MAX_DEPTH + " levels of objects, lists and labels",
                    "more");
        }
    }

    /// @param depth of the value, should it be an object or a list
    private JsonNode value(int depth) throws HclException {
        return switch (now.sort()) {
            case STRING -> NODES.textNode(take().text());
            case NUMBER -> number(take());
            case OPEN_BRACE -> object(depth);
            case OPEN_BRACKET -> list(depth);
            case NAME -> flag();
            case EQUALS, CLOSE_BRACE, CLOSE_BRACKET, COMMA, STRAY, END -> throw noValue("");
        };
    }

    private HclException noValue(String hint) {
        return now.expected("a string in quotes, a number, true, false, '[' or '{'" + hint);
    }

    private JsonNode flag() throws HclException {
        if (now.text().equals("true") || now.text().equals("false")) {
            return NODES.booleanNode(take().text().equals("true"));
        }
        throw noValue(", since nothing is evaluated");
    }

    private ObjectNode object(int depth) throws HclException {
        levels(depth, now);
        var open = take();
        var object = NODES.objectNode();
        while (!takes(Sort.CLOSE_BRACE)) {
            item(object, depth, "a key, or '}' for the '{' in line " + open.line());
        }
        return object;
    }

    private ArrayNode list(int depth) throws HclException {
        levels(depth, now);
        var open = take();
        var list = NODES.arrayNode();
        while (!takes(Sort.CLOSE_BRACKET)) {
            list.add(value(depth + 1));
            if (!takes(Sort.COMMA) && !now.is(Sort.CLOSE_BRACKET)) {
                throw now.expected("',' or ']' for the '[' in line " + open.line());
            }
        }
        return list;
    }

    private static JsonNode number(HclToken token) throws HclException {
        var text = token.text();
        if (text.length() <= MAX_NUMBER) {
            try {
                var hexadecimal = HEXADECIMAL.matcher(text);
                if (hexadecimal.matches()) {
                    return whole(Long.parseLong(hexadecimal.group(1) + hexadecimal.group(2), 16));
                }
                if (WHOLE.matcher(text).matches()) {
                    return whole(Long.parseLong(text));
                }
                if (DECIMAL.matcher(text).matches()) {
                    var number = Double.parseDouble(text);
                    if (Double.isFinite(number)) {
                        return NODES.numberNode(number);
                    }
                }
            } catch (NumberFormatException _) {
                // too large; said below
            }
        }
        throw token.expected(
                "a number of 64 bits such as 10, -1.5 or 0x1F, without a leading zero, which would mean base 8; a duration such as \"10s\" stands in quotes");
    }

    /// As JSON's reader makes it of the same number.
    private static JsonNode whole(long number) {
        return number == (int) number ? NODES.numberNode((int) number) : NODES.numberNode(number);
    }
}
