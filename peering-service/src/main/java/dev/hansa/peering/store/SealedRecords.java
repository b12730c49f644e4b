package dev.hansa.peering.store;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import dev.hansa.bootstrap.Secret;
import java.io.IOException;

/// Records as [RecordJson] writes them, but every [Secret] in them sealed.
final class SealedRecords {
    /// Names the record's place to what seals and opens.
    private static final String PLACE = "place";

    private final ObjectMapper mapper;

    SealedRecords(SecretSeal seal) {
        this.mapper =
                RecordJson.mapper()
                        .registerModule(
                                new SimpleModule()
                                        .addSerializer(new Sealing(seal))
                                        .addDeserializer(Secret.class, new Opening(seal)));
    }

    /// @param place the record's, the same whenever it is written and read
    String write(Object record, String place) {
        try {
            return mapper.writer().withAttribute(PLACE, place).writeValueAsString(record);
        } catch (JsonProcessingException e) {
            throw RecordJson.unwritable(record, e);
        }
    }

    /// @throws IllegalArgumentException when the text is not such a record, or a secret in it was
    ///   sealed elsewhere
    <T> T read(String json, Class<T> type, String place) {
        try {
            return mapper.readerFor(type).withAttribute(PLACE, place).readValue(json);
        } catch (JsonProcessingException e) {
            if (e.getCause() instanceof IllegalArgumentException unopened) {
                throw unopened;
            }
            throw RecordJson.unreadable(type, e);
        }
    }

    private static final class Sealing extends StdSerializer<Secret> {
        private static final long serialVersionUID = 1;
        private final transient SecretSeal seal;

        Sealing(SecretSeal seal) {
            super(Secret.class);
            this.seal = seal;
        }

        @Override
        public void serialize(Secret secret, JsonGenerator output, SerializerProvider context)
                throws IOException {
            output.writeString(
                    seal.seal(
                            secret,
                            context.getAttribute(PLACE)
                                    + "#"
                                    + output.getOutputContext().getCurrentName()));
        }
    }

    private static final class Opening extends StdDeserializer<Secret> {
        private static final long serialVersionUID = 1;
        private final transient SecretSeal seal;

        Opening(SecretSeal seal) {
            super(Secret.class);
            this.seal = seal;
        }

        @Override
        public Secret deserialize(JsonParser input, DeserializationContext context)
                throws IOException {
            if (!input.hasToken(JsonToken.VALUE_STRING)) {
                throw JsonMappingException.from(input, "expected a sealed secret");
            }
            try {
                return seal.open(
                        input.getText(),
                        context.getAttribute(PLACE)
                                + "#"
                                + input.getParsingContext().getCurrentName());
            } catch (IllegalArgumentException e) {
                throw JsonMappingException.from(input, "a sealed secret", e);
            }
        }
    }
}
