package dev.hansa.peering.store;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.Remarks;
import dev.hansa.exportedservices.ServiceInstance;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/// Records as JSON text for our own disk, components only. Not for the API, and not for anybody
/// else to read.
public final class RecordJson {
    private static final ObjectMapper MAPPER =
            JsonMapper.builder()
                    .addModule(new Jdk8Module())
                    .addModule(new JavaTimeModule())
                    .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                    .disable(
                            MapperFeature.AUTO_DETECT_GETTERS, MapperFeature.AUTO_DETECT_IS_GETTERS)
                    .visibility(PropertyAccessor.FIELD, Visibility.ANY)
                    .addMixIn(ServiceInstance.class, Instance.class)
                    .addMixIn(Remarks.class, Said.class)
                    .addMixIn(CheckDefinition.class, SaidOfCheck.class)
                    .build();

    /// What most instances do not have is not written of them: builds that know of none read them.
    abstract static class Instance {
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        final Optional<Remarks> remarks = Optional.empty();
    }

    /// As of an instance.
    abstract static class Said {
        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        final boolean speaksMesh = false;

        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        final String proxy = "";
    }

    abstract static class SaidOfCheck {
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        final String said = "";
    }

    private RecordJson() {}

    public static String write(Object record) {
        try {
            return MAPPER.writeValueAsString(record);
        } catch (JsonProcessingException e) {
            throw unwritable(record, e);
        }
    }

    /// A copy, for whoever writes a type of component in another way.
    static ObjectMapper mapper() {
        return MAPPER.copy();
    }

    static IllegalStateException unwritable(Object record, JsonProcessingException e) {
        return new IllegalStateException(
                "a record of ours cannot be written: " + record.getClass(), e);
    }

    /// Writes bit by bit what may be too large to hold as one text.
    ///
    /// @throws IOException when the output does not take it
    public static void write(Object record, OutputStream output) throws IOException {
        MAPPER.writeValue(output, record);
    }

    /// @throws IllegalArgumentException when the text is not such a record; the message never
    ///   quotes it
    public static <T> T read(String json, Class<T> type) {
        try {
            return MAPPER.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw unreadable(type, e);
        }
    }

    static IllegalArgumentException unreadable(Class<?> type, JsonProcessingException e) {
        return new IllegalArgumentException(
                "expected a " + type.getSimpleName() + " in JSON; found a fault at " + position(e));
    }

    private static String position(JsonProcessingException e) {
        var location = e.getLocation();
        return location == null ? "an unknown place" : "column " + location.getColumnNr();
    }
}
