package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.Settings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InvalidClassException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.management.BadAttributeValueExpException;
import org.junit.jupiter.api.Test;

class PeeringServiceMainTest {
    private static Object readAsALibraryDoes(Object value) throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var output = new ObjectOutputStream(bytes)) {
            output.writeObject(value);
        }
        try (var input = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return input.readObject();
        }
    }

    /// Whatever reads them, and before anything is listened to: the settings are wrong here.
    @Test
    void processOfAServerReadsNoForeignObjects() throws Exception {
        var wrong = Map.of("http.address", "nowhere");
        assertThat(PeeringServiceMain.run(Settings.of(wrong, Map.of(), Optional.empty())))
                .isEqualTo(2);

        assertThatThrownBy(() -> readAsALibraryDoes(new BadAttributeValueExpException("x")))
                .isInstanceOf(InvalidClassException.class);
        assertThat(readAsALibraryDoes(List.of(new IllegalStateException("why")).getFirst()))
                .isInstanceOf(IllegalStateException.class);
    }
}
